"""When writes go by Bulk 2.0 ingest, and what it takes there."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.records import Write
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.assembly import rest_headers
from connectors.salesforce.writing.ingest_job import IngestJobs
from connectors.salesforce.writing.write import BATCH


def in_bulk(settings: SalesforceSettings, writes: Sequence[Write]) -> bool:
    """Whether these are enough to be worth a job, or set owners that the config wants to go by one."""
    if any("owner_id" in write.values for write in writes):
        return not settings.strict and settings.owner_change.way == "bulk"
    return len(writes) > min(BATCH, settings.bulk_write_above)


def ingest_jobs(client: Client, settings: SalesforceSettings) -> IngestJobs:
    """The jobs of one org."""
    return IngestJobs(client, rest_headers(settings), settings.bulk_write_wait)
