"""The endpoints of Bulk API 2.0 under /services/data/vXX.0/jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route

from connectors.sandbox.core import fault_of
from connectors.sandbox.salesforce.bulk.csvtext import DELIMITERS, ENDINGS
from connectors.sandbox.salesforce.bulk.ingest import IngestJobs
from connectors.sandbox.salesforce.bulk.jobs import (
    Job,
    Jobs,
    Kind,
    content_url,
    core_info,
    format_info,
)
from connectors.sandbox.salesforce.bulk.pages import csv_answer, locator, span
from connectors.sandbox.salesforce.bulk.query import QueryJobs
from connectors.sandbox.salesforce.bulk.quotas import Quotas
from connectors.sandbox.salesforce.bulk.settings import LISTED_AT_ONCE, SETTINGS
from connectors.sandbox.salesforce.bulk.snapshot import Snapshot
from connectors.sandbox.salesforce.bulk.uploads import Uploads, Which
from connectors.sandbox.salesforce.bulk.work import Workers
from connectors.sandbox.salesforce.errors import CallFailed, not_found
from connectors.sandbox.salesforce.soql.query import find_object

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.app import Api

Answer = tuple[int, Any, dict[str, str]]
_QUERIES = ("query", "queryAll")
_INGESTS = ("insert", "update", "upsert", "delete", "hardDelete")
_FAILED = "InternalServerError : Unable to process the job"
_NO_HARD_DELETE = (
    "hardDelete operation requires special user profile permission, please contact your system administrator"
)


def routes(api: Api) -> Sequence[Route]:
    """Every route of Bulk API 2.0."""
    bulk = Bulk(api)
    return [
        *api.rest("/jobs/query", {"GET": bulk.listed, "POST": bulk.create_query}),
        *api.rest(
            "/jobs/query/{id}", {"GET": bulk.query, "PATCH": bulk.change_query, "DELETE": bulk.delete_query}
        ),
        *api.rest("/jobs/query/{id}/results", {"GET": bulk.results}),
        *api.rest("/jobs/query/{id}/resultPages", {"GET": bulk.result_pages}),
        *api.rest("/jobs/query/{id}/resultpages", {"GET": bulk.result_pages}),
        *api.rest("/jobs/ingest", {"GET": bulk.listed, "POST": bulk.create_ingest}),
        *api.rest(
            "/jobs/ingest/{id}",
            {"GET": bulk.ingest, "PATCH": bulk.change_ingest, "DELETE": bulk.delete_ingest},
        ),
        *api.rest("/jobs/ingest/{id}/batches", {"PUT": bulk.upload}),
        *api.rest("/jobs/ingest/{id}/{which}", {"GET": bulk.outcomes}),
    ]


class Bulk:
    """The endpoints."""

    def __init__(self, api: Api) -> None:
        self._org, self._core = api.org, api.org.core
        self._core.settings.declare(SETTINGS)
        self._jobs = Jobs(self._core)
        self._uploads = Uploads(self._core.state)
        self._quotas = Quotas(self._core)
        self._workers = Workers(self._core, self._jobs)
        self._queries = QueryJobs(self._org, self._workers)
        self._ingests = IngestJobs(
            self._org, api.writer, self._jobs, self._uploads, self._workers, self._quotas
        )
        api.usage.reports.append(self._quotas.report)

    # -- query jobs

    async def create_query(self, request: Request, base: str) -> Answer:
        body = await _body(request)
        operation = _choice(body, "operation", _QUERIES)
        query = str(body.get("query") or "")
        if not query:
            raise CallFailed(400, "INVALIDJOB", "query must not be empty")
        _, plan = self._queries.checked(query, every_row=operation == "queryAll")
        self._quotas.spend_query_job()
        job = self._made(request, body, "V2Query", operation, plan.object.name)
        job.query = query
        self._queue(request, job)
        return 200, self._brief(job), {}

    async def query(self, request: Request, base: str) -> Answer:
        return 200, self._polled(self._find(request, "V2Query")), {}

    async def change_query(self, request: Request, base: str) -> Answer:
        job, body = self._find(request, "V2Query"), await _body(request)
        _choice(body, "state", ("Aborted",))
        self._abort(job)
        return 200, self._brief(job), {}

    async def delete_query(self, request: Request, base: str) -> Answer:
        return self._delete(self._find(request, "V2Query"))

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
        return 200, csv_answer(self._core, request, self._kept(job, blocks)), headers

    async def result_pages(self, request: Request, base: str) -> Answer:
        job = self._complete(request)
        if float(job.version) < 58 or not self._core.settings["bulk_result_pages"]:
            raise not_found()
        rows = int(self._core.settings["bulk_page_rows"])
        return 200, self._queries.result_pages(job, request.query_params, base, rows), {}

    # -- ingest jobs

    async def create_ingest(self, request: Request, base: str) -> Answer:
        body = await _body(request)
        operation = _choice(body, "operation", _INGESTS)
        if operation == "hardDelete" and not self._core.settings["bulk_hard_delete"]:
            raise CallFailed(400, "FEATURENOTENABLED", _NO_HARD_DELETE)
        object = self._object(body)
        external = str(body.get("externalIdFieldName") or "")
        field = object.find(external)
        if operation == "upsert" and (field is None or not field.finds):
            does_not = "does not match an External ID, Salesforce Id, or indexed field"
            message = f"InvalidJob : Field name provided, {external} {does_not} for {object.name}"
            raise CallFailed(400, "INVALIDJOB", message)
        job = self._made(request, body, "V2Ingest", operation, object.name)
        job.external_id = external
        job.assignment_rule = str(body.get("assignmentRuleId") or "")
        self._jobs.save(job)
        return 200, self._brief(job), {}

    async def ingest(self, request: Request, base: str) -> Answer:
        return 200, self._polled(self._find(request, "V2Ingest")), {}

    async def upload(self, request: Request, base: str) -> Answer:
        job = self._find(request, "V2Ingest")
        if not request.headers.get("content-type", "").lower().startswith("text/csv"):
            raise CallFailed(415, "UNSUPPORTED_MEDIA_TYPE", "Content type not supported; use text/csv")
        content = await request.body()
        if len(content) > self._core.settings["bulk_upload_bytes"]:
            raise CallFailed(413, "REQUEST_ENTITY_TOO_LARGE", "The data exceeds 150 MB after base64 encoding")
        if job.uploaded:
            message = f"Found multiple contents for job: <{job.id[:15]}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job."
            raise CallFailed(400, "CLIENTINPUTERROR", message)
        if job.state != "Open":
            raise _wrong_state(job, "Open")
        with self._core.state.transaction():
            self._uploads.keep(job, content)
            job.uploaded = True
            self._jobs.save(job)
        return 201, None, {}

    async def change_ingest(self, request: Request, base: str) -> Answer:
        job, body = self._find(request, "V2Ingest"), await _body(request)
        if _choice(body, "state", ("UploadComplete", "Aborted")) == "Aborted":
            self._abort(job)
        elif job.state != "Open":
            raise _wrong_state(job, "Open")
        else:
            self._queue(request, job)
        return 200, self._brief(job), {}

    async def delete_ingest(self, request: Request, base: str) -> Answer:
        return self._delete(self._find(request, "V2Ingest"))

    async def outcomes(self, request: Request, base: str) -> Answer:
        job = self._find(request, "V2Ingest")
        known = {name.lower(): name for name in ("successfulResults", "failedResults", "unprocessedrecords")}
        which = known.get(request.path_params["which"].lower())
        if which is None:
            raise not_found()
        if self._jobs.shown(job) not in ("JobComplete", "Failed", "Aborted"):
            raise _wrong_state(job, "JobComplete")
        shuffled = self._core.settings["bulk_shuffled"]
        blocks = self._uploads.results(job, cast(Which, which), shuffled=shuffled)
        return 200, csv_answer(self._core, request, self._kept(job, blocks)), {}

    def _kept(self, job: Job, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks as long as the job is there; a download of a job that is deleted breaks off."""
        while self._jobs.exists(job):
            block = next(blocks, None)
            if block is None:
                return
            yield block
        raise ClientDisconnect

    # -- both

    async def listed(self, request: Request, base: str) -> Answer:
        """All jobs of the org, a thousand at a time; both addresses list both kinds."""
        wanted = request.query_params.get("jobType")
        jobs = [job for job in self._jobs.all() if wanted in (None, job.kind)]
        _, _, start = request.query_params.get("queryLocator", "").partition("-")
        first = int(start) if start.isdigit() else 0
        page, rest = jobs[first : first + LISTED_AT_ONCE], first + LISTED_AT_ONCE
        next_url = f"{request.url.path.rstrip('/')}?queryLocator=01gR0000000opRTIAY-{rest}"
        done = rest >= len(jobs)
        body = {
            "done": done,
            "records": [self._listed(job) for job in page],
            "nextRecordsUrl": None if done else next_url,
        }
        return 200, body, {}

    def _made(self, request: Request, body: dict[str, Any], kind: Kind, operation: str, object: str) -> Job:
        now = self._core.clock.now()
        if body.get("contentType", "CSV") != "CSV":
            raise CallFailed(
                400, "INVALIDJOB", f"InvalidJob : contentType {body['contentType']} is not supported"
            )
        return Job(
            self._jobs.next_id(), kind, operation, object, self._org.user_id, now, now,
            request.path_params["version"],
            _choice(body, "lineEnding", tuple(ENDINGS), "LF"),
            _choice(body, "columnDelimiter", tuple(DELIMITERS), "COMMA"),
        )  # fmt: skip

    def _queue(self, request: Request, job: Job) -> None:
        """Hands a job over to be worked on, with the faults that this request meets."""
        if fault := fault_of(request, "job_stuck"):
            job.stuck_polls = fault.details.get("polls")
        if fault := fault_of(request, "job_fails"):
            job.fails = {"message": _FAILED, **fault.details}
        if fault := fault_of(request, "row_lock"):
            job.locks = {"tries": 0, **fault.details}
        job.state, job.queued = "UploadComplete", self._core.clock.now()
        job.hidden_polls = int(self._core.settings["bulk_polls"])
        self._jobs.save(job)
        self._work(job)

    def _work(self, job: Job) -> None:
        if job.queued:
            self._workers.start(job, self._queries.run if job.kind == "V2Query" else self._ingests.run)

    def _find(self, request: Request, kind: Kind) -> Job:
        """The job, and work on it where it has none, as after a restart."""
        job = self._jobs.find(request.path_params["id"], kind)
        self._work(job)
        return job

    def _complete(self, request: Request) -> Job:
        job = self._find(request, "V2Query")
        if request.path_params["version"] != job.version:
            message = f"The job was created with API version {job.version}; use the same one for its results"
            raise CallFailed(409, "INVALIDVERSION", message)
        if self._jobs.shown(job) != "JobComplete":
            raise _wrong_state(job, "JobComplete")
        return job

    def _abort(self, job: Job) -> None:
        shown = self._jobs.shown(job)
        if shown in ("JobComplete", "Failed"):
            raise CallFailed(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
        job.state = "Aborted"
        self._jobs.save(job)

    def _delete(self, job: Job) -> Answer:
        if self._jobs.shown(job) not in ("JobComplete", "Failed", "Aborted"):
            message = "Error encountered when deleting the job because the job is not terminated"
            raise CallFailed(400, "API_ERROR", message)
        self._jobs.drop(job)
        return 204, None, {}

    def _object(self, body: dict[str, Any]) -> Any:
        name = str(body.get("object") or "")
        try:
            return find_object(self._org, name)
        except CallFailed:
            raise CallFailed(400, "INVALIDENTITY", f"InvalidEntity : Unable to find object: {name}") from None

    def _brief(self, job: Job) -> dict[str, Any]:
        return {**core_info(job, self._jobs.shown(job)), **content_url(job), **format_info(job)}

    def _listed(self, job: Job) -> dict[str, Any]:
        return {**self._brief(job), "jobType": job.kind}

    def _polled(self, job: Job) -> dict[str, Any]:
        """What a client that asks for the job is told, and a step for a job that waits to be asked."""
        body = {**self._listed(job), **self._progress(job)}
        self._jobs.poll(job)
        self._work(job)
        return body

    def _progress(self, job: Job) -> dict[str, Any]:
        taken = job.changed - job.queued if job.queued else 0
        shown = {
            "numberRecordsProcessed": job.processed,
            "retries": job.retries,
            "totalProcessingTime": taken,
        }
        if job.kind == "V2Query":
            shown["isPkChunkingSupported"] = True
        else:
            shown |= {
                "numberRecordsFailed": job.failed,
                "apiActiveProcessingTime": taken,
                "apexProcessingTime": 0,
            }
        if job.error and self._jobs.shown(job) == "Failed":
            return {**shown, "errorMessage": job.error}
        return shown


def _wrong_state(job: Job, needed: str) -> CallFailed:
    message = f"Invalid job state: the job {job.id} must be {needed} for this"
    return CallFailed(400, "INVALIDJOBSTATE", message)


def _choice(body: dict[str, Any], name: str, known: Sequence[str], default: str | None = None) -> str:
    given = body.get(name)
    given = default if given is None else given
    if given not in known:
        raise CallFailed(
            400, "INVALIDJOB", f"InvalidJob : {name} must be one of {', '.join(known)}, not {given}"
        )
    return str(given)


async def _body(request: Request) -> dict[str, Any]:
    if "json" not in request.headers.get("content-type", ""):
        raise CallFailed(415, "UNSUPPORTED_MEDIA_TYPE", "Content type not supported; use application/json")
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        message = f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
        raise CallFailed(400, "JSON_PARSER_ERROR", message) from None
    if not isinstance(body, dict):
        raise CallFailed(400, "JSON_PARSER_ERROR", "The request body must be an object")
    return body
