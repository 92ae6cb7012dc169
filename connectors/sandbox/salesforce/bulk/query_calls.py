"""The endpoints under /jobs/query."""

from __future__ import annotations

from starlette.requests import Request

from connectors.sandbox.core import Core, fault_of
from connectors.sandbox.salesforce.bulk.desk import Answer, Desk, choice, json_body, wrong_state
from connectors.sandbox.salesforce.bulk.jobs import Job
from connectors.sandbox.salesforce.bulk.pages import csv_answer, locator, span
from connectors.sandbox.salesforce.bulk.query import QueryJobs
from connectors.sandbox.salesforce.bulk.quotas import Quotas
from connectors.sandbox.salesforce.bulk.snapshot import Snapshot
from connectors.sandbox.salesforce.errors import CallFailed, not_found

_FIRST_VERSION, _FIRST_PAGES = 47, 58


class QueryCalls:
    """Query jobs over HTTP."""

    def __init__(self, core: Core, desk: Desk, queries: QueryJobs, quotas: Quotas) -> None:
        self._core, self._desk, self._queries, self._quotas = core, desk, queries, quotas

    async def create(self, request: Request, base: str) -> Answer:
        if float(request.path_params["version"]) < _FIRST_VERSION:
            raise not_found()
        body = await json_body(request)
        operation = choice(body, "operation", ("query", "queryAll"))
        query = str(body.get("query") or "")
        if not query:
            raise CallFailed(400, "INVALIDJOB", "query must not be empty")
        _, plan = self._queries.checked(query, every_row=operation == "queryAll")
        job = self._desk.made(request, body, "V2Query", plan.object.name)
        self._quotas.spend_query_job()
        job.query = query
        self._desk.queue(request, job)
        return 200, self._desk.brief(job), {}

    async def get(self, request: Request, base: str) -> Answer:
        return 200, self._desk.polled(self._desk.found(request, "V2Query")), {}

    async def change(self, request: Request, base: str) -> Answer:
        job, body = self._desk.found(request, "V2Query"), await json_body(request)
        choice(body, "state", ("Aborted",))
        self._desk.abort(job)
        return 200, self._desk.brief(job), {}

    async def delete(self, request: Request, base: str) -> Answer:
        return self._desk.delete(self._desk.found(request, "V2Query"))

    async def results(self, request: Request, base: str) -> Answer:
        job = self._complete(request)
        wanted = span(job, request.query_params, self._core.settings["bulk_page_rows"])
        count, stop = wanted.stop - wanted.start, wanted.stop
        served = wanted.start + count // 2 if fault_of(request, "short_page") else stop
        headers = {
            "Sforce-NumberOfRecords": str(count),
            "Sforce-Locator": locator(job, stop) if stop < job.processed else "null",
        }
        blocks = Snapshot(self._core.state, job).pages(wanted.start, served)
        return 200, csv_answer(self._core, request, self._desk.kept(job, blocks)), headers

    async def result_pages(self, request: Request, base: str) -> Answer:
        job = self._complete(request)
        if float(job.version) < _FIRST_PAGES or not self._core.settings["bulk_result_pages"]:
            raise not_found()
        rows = int(self._core.settings["bulk_page_rows"])
        return 200, self._queries.result_pages(job, request.query_params, base, rows), {}

    def _complete(self, request: Request) -> Job:
        """The job of the path, if its results can be read by this call."""
        job = self._desk.found(request, "V2Query")
        if request.path_params["version"] != job.version:
            message = f"The job was created with API version {job.version}; use the same one for its results"
            raise CallFailed(409, "INVALIDVERSION", message)
        if not self._desk.ended(job) or job.state != "JobComplete":
            raise wrong_state(job, "JobComplete")
        return job
