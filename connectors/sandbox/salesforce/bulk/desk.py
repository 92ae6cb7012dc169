"""What query jobs and ingest jobs share: how they are made, handed over, told about, aborted, deleted and listed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from connectors.sandbox.core import fault_of
from connectors.sandbox.salesforce.bulk.csvtext import DELIMITERS, ENDINGS
from connectors.sandbox.salesforce.bulk.jobs import Job, Jobs, Kind, content_url, core_info, format_info
from connectors.sandbox.salesforce.bulk.settings import LISTED_AT_ONCE
from connectors.sandbox.salesforce.bulk.work import Workers
from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.org import Org

Answer = tuple[int, Any, dict[str, str]]
Work = Callable[[Job], Awaitable[None]]
_FAILED = "InternalServerError : Unable to process the job"


class Desk:
    """The jobs as the endpoints see them; `work` says how a job of each kind is worked off."""

    def __init__(self, org: Org, jobs: Jobs, workers: Workers, work: Mapping[Kind, Work]) -> None:
        self._org, self._core = org, org.core
        self._jobs, self._workers, self._work = jobs, workers, work

    def made(self, request: Request, body: Mapping[str, Any], kind: Kind, object: str) -> Job:
        """A new job as the body asks for it, not kept yet; CallFailed where it asks for nonsense."""
        now = self._core.clock.now()
        choice(body, "contentType", ("CSV",), "CSV")
        return Job(
            self._jobs.next_id(), kind, str(body["operation"]), object, self._org.user_id, now, now,
            request.path_params["version"],
            choice(body, "lineEnding", tuple(ENDINGS), "LF"),
            choice(body, "columnDelimiter", tuple(DELIMITERS), "COMMA"),
        )  # fmt: skip

    def queue(self, request: Request, job: Job) -> None:
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
        self._go_on(job)

    def _go_on(self, job: Job) -> None:
        if job.queued:
            self._workers.start(job, self._work[job.kind])

    def found(self, request: Request, kind: Kind) -> Job:
        """The job of the path, and work on it where nobody works on it, as after a restart."""
        job = self._jobs.find(request.path_params["id"], kind)
        self._go_on(job)
        return job

    def abort(self, job: Job) -> None:
        """Stops a job that has not ended."""
        if self.ended(job) and job.state != "Aborted":
            raise CallFailed(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
        job.state = "Aborted"
        self._jobs.save(job)

    def delete(self, job: Job) -> Answer:
        """Forgets a job that has ended."""
        if not self.ended(job):
            message = "Error encountered when deleting the job because the job is not terminated"
            raise CallFailed(400, "API_ERROR", message)
        self._jobs.drop(job)
        return 204, None, {}

    def ended(self, job: Job) -> bool:
        """Whether the job has ended as far as its creator was told."""
        return self._jobs.shown(job) in ("JobComplete", "Failed", "Aborted")

    def brief(self, job: Job) -> dict[str, Any]:
        """What a call that makes or changes a job answers."""
        return {**core_info(job, self._jobs.shown(job)), **content_url(job), **format_info(job)}

    def polled(self, job: Job) -> dict[str, Any]:
        """What a client that asks for the job is told, and a step for a job that waits to be asked."""
        told = {**self.brief(job), "jobType": job.kind, **self._progress(job)}
        self._jobs.poll(job)
        self._go_on(job)
        return told

    def _progress(self, job: Job) -> dict[str, Any]:
        taken = job.changed - job.queued if job.queued else 0
        shown: dict[str, Any] = {
            "numberRecordsProcessed": job.processed,
            "retries": job.retries,
            "totalProcessingTime": taken,
        }
        if job.kind == "V2Query":
            shown["isPkChunkingSupported"] = True
        else:
            failed = {"numberRecordsFailed": job.failed}
            shown |= {**failed, "apiActiveProcessingTime": taken, "apexProcessingTime": 0}
        if job.error and self._jobs.shown(job) == "Failed":
            shown["errorMessage"] = job.error
        return shown

    async def listed(self, request: Request, base: str) -> Answer:
        """All jobs of the org, a thousand at a time; the addresses of queries and of ingests list both kinds."""
        wanted = request.query_params.get("jobType")
        jobs = [job for job in self._jobs.all() if wanted in (None, job.kind)]
        _, _, start = request.query_params.get("queryLocator", "").partition("-")
        first = int(start) if start.isdigit() else 0
        rest = first + LISTED_AT_ONCE
        done = rest >= len(jobs)
        more = f"{request.url.path.rstrip('/')}?queryLocator=01gR0000000opRTIAY-{rest}"
        records = [{**self.brief(job), "jobType": job.kind} for job in jobs[first:rest]]
        return 200, {"done": done, "records": records, "nextRecordsUrl": None if done else more}, {}

    def kept(self, job: Job, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks as long as the job is there; a download of a job that is deleted breaks off."""
        while self._jobs.exists(job):
            block = next(blocks, None)
            if block is None:
                return
            yield block
        raise ClientDisconnect


def wrong_state(job: Job, needed: str) -> CallFailed:
    """The refusal of what can only be done in another state."""
    return CallFailed(
        400, "INVALIDJOBSTATE", f"Invalid job state: the job {job.id} must be {needed} for this"
    )


def choice(body: Mapping[str, Any], name: str, known: Sequence[str], default: str | None = None) -> str:
    """The member of a body that must be one of few words."""
    given = body.get(name)
    given = default if given is None else given
    if given not in known:
        message = f"InvalidJob : {name} must be one of {', '.join(known)}, not {given}"
        raise CallFailed(400, "INVALIDJOB", message)
    return str(given)


async def json_body(request: Request) -> dict[str, Any]:
    """The body of a call as an object."""
    if "json" not in request.headers.get("content-type", ""):
        raise CallFailed(415, "UNSUPPORTED_MEDIA_TYPE", "Content type not supported; use application/json")
    return parsed(await request.body())


def parsed(content: bytes | str) -> dict[str, Any]:
    """JSON text as an object; CallFailed where it is none."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        message = f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
        raise CallFailed(400, "JSON_PARSER_ERROR", message) from None
    if not isinstance(body, dict):
        raise CallFailed(400, "JSON_PARSER_ERROR", "The request body must be an object")
    return body
