"""One Bulk 2.0 query job: made, waited for, ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog

from connectors.errors import ConnectorError, Garbled, Refused, Transient, Unavailable
from connectors.salesforce.wire.client import Client

log = structlog.get_logger()
FIRST_WAIT, GROWTH, LONGEST_WAIT = 1.0, 1.5, 30.0
"""Seconds between two polls, each of which counts against the org's calls."""
BLIPS = 5
"""Polls in a row that may fail, each after all its tries, before we stop waiting; the job itself goes on."""
_GOING = ("Open", "UploadComplete", "InProgress")


class JobGone(Exception):
    """The org knows this job no more: it was deleted, or is older than the 7 days that Salesforce keeps it."""


class JobFailed(Refused):
    """The job ended without a result."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """Query jobs of one org."""

    client: Client
    deadline: float
    """Seconds that a job may take."""

    def create(self, query: str, operation: str) -> str:
        """The id of a new job. An answer that is lost leaves a job that nobody asks for; Salesforce drops it after 7 days."""
        body = {"operation": operation, "query": query, "contentType": "CSV", "lineEnding": "LF"}
        return str(_told(self.client.read("bulk_create", "jobs/query", json=body), "id", str))

    def rows(self, job: str) -> int:
        """How many rows the job has read, once it is complete.

        JobGone where there is no such job, JobFailed with Salesforce's own reason, Unavailable where it is not
        done in time: the job goes on, and so does the next pull that has this one's spool.
        """
        retry, wait, blips = self.client.retry, FIRST_WAIT, 0
        until = retry.clock() + self.deadline
        while True:
            try:
                answer, blips = self._asked(job), 0
                state = str(_told(answer, "state", str))
                if state not in _GOING:
                    return _read(job, state, answer)
            except Transient as error:
                state, blips = f"unknown ({error})", blips + 1
                if blips >= BLIPS:
                    raise
            if retry.clock() + wait > until:
                raise Unavailable(
                    f"Bulk query job {job} is not done after {self.deadline:.0f} s (state {state}); the same pull run "
                    "again waits on for it, see Setup, Bulk Data Load Jobs"
                )
            retry.sleep(wait)
            wait = min(LONGEST_WAIT, wait * GROWTH)

    def abandon(self, job: str, *, done: bool) -> None:
        """Take work or results that nobody wants off the org, where it lets us; never raises a ConnectorError."""
        try:
            if done:
                self.client.write("bulk_delete", "DELETE", f"jobs/query/{job}", None, {})
            else:
                self.client.write("bulk_abort", "PATCH", f"jobs/query/{job}", {"state": "Aborted"}, {})
        except ConnectorError as error:
            log.warning("a Bulk query job stays in the org for 7 days", job=job, error=str(error))

    def _asked(self, job: str) -> Any:
        try:
            return self.client.read("bulk_poll", f"jobs/query/{job}")
        except Refused as error:
            if error.status == 404:
                raise JobGone(str(error)) from error
            raise


def _read(job: str, state: str, answer: Any) -> int:
    if state == "JobComplete":
        return int(_told(answer, "numberRecordsProcessed", int))
    said = str(answer.get("errorMessage") or "no reason is given")
    hint = "; map fewer fields, or ask Salesforce's support" if "more than fifteen times" in said else ""
    raise JobFailed(f"Bulk query job {job} ended as {state}: {said[:500]}{hint}", code=state)


def _told(answer: Any, name: str, type: type) -> Any:
    if not isinstance(answer, dict) or not isinstance(answer.get(name), type):
        raise Garbled(f"the answer about a Bulk query job tells no {name}")
    return answer[name]
