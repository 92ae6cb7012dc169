"""The CRM in memory with jobs: work that it carries out by itself once it was handed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from connectors.base import Capabilities
from connectors.errors import Unavailable
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult
from tests.sync.fake_crm import FakeCrm


class Died(BaseException):
    """Stands for kill -9: nothing is cleaned up by our code."""


@dataclass
class Job:
    """`handed_over` once it will be carried out; `results` once it was."""

    writes: Sequence[Write]
    handed_over: bool = False
    results: list[WriteResult] | None = None


@dataclass
class JobCrm(FakeCrm):
    """`bulk` and more writes that set no owner go as a job. `at` is called at "made", "handed" and "done".

    `busy` jobs are not done when they are asked for; `forgotten` ones are not known any more.
    """

    bulk: int = 4
    bulk_size: int = 6
    groups: bool = False
    at: Callable[[str], None] = lambda point: None
    jobs: dict[str, Job] = field(default_factory=dict)
    busy: bool = False
    forgotten: bool = False
    batches: list[list[Write]] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)
    settled: list[tuple[Receipt, int]] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        return replace(
            super().capabilities, bulk_above=self.bulk, bulk_batch=self.bulk_size, groups_owners=self.groups
        )

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        self.looked.append(len(ids))
        return super().lookup(ids, columns)

    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        self.batches.append(list(writes))
        if len(writes) <= self.bulk or any("owner_id" in write.values for write in writes):
            assert len(writes) <= self.batch
            return super().write(writes)
        assert len(writes) <= self.bulk_size
        id = f"job-{len(self.jobs)}"
        self.jobs[id] = job = Job(writes)
        receipt(Receipt(id))
        self.at("made")
        job.handed_over = True
        self.at("handed")
        if stopping() or self.busy:
            return [WriteResult(write.id, Outcome.UNKNOWN) for write in writes]
        done = self._carry_out(job)
        self.at("done")
        return done

    def settle(
        self, receipt: Receipt, writes: Sequence[Write], *, stopping: Callable[[], bool] = lambda: False
    ) -> list[WriteResult] | None:
        self.settled.append((receipt, len(writes)))
        job = self.jobs[receipt]
        if self.busy or stopping():
            raise Unavailable(f"{receipt} is not done")
        if job.handed_over:
            self._carry_out(job)
        if self.forgotten:
            return None
        told = {result.id: result for result in job.results or []}
        return [told.get(write.id, WriteResult(write.id, Outcome.UNKNOWN)) for write in writes]

    def _carry_out(self, job: Job) -> list[WriteResult]:
        if job.results is None:
            job.results = [self._write(write) for write in job.writes]
        return job.results
