"""Works an ingest job off: batches of 10,000 rows, transactions of 200, a row that fails fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce.bulk.csvtext import Unreadable, grouped
from connectors.sandbox.salesforce.bulk.jobs import Job, Jobs
from connectors.sandbox.salesforce.bulk.locks import Locks, refused
from connectors.sandbox.salesforce.bulk.quotas import Quotas
from connectors.sandbox.salesforce.bulk.rowwrite import Columns, RowWriter, columns, told
from connectors.sandbox.salesforce.bulk.settings import BATCH_ROWS, MOST_RETRIES, TRANSACTION_ROWS
from connectors.sandbox.salesforce.bulk.uploads import Outcome, Uploads
from connectors.sandbox.salesforce.bulk.work import Workers
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.write import Writer

Row = list[str]


class JobFailed(Exception):
    """The job ends as Failed with this errorMessage; the rows that are left stay unprocessed."""


class IngestJobs:
    """The worker of ingest jobs."""

    def __init__(
        self, org: Org, writer: Writer, jobs: Jobs, uploads: Uploads, workers: Workers, quotas: Quotas
    ) -> None:
        self._org, self._writer, self._jobs = org, writer, jobs
        self._uploads, self._workers, self._quotas = uploads, workers, quotas

    async def run(self, job: Job) -> None:
        """Carries on where the job stands: rows that were processed before a restart are not written again."""
        try:
            await self._run(job)
        except (Unreadable, JobFailed) as failure:
            self._workers.fail(job, str(failure))
        else:
            self._workers.finish(job)

    async def _run(self, job: Job) -> None:
        for _ in grouped(self._uploads.rows(job), BATCH_ROWS):
            await asyncio.sleep(0)  # Salesforce reads the whole upload before it writes a row
        sent = self._uploads.rows(job)
        header = next(sent, None)
        if header is None:
            return
        known = columns(self._org, job, header)
        writing = _Writing(self, job, known)
        for number, group in enumerate(grouped(sent, TRANSACTION_ROWS)):
            first = number * TRANSACTION_ROWS
            if first + len(group) <= job.processed:
                continue
            if first % BATCH_ROWS == 0 and not self._quotas.spend("DailyBulkApiBatches"):
                raise JobFailed("ExceededQuota : the batches of the last 24 hours are used up")
            self._check_fault(job, first)
            await writing.carry_out(first, group)
            await self._workers.pause()
            if not self._workers.going(job):
                return

    @staticmethod
    def _check_fault(job: Job, first: int) -> None:
        if job.fails and first >= int(job.fails.get("rows", 0)):
            raise JobFailed(job.fails["message"])


class _Writing:
    """One job being written, a transaction at a time."""

    def __init__(self, jobs: IngestJobs, job: Job, known: Columns) -> None:
        self._org, self._jobs, self._uploads = jobs._org, jobs._jobs, jobs._uploads
        self._workers, self._job, self._columns = jobs._workers, job, known
        self._writer = RowWriter(jobs._org, jobs._writer, job, known)
        settings = jobs._org.core.settings
        held = {id.strip() for id in settings["bulk_locked_parents"].split(",") if id.strip()}
        tries = int(settings["bulk_lock_tries"]) if settings["bulk_parallel_locks"] else 0
        self._locks = Locks(jobs._org.core.state, known.object, job.locks, frozenset(held), tries)
        self._lock_failures: dict[int, int] = {}

    async def carry_out(self, first: int, group: Sequence[Row]) -> None:
        """Writes one transaction; where its rows are locked it is tried again, ten times at most."""
        targets = [self._target(cells) for cells in group]
        for tried in range(MOST_RETRIES + 1):
            locked = self._locks.locked(targets, first, first // BATCH_ROWS, tried)
            if not locked:
                break
            if tried < MOST_RETRIES:
                self._job.retries += 1
                await self._workers.pause()
                if not self._workers.going(self._job):
                    return
        if locked:
            self._count_locks(first // BATCH_ROWS, len(locked))
        self._write(first, group, targets, frozenset(locked))

    def _count_locks(self, batch: int, rows: int) -> None:
        """A batch with many locked rows fails, and its job with it (doc: a hundred)."""
        self._lock_failures[batch] = self._lock_failures.get(batch, 0) + rows
        failures = self._lock_failures[batch]
        if failures >= self._org.core.settings["bulk_lock_failures"]:
            raise JobFailed(f"TooManyLockFailure : Too many lock failure {failures} Trying again later.")

    def _target(self, cells: Row) -> str:
        try:
            return self._writer.target(cells)
        except RowFailed:
            return ""

    def _write(
        self, first: int, group: Sequence[Row], targets: Sequence[str], locked: frozenset[int]
    ) -> None:
        by = By(self._job.created_by, self._org.core.clock.now(), self._job.id)
        outcomes: list[Outcome] = []
        seen: set[str] = set()
        with self._org.core.state.transaction():
            for place, cells in enumerate(group):
                repeated = targets[place] != "" and targets[place] in seen
                seen.add(targets[place])
                outcomes.append(
                    self._one(first + place, cells, targets[place], place in locked, repeated, by)
                )
            self._uploads.record(self._job, outcomes)
            self._job.processed = first + len(group)
            self._job.failed += sum(outcome.error is not None for outcome in outcomes)
            self._jobs.save(self._job)

    def _one(self, number: int, cells: Row, target: str, locked: bool, repeated: bool, by: By) -> Outcome:
        try:
            if locked:
                raise refused(target)
            if repeated:
                raise RowFailed("DUPLICATE_VALUE", f"duplicate id in list: {target}", "Id")
            with self._org.core.state.transaction():
                id, created = self._writer.write(cells, by)
            return Outcome(number, id, created, None)
        except (RowFailed, CallFailed) as failure:
            return Outcome(number, target, False, told(failure, cells, self._columns))
