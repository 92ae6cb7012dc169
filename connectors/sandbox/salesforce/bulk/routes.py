"""The routes of Bulk API 2.0, under /services/data/vXX.0/jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.routing import Route

from connectors.sandbox.salesforce.bulk.desk import Desk
from connectors.sandbox.salesforce.bulk.ingest import IngestJobs
from connectors.sandbox.salesforce.bulk.ingest_calls import IngestCalls
from connectors.sandbox.salesforce.bulk.jobs import Jobs
from connectors.sandbox.salesforce.bulk.query import QueryJobs
from connectors.sandbox.salesforce.bulk.query_calls import QueryCalls
from connectors.sandbox.salesforce.bulk.quotas import Quotas
from connectors.sandbox.salesforce.bulk.settings import SETTINGS
from connectors.sandbox.salesforce.bulk.uploads import Uploads
from connectors.sandbox.salesforce.bulk.work import Workers

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.app import Api


def routes(api: Api) -> Sequence[Route]:
    """Every route of Bulk API 2.0."""
    org, core = api.org, api.org.core
    core.settings.declare(SETTINGS)
    jobs, uploads, quotas = Jobs(core), Uploads(core.state), Quotas(core)
    workers = Workers(core, jobs)
    queries = QueryJobs(org, workers)
    ingests = IngestJobs(org, api.writer, jobs, uploads, workers, quotas)
    desk = Desk(org, jobs, workers, {"V2Query": queries.run, "V2Ingest": ingests.run})
    query, ingest = QueryCalls(core, desk, queries, quotas), IngestCalls(org, desk, jobs, uploads)
    api.usage.reports.append(quotas.report)
    return [
        *api.rest("/jobs/query", {"GET": desk.listed, "POST": query.create}),
        *api.rest("/jobs/query/{id}", {"GET": query.get, "PATCH": query.change, "DELETE": query.delete}),
        *api.rest("/jobs/query/{id}/results", {"GET": query.results}),
        *api.rest("/jobs/query/{id}/resultPages", {"GET": query.result_pages}),
        *api.rest("/jobs/query/{id}/resultpages", {"GET": query.result_pages}),
        *api.rest("/jobs/ingest", {"GET": desk.listed, "POST": ingest.create}),
        *api.rest("/jobs/ingest/{id}", {"GET": ingest.get, "PATCH": ingest.change, "DELETE": ingest.delete}),
        *api.rest("/jobs/ingest/{id}/batches", {"PUT": ingest.upload}),
        *api.rest("/jobs/ingest/{id}/{which}", {"GET": ingest.results}),
    ]
