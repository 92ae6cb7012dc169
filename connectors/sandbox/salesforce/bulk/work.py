"""The hands that work on jobs between the client's calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from connectors.sandbox.core import Core
from connectors.sandbox.salesforce.bulk.jobs import Job, Jobs


class Workers:
    """Runs one task a job on the server's loop; a bug in one is the sandbox's crash, never silence."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core, self._jobs = core, jobs
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, job: Job, work: Callable[[Job], Awaitable[None]]) -> None:
        """Begins to work on a job, unless it is worked on, done, or stuck."""
        if job.ended or job.stuck_polls or job.stuck_polls is None or job.id in self._running:
            return
        self._running[job.id] = asyncio.create_task(self._carry_out(job, work), name=f"bulk job {job.id}")

    async def _carry_out(self, job: Job, work: Callable[[Job], Awaitable[None]]) -> None:
        try:
            job.state = "InProgress"
            await work(job)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sandbox's owner must hear of it
            self._core.crashed(error)
            self.fail(job, "Unknown : the sandbox itself failed")
        finally:
            del self._running[job.id]

    async def pause(self) -> None:
        """Lets other requests through; as long as the setting says."""
        await asyncio.sleep(self._core.settings["bulk_pause"])

    def going(self, job: Job) -> bool:
        """Whether the job still wants to be worked on: neither aborted nor deleted."""
        return job.state == "InProgress" and self._jobs.exists(job)

    def finish(self, job: Job) -> None:
        """The job is done."""
        if self.going(job):
            job.state = "JobComplete"
            self._jobs.save(job)

    def fail(self, job: Job, message: str) -> None:
        """The job failed for this reason; what it did stays done."""
        if self._jobs.exists(job) and not job.ended:
            job.state, job.error = "Failed", message
            self._jobs.save(job)
