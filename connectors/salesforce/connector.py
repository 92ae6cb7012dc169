"""Salesforce as a connector: reading, writing and setting up over one client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from connectors.base import Capabilities, Identity, Pull, Quota, Remark, SetupStep
from connectors.compare import within_batch
from connectors.errors import FieldProblem
from connectors.mapping import CustomTable, FieldMap, MappedField
from connectors.records import (
    MAIN,
    TERRITORY_TABLES,
    Receipt,
    RecordId,
    RecordKind,
    Watermark,
    Write,
    WriteResult,
)
from connectors.retry import RetryPolicy
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.fields import Fields
from connectors.salesforce.preparing.carrying import Carrying
from connectors.salesforce.preparing.grants import Grants
from connectors.salesforce.preparing.metadata import Metadata
from connectors.salesforce.preparing.remarks import remarks
from connectors.salesforce.preparing.setup import Setup
from connectors.salesforce.preparing.source import source_of
from connectors.salesforce.reading import custom
from connectors.salesforce.reading.bulk import Bulk, BulkSettings
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.reading.shaping import BESIDE_TABLES, Shaping
from connectors.salesforce.reading.territories import Territories, looked
from connectors.salesforce.reading.ways import Ways
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.assembly import settle_owners, writer
from connectors.salesforce.writing.following import is_ours
from connectors.salesforce.writing.ingest import Ingest, is_job, settled
from connectors.salesforce.writing.ingest_assembly import in_bulk, ingest_jobs
from connectors.salesforce.writing.ingest_forecast import ROWS
from connectors.salesforce.writing.ingest_probe import Probe
from connectors.salesforce.writing.look import Look
from connectors.salesforce.writing.sending import Sending
from connectors.salesforce.writing.territories import Memberships, apart
from connectors.salesforce.writing.write import BATCH

_CAPABILITIES = Capabilities(
    write_batch=BATCH,
    bulk_batch=ROWS,
    changes=frozenset(MAIN),
    creates_fields=True,
    custom_tables=True,
    groups_owners=True,
    also=TERRITORY_TABLES | BESIDE_TABLES,
)


class SalesforceConnector:
    """One org over REST; see `connectors.base.Connector` for what each method promises."""

    def __init__(
        self, settings: SalesforceSettings, fields: FieldMap, retry: RetryPolicy | None = None
    ) -> None:
        self._settings, self._mapping = settings, fields
        self._client = Client(settings, retry or RetryPolicy())
        self._fields = Fields(self._client)
        not_people = {name.casefold() for name in settings.not_people}
        bulk = BulkSettings(
            settings.bulk_page_rows,
            settings.parallel_pages,
            settings.bulk_deadline,
            settings.bulk_delete_jobs,
        )
        ways = Ways(self._client, Bulk(self._client, bulk), settings.bulk_read_above)
        self._reader = Reader(
            self._client,
            self._fields,
            fields,
            ways,
            Shaping(self._fields, fields, settings.person_accounts == "include"),
            settings.page_size,
            not_people,
            timedelta(days=settings.reconcile_days),
        )
        self._probe = Probe(self._reader, settings.bulk_write_probe)
        self._territories = Territories(self._client, self._fields, fields, self._reader)

    def __repr__(self) -> str:
        return f"<Salesforce connector of {self._settings.instance_url}>"

    @property
    def capabilities(self) -> Capabilities:
        """2,000 records a write, as one retrieve looks at them; changes of every table; creates fields."""
        return replace(_CAPABILITIES, bulk_above=self._settings.bulk_write_above)

    def identity(self) -> Identity:
        """The org that the credentials open, also where it is another one than the config names."""
        return self._client.identity()

    def check(self, *, writing: bool) -> list[FieldProblem]:
        """Every mapped field held against describe."""
        self._client.demand_org()
        of_fields = [p for kind in MAIN for p in self._fields.problems(self._mapping, kind, writing=writing)]
        of_tables = [p for table in self._mapping.tables for p in custom.problems(self._fields, table)]
        return [*of_fields, *of_tables, *self._territories.problems()]

    def remarks(self, *, writing: bool) -> list[Remark]:
        """Permissions that are missing, by name, and what else of the org a night meets."""
        self._client.demand_org()
        return remarks(self._client, self._settings, self._mapping, writing=writing)

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        """One table, by REST pages or by a Bulk job where it is large; changes with an overlap, deleted ones included."""
        self._client.demand_org()
        if kind in TERRITORY_TABLES:
            return self._territories.pull(kind, spool)
        if not self._settings.login_user_is_person:
            self._reader.not_people.add(str(self._client.user_id))
        return self._reader.pull(kind, since, spool)

    def pull_table(self, table: CustomTable) -> Pull:
        """Any object, by REST pages or by a Bulk job."""
        self._client.demand_org()
        return self._reader.pull_table(table)

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """Live values, 2,000 accounts a call."""
        self._client.demand_org()
        return looked(self._reader, self._territories, ids, columns)

    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        """Compare, then set: owners by the way that `crm.owner_change` and the org demand, fields by Collections."""
        within_batch(len(writes), BATCH if any("owner_id" in write.values for write in writes) else ROWS)
        if not writes:
            return []
        if len({write.id for write in writes}) < len(writes):
            raise ValueError("an account stands twice in one batch; put its values into one write")
        self._client.demand_org()
        plain, sets = apart(writes)
        sending = Sending()
        results = self._write_fields(plain, receipt, stopping) if plain else []
        sending.begun = bool(plain)
        results += Memberships(self._client, self._territories, self._client.retry, sending).write(sets)
        by_id = {result.id: result for result in results}
        return [by_id[write.id] for write in writes]

    def _write_fields(
        self, writes: Sequence[Write], receipt: Callable[[Receipt], None], stopping: Callable[[], bool]
    ) -> list[WriteResult]:
        moving = any("owner_id" in write.values for write in writes)
        made = writer(
            self._client, self._fields, self._mapping, self._reader, self._settings,
            moving=moving, receipt=receipt,
        )  # fmt: skip
        if self._probe.moved or not in_bulk(self._settings, writes):
            return made.write(writes)
        look = Look(self._fields, self._mapping, self._reader)
        jobs = ingest_jobs(self._client, self._settings)
        return Ingest(look, self._probe, jobs, made, receipt, stopping).write(writes)

    def settle(
        self, receipt: Receipt, writes: Sequence[Write], *, stopping: Callable[[], bool] = lambda: False
    ) -> list[WriteResult] | None:
        """After finishing what goes with owner changes; None for a receipt of anything else."""
        self._client.demand_org()
        if is_job(receipt):
            return settled(ingest_jobs(self._client, self._settings), receipt, writes, stopping)
        if not is_ours(receipt):
            return None
        return settle_owners(self._client, self._fields, self._reader, self._settings, receipt, writes)

    def setup_source(self, steps: Sequence[SetupStep]) -> Mapping[str, bytes]:
        """A Salesforce DX source folder, which `sf project deploy start` deploys."""
        return source_of(steps, self._metadata)

    def setup_steps(self, fields: Sequence[MappedField]) -> list[SetupStep]:
        """Fields, permission set, access and assignment that are missing."""
        self._client.demand_org()
        return Setup(self._client, self._settings, self._mapping).steps(fields)

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Create what the steps say."""
        self._client.demand_org()
        Carrying(self._metadata, Grants(self._client)).out(steps)
        self._fields.forget()

    @property
    def _metadata(self) -> Metadata:
        return Metadata(self._client, self._settings.api_version)

    def calls(self) -> Mapping[str, int]:
        """HTTP calls so far, per kind; each counts against the org's daily limit, but for logins."""
        return dict(self._client.calls)

    def quota(self) -> Quota:
        """As the last answer told it; asks once where none did."""
        if self._client.quota == Quota():
            self._client.read("limits", "limits")
        return self._client.quota

    def close(self) -> None:
        """Give the sockets back."""
        self._client.close()
