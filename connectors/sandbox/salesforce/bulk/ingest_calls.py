"""The endpoints under /jobs/ingest."""

from __future__ import annotations

from typing import Any, cast

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from connectors.sandbox.core import fault_of
from connectors.sandbox.salesforce.bulk.desk import Answer, Desk, choice, json_body, parsed, wrong_state
from connectors.sandbox.salesforce.bulk.jobs import Job, Jobs
from connectors.sandbox.salesforce.bulk.pages import csv_answer
from connectors.sandbox.salesforce.bulk.uploads import Uploads, Which
from connectors.sandbox.salesforce.errors import CallFailed, not_found
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.soql.query import find_object

_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_NO_HARD_DELETE = (
    "hardDelete operation requires special user profile permission, please contact your system administrator"
)
_MOST_INLINE = 100_000
"""Characters of data that may come along with the job itself (doc)."""
_RESULTS = {name.lower(): name for name in ("successfulResults", "failedResults", "unprocessedrecords")}


class IngestCalls:
    """Ingest jobs over HTTP."""

    def __init__(self, org: Org, desk: Desk, jobs: Jobs, uploads: Uploads) -> None:
        self._org, self._core = org, org.core
        self._desk, self._jobs, self._uploads = desk, jobs, uploads

    async def create(self, request: Request, base: str) -> Answer:
        """An open job; one that brings its data along, as multipart, is handed over at once."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            job = self._made(request, await json_body(request))
            self._jobs.save(job)
            return 200, self._desk.brief(job), {}
        async with request.form() as form:
            body, content = await _part(form, "job"), await _part(form, "content")
        if len(content.decode("utf-8", "replace")) > _MOST_INLINE:
            raise CallFailed(
                400, "INVALIDJOB", f"InvalidJob : more than {_MOST_INLINE} characters of job data"
            )
        job = self._made(request, parsed(body))
        self._take(job, content)
        self._desk.queue(request, job)
        return 200, self._desk.brief(job), {}

    def _made(self, request: Request, body: dict[str, Any]) -> Job:
        operation = choice(body, "operation", _OPERATIONS)
        if operation == "hardDelete" and not self._core.settings["bulk_hard_delete"]:
            raise CallFailed(400, "FEATURENOTENABLED", _NO_HARD_DELETE)
        object = self._object(str(body.get("object") or ""))
        external = str(body.get("externalIdFieldName") or "")
        field = object.find(external)
        if operation == "upsert" and (field is None or not field.finds):
            does_not = "does not match an External ID, Salesforce Id, or indexed field"
            message = f"InvalidJob : Field name provided, {external} {does_not} for {object.name}"
            raise CallFailed(400, "INVALIDJOB", message)
        job = self._desk.made(request, body, "V2Ingest", object.name)
        job.external_id = external
        job.assignment_rule = str(body.get("assignmentRuleId") or "")
        return job

    def _object(self, name: str) -> SObject:
        try:
            return find_object(self._org, name)
        except CallFailed:
            raise CallFailed(400, "INVALIDENTITY", f"InvalidEntity : Unable to find object: {name}") from None

    async def get(self, request: Request, base: str) -> Answer:
        return 200, self._desk.polled(self._desk.found(request, "V2Ingest")), {}

    async def upload(self, request: Request, base: str) -> Answer:
        job = self._desk.found(request, "V2Ingest")
        if not request.headers.get("content-type", "").lower().startswith("text/csv"):
            raise CallFailed(415, "UNSUPPORTED_MEDIA_TYPE", "Content type not supported; use text/csv")
        content = await request.body()
        if len(content) > self._core.settings["bulk_upload_bytes"]:
            message = "The data exceeds 150 MB after base64 encoding"
            raise CallFailed(413, "REQUEST_ENTITY_TOO_LARGE", message)
        if job.uploaded:
            please = "please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job"
            message = f"Found multiple contents for job: <{job.id[:15]}>, {please} and make sure you only do 'PUT' once on a given Job."
            raise CallFailed(400, "CLIENTINPUTERROR", message)
        if job.state != "Open":
            raise wrong_state(job, "Open")
        self._take(job, content)
        return 201, None, {}

    def _take(self, job: Job, content: bytes) -> None:
        with self._core.state.transaction():
            self._uploads.keep(job, content)
            job.uploaded = True
            self._jobs.save(job)

    async def change(self, request: Request, base: str) -> Answer:
        job, body = self._desk.found(request, "V2Ingest"), await json_body(request)
        if choice(body, "state", ("UploadComplete", "Aborted")) == "Aborted":
            self._desk.abort(job)
        elif job.state != "Open":
            raise wrong_state(job, "Open")
        else:
            self._desk.queue(request, job)
        return 200, self._desk.brief(job), {}

    async def delete(self, request: Request, base: str) -> Answer:
        return self._desk.delete(self._desk.found(request, "V2Ingest"))

    async def results(self, request: Request, base: str) -> Answer:
        """Successful, failed or unprocessed rows."""
        job = self._desk.found(request, "V2Ingest")
        which = _RESULTS.get(request.path_params["which"].lower())
        if which is None:
            raise not_found()
        if not self._desk.ended(job):
            raise wrong_state(job, "JobComplete")
        shuffled = self._core.settings["bulk_shuffled"]
        short = fault_of(request, "short_page") is not None
        blocks = self._uploads.results(job, cast(Which, which), shuffled=shuffled, short=short)
        return 200, csv_answer(self._core, request, self._desk.kept(job, blocks)), {}


async def _part(form: FormData, name: str) -> bytes:
    """One part of a multipart call, whether it has a file name or not."""
    part = form.get(name)
    if part is None:
        raise CallFailed(400, "INVALIDJOB", f"InvalidJob : the multipart request has no part {name}")
    return await part.read() if isinstance(part, UploadFile) else part.encode()
