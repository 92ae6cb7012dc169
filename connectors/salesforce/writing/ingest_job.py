"""One ingest job of Bulk 2.0, call by call: what is certain after each of them, whatever became of its answer."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.errors import ConnectorError, Garbled, OutcomeUnknown, Refused, Transient, Unavailable
from connectors.salesforce.ids import full_id, is_id
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.ingest_results import (
    FAILED,
    SUCCESSFUL,
    UNPROCESSED,
    Told,
    row_count,
    told,
)

log = structlog.get_logger()

PATH = "jobs/ingest"
TRIES = 4
"""Of one step, where the answer was lost and the job says that it has not taken it."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two looks at a job: twice as long each time."""
PACE = 5_000
"""Rows a second that no job exceeds, so that there is no use in looking earlier."""
BLIPS = 5
"""Looks in a row that may fail, each after all its own tries, before we stop waiting."""
_ASKED = {"object": "Account", "operation": "update"}
_GIVEN = {**_ASKED, "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}
_DONE = ("JobComplete", "Failed", "Aborted")


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a job is, as Salesforce tells."""

    id: str
    state: str
    processed: int
    failed: int
    error: str

    @property
    def is_open(self) -> bool:
        """Whether it waits for us: nothing of an open job was written, or ever will be before it is closed."""
        return self.state == "Open"

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in _DONE


class IngestJobs:
    """Jobs that update accounts. `waiting` is how many seconds a job is waited for."""

    def __init__(
        self,
        client: Client,
        headers: Mapping[str, str],
        waiting: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._headers, self._waiting, self._clock = client, headers, waiting, clock

    def create(self) -> str:
        """The id of a new job. Where an answer was lost, an empty job may be left over; it is found and aborted."""
        began, lost = self._clock(), 0

        def once() -> dict[str, Any]:
            nonlocal lost
            try:
                return _job(self._client.write("ingest_create", "POST", PATH, _GIVEN, self._headers))
            except (OutcomeUnknown, Garbled) as error:
                lost += 1
                # A job that nobody knows is empty and stays so: another one may safely be asked for.
                raise Unavailable(str(error)) from error

        job = self._client.retry.call(once)
        if lost:
            self._abort_lost(job, lost, self._clock() - began)
        return str(job["id"])

    def upload(self, id: str, content: bytes) -> None:
        """The data, once; OutcomeUnknown where nobody can tell whether it has arrived."""
        headers = {**self._headers, "Content-Type": "text/csv; charset=UTF-8"}

        def once() -> None:
            path = f"{PATH}/{id}/batches"
            self._client.write("ingest_upload", "PUT", path, None, headers, content=content)

        self._client.retry.call(once)

    def close(self, id: str) -> None:
        """Hand the job over. OutcomeUnknown where it may have been; after any other error it is open for certain."""
        self._change(id, "UploadComplete", "ingest_close")

    def abort(self, id: str) -> bool:
        """Whether an open job is aborted for certain, so that its data will never be written."""
        try:
            self._change(id, "Aborted", "ingest_abort")
            return self.state(id).state == "Aborted"
        except ConnectorError as error:
            log.warning("a job was left open", job=id, error=str(error), next="it is empty or never begun")
            return False

    def state(self, id: str) -> JobState:
        """How far it is; Refused with status 404 where Salesforce does not know it, or no longer."""
        job = _job(self._client.read("ingest_poll", f"{PATH}/{id}"))
        if full_id(job["id"]) != full_id(id):
            raise Garbled(f"ingest: job {id} was asked for and {job['id']} came")
        return JobState(
            id,
            str(job["state"]),
            _count(job, "numberRecordsProcessed"),
            _count(job, "numberRecordsFailed"),
            str(job.get("errorMessage") or ""),
        )

    def known(self, id: str) -> JobState | None:
        """How far it is; None where Salesforce says again and again that there is no such job (kept for 7 days; doc)."""
        for _ in range(TRIES):
            try:
                return self.state(id)
            except Refused as error:
                if error.status != 404:
                    raise
            self._client.retry.sleep(FIRST_PAUSE)
        return None

    def wait(self, id: str, stopping: Callable[[], bool], rows: int = 0) -> JobState | None:
        """The job of so many rows once it is done; None where it takes too long, cannot be asked for, or we are to stop."""
        waited, pause, blips = 0.0, max(FIRST_PAUSE, rows / PACE), 0
        while waited < self._waiting and blips < BLIPS:
            self._sleep(pause, stopping)
            if stopping():
                return None
            try:
                found = self.state(id)
                blips = 0
                if found.is_done:
                    return found
            except (Transient, Refused) as error:
                log.warning("a job could not be asked for", job=id, error=str(error))
                blips += 1
            waited, pause = waited + pause, min(pause * 2, LONGEST_PAUSE)
        return None

    def results(self, job: JobState) -> Told:
        """What became of its rows, each file read whole and counted against the job's own numbers."""
        complete = job.state == "JobComplete"
        files: dict[str, bytes] = {}
        if not complete or job.processed > job.failed:
            files[SUCCESSFUL] = self._file(job, SUCCESSFUL, job.processed - job.failed if complete else None)
        if not complete or job.failed:
            files[FAILED] = self._file(job, FAILED, job.failed if complete else None)
        if not complete:
            files[UNPROCESSED] = self._file(job, UNPROCESSED, None)
        return told(files)

    def _file(self, job: JobState, name: str, rows: int | None) -> bytes:
        """One file. A job that did not end well counts loosely: its rows are taken for what the files say."""

        def once() -> bytes:
            parts: list[bytes] = []
            answer = self._client.download(
                "ingest_results", f"{PATH}/{job.id}/{name}", {}, _GZIP, parts.append
            )
            content = _unpacked(b"".join(parts), answer.headers.get("Content-Encoding", ""))
            came = row_count(content)
            if rows is not None and came != rows:
                raise Garbled(f"ingest: job {job.id} tells of {rows} {name}, and {came} came")
            return content

        return self._client.retry.call(once)

    def _change(self, id: str, state: str, kind: str) -> None:
        """Bring an open job into this state. Where the answer was lost, the job itself tells."""
        said: ConnectorError | None = None
        lost = False
        for _ in range(TRIES):
            try:
                self._client.write(kind, "PATCH", f"{PATH}/{id}", {"state": state}, self._headers)
                return
            except OutcomeUnknown as error:
                said, lost = error, True
            except ConnectorError as error:
                said = error
            if not self._is_open(id, lost):
                return
        told = f"job {id} is open and cannot be brought to {state}: {said}"
        # What was lost may be on its way still.
        raise OutcomeUnknown(told) if lost else Unavailable(told)

    def _is_open(self, id: str, lost: bool) -> bool:
        try:
            return self.state(id).is_open
        except ConnectorError as error:
            if lost:
                raise OutcomeUnknown(f"job {id}: {error}") from error
            raise

    def _sleep(self, seconds: float, stopping: Callable[[], bool]) -> None:
        while seconds > 0 and not stopping():
            self._client.retry.sleep(min(seconds, 1.0))
            seconds -= 1.0

    def _abort_lost(self, job: Mapping[str, Any], lost: int, seconds: float) -> None:
        """Abort the jobs whose creation was answered into the void; left alone where others could be meant."""
        try:
            found = self._open_since(job, timedelta(seconds=seconds + 2))
        except ConnectorError as error:
            log.warning("empty jobs may be left open", error=str(error), next="Salesforce removes them")
            return
        if len(found) > lost:
            log.warning("empty jobs may be left open", jobs=found, next="abort them if nobody else made them")
            return
        for id in found:
            self.abort(id)

    def _open_since(self, job: Mapping[str, Any], span: timedelta) -> list[str]:
        """Open jobs like this one that the same user made up to so long before it, by Salesforce's clock."""
        before = datetime.fromisoformat(str(job["createdDate"]))
        found: list[str] = []
        path: str | None = f"{PATH}?jobType=V2Ingest"
        while path:
            page = self._client.read("ingest_poll", path)
            for other in page["records"]:
                alike = all(other.get(key) == value for key, value in _ASKED.items())
                ours = other.get("createdById") == job.get("createdById") and other["id"] != job["id"]
                if alike and ours and other.get("state") == "Open":
                    age = before - datetime.fromisoformat(str(other["createdDate"]))
                    if -timedelta(seconds=2) <= age <= span:
                        found.append(str(other["id"]))
            path = page.get("nextRecordsUrl")
        return found


_GZIP = {"Accept": "text/csv", "Accept-Encoding": "gzip"}


def _job(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict) or not is_id(str(answer.get("id", ""))) or "state" not in answer:
        raise Garbled("ingest: the answer is no job")
    return answer


def _count(job: Mapping[str, Any], name: str) -> int:
    count = job.get(name, 0)
    if not isinstance(count, int):
        raise Garbled(f"ingest: the job's {name} is {count!r}")
    return count


def _unpacked(content: bytes, encoding: str) -> bytes:
    if encoding.lower() != "gzip":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise Garbled("ingest: results that cannot be unpacked") from error
