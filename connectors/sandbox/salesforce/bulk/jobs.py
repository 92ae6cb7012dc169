"""The jobs of the org: what each was asked, how far it is, and what its creator is told; kept for 7 days."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

from connectors.sandbox.core import Core
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.bulk.settings import DAYS_KEPT
from connectors.sandbox.salesforce.errors import not_found
from connectors.sandbox.salesforce.shape.values import moment

Kind = Literal["V2Query", "V2Ingest"]
TERMINAL = ("JobComplete", "Failed", "Aborted")
_DAY = 24 * 3600 * 1000


@dataclass(slots=True)
class Job:
    """One job. `state` is what is true; `Jobs.shown` is what the client sees of it."""

    id: str
    kind: Kind
    operation: str
    object: str
    created_by: str
    created: int
    changed: int
    version: str
    line_ending: str = "LF"
    delimiter: str = "COMMA"
    state: str = "Open"
    query: str = ""
    external_id: str = ""
    assignment_rule: str = ""
    uploaded: bool = False
    queued: int = 0
    """When it was handed over, in ms; 0 before."""
    hidden_polls: int = 0
    """How many more polls must come before the client is told that it is done."""
    stuck_polls: int | None = 0
    """How many polls nothing happens at all; None is for ever."""
    seen_polls: int = 0
    processed: int = 0
    failed: int = 0
    retries: int = 0
    error: str = ""
    fails: dict[str, Any] = field(default_factory=dict)
    """A fault: `message`, and after how many `rows`."""
    locks: dict[str, Any] = field(default_factory=dict)
    """A fault: which rows are locked, and for how many tries."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in TERMINAL


class Jobs:
    """All jobs, in the store; a file store has them after a restart."""

    def __init__(self, core: Core) -> None:
        self._core = core
        core.state.run("CREATE TABLE IF NOT EXISTS _bulk_jobs(id TEXT PRIMARY KEY, job TEXT NOT NULL)")
        rows = core.state.rows("SELECT job FROM _bulk_jobs ORDER BY id")
        self._jobs = {job.id: job for job in (Job(**orjson.loads(str(text))) for (text,) in rows)}

    def next_id(self) -> str:
        """The id of the next job."""
        number = int(self._core.state.recall("bulk jobs", 0)) + 1
        self._core.state.remember("bulk jobs", number)
        return ids.make("750", number)

    def find(self, id: str, kind: Kind) -> Job:
        """The job of this id in either length; 404 where there is none of this kind, or no more."""
        self._expire()
        try:
            job = self._jobs.get(ids.parse(id))
        except ids.BadId:
            job = None
        if job is None or job.kind != kind:
            raise not_found()
        return job

    def all(self) -> list[Job]:
        """Every job that is still kept, oldest first."""
        self._expire()
        return list(self._jobs.values())

    def exists(self, job: Job) -> bool:
        """Whether it was not deleted meanwhile."""
        return job.id in self._jobs

    def save(self, job: Job) -> None:
        """Keeps the job as it is now."""
        job.changed = self._core.clock.now()
        self._jobs[job.id] = job
        self._write(job)

    def _write(self, job: Job) -> None:
        text = orjson.dumps(asdict(job)).decode()
        self._core.state.run("INSERT OR REPLACE INTO _bulk_jobs VALUES (?, ?)", (job.id, text))

    def drop(self, job: Job) -> None:
        """Forgets a job and all that was kept for it."""
        state = self._core.state
        del self._jobs[job.id]
        with state.transaction():
            state.run("DELETE FROM _bulk_jobs WHERE id = ?", (job.id,))
            state.run("DELETE FROM _bulk_uploads WHERE job = ?", (job.id,))
            state.run("DELETE FROM _bulk_outcomes WHERE job = ?", (job.id,))
            state.run(f'DROP TABLE IF EXISTS "{results_table(job)}"')

    def poll(self, job: Job) -> None:
        """Counts one question of the client, which brings a job that waits for it nearer to its end."""
        job.seen_polls += 1
        if job.stuck_polls:
            job.stuck_polls -= 1
        elif job.ended and job.hidden_polls:
            job.hidden_polls -= 1
        self._write(job)

    def shown(self, job: Job) -> str:
        """The state as the client sees it: a job is queued, then in progress, then done, however fast it was."""
        if job.state in ("Open", "Aborted") or not job.queued:
            return job.state
        since = self._core.clock.now() - job.queued
        waits = job.hidden_polls > 0 or since < self._core.settings["bulk_seconds"] * 1000
        if job.ended and not waits:
            return job.state
        return "UploadComplete" if job.seen_polls == 0 else "InProgress"

    def _expire(self) -> None:
        oldest = self._core.clock.now() - DAYS_KEPT * _DAY
        for job in [job for job in self._jobs.values() if job.created < oldest and job.ended]:
            self.drop(job)


def results_table(job: Job) -> str:
    """The table of a query job's results."""
    return f"_bulk_{job.id}"


def core_info(job: Job, state: str) -> dict[str, Any]:
    """What every answer about a job begins with."""
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.object,
        "createdById": job.created_by,
        "createdDate": moment(job.created // 1000 * 1000),
        "systemModstamp": moment(job.changed // 1000 * 1000),
        "state": state,
        **({"externalIdFieldName": job.external_id} if job.external_id else {}),
        **({"assignmentRuleId": job.assignment_rule} if job.assignment_rule else {}),
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version),
    }


def format_info(job: Job) -> dict[str, str]:
    """How its CSV is written."""
    return {"lineEnding": job.line_ending, "columnDelimiter": job.delimiter}


def content_url(job: Job) -> dict[str, str]:
    """Where the data of an open ingest job goes; without a leading slash, as the real one."""
    if job.kind != "V2Ingest" or job.state != "Open":
        return {}
    return {"contentUrl": f"services/data/v{job.version}/jobs/ingest/{job.id}/batches"}
