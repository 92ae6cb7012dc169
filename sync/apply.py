"""Carries out exactly one approved plan: nothing lost, nothing doubled, nobody overwritten.

Every write is in the ledger as planned before the first one is sent, as in flight before its batch leaves,
and in its outcome when the answer has come; work that the CRM carries out by itself leaves its receipt there
before it is handed over. A process that dies in between leaves writes in flight: the CRM is asked what became
of the work, and where it cannot tell, their outcome is read back, before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

import structlog

from connectors.errors import ConnectorError, OutcomeUnknown, QuotaSpent, Transient
from connectors.mapping import FieldType
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult
from sync.errors import Stopped
from sync.ledger import Handed, Ledger, LedgerWrite, WriteState
from sync.order import OWNER, in_order
from sync.outcome import by_live, decided, holds, texts, write_of
from sync.plan import Plan
from sync.territories.changes import SETS
from sync.values import kinds

if TYPE_CHECKING:
    import pyarrow as pa

    from connectors.base import Connector

log = structlog.get_logger()

ROUNDS = 3
"""Times that unanswered writes are read back and, where they did not happen, sent again."""
LOOKUP = 2000
"""Records in one reading of live values."""
SHOWN = 20
"""Records of one batch that are named in the log when they were not written; the ledger has them all."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a second look at the CRM found after all writes."""

    checked: int = 0
    differing: tuple[str, ...] = ()
    """Records that no longer hold what we wrote: somebody else wrote after us."""
    seen: tuple[pa.Table, ...] = ()
    """The live values that were looked at, for the snapshot."""


@dataclass(frozen=True, slots=True)
class Applier:
    """Sends the writes of one run; `on_progress` is told how many are decided.

    As many writes as go into one call are in memory, never all of them.
    """

    connector: Connector
    ledger: Ledger
    now: Callable[[], datetime]
    quota_reserve: float = 0.0
    stopping: Callable[[], bool] = lambda: False
    """Asked between batches and while a job is waited for; True ends the run there, to be resumed later."""
    on_progress: Callable[[int], None] = field(default=lambda decided: None)

    def plan_writes(self, plan: Plan, *, owner_last: bool) -> Iterator[list[LedgerWrite]]:
        """The plan's writes in the order in which they are sent."""
        return in_order(plan, owner_last=owner_last, by_owners=self.connector.capabilities.groups_owners)

    def run(self, run_id: str, plan: Plan) -> None:
        """Send every write of the run that is not decided yet.

        Raises QuotaSpent before the reserve of the day's calls is touched, and Stopped where something is left
        in flight; the run is then resumed later.
        """
        types = kinds(plan.fields)
        for _ in range(ROUNDS):
            self._decide(run_id, types)
            sent_all = self._send_open(run_id, types)
            if not self.ledger.is_undecided(run_id):
                return
            if self.stopping():
                raise Stopped(
                    "stopped while the CRM was still at work; the same command asks what became of it"
                )
            if not sent_all:
                return
        self._settle(run_id, types)

    def read_back(self, run_id: str, plan: Plan) -> None:
        """Decide what may or may not have been written, and send nothing."""
        self._decide(run_id, kinds(plan.fields))

    def verify(self, run_id: str, plan: Plan) -> Verified:
        """Look at every record we wrote once more, and name those that hold something else by now."""
        types = kinds(plan.fields)
        columns = sorted(types)
        checked, differing, seen = 0, [], []
        for chunk in self.ledger.applied(run_id, LOOKUP):
            if self.stopping():
                raise Stopped(
                    "stopped before all that was written was looked at; the same command goes on from there"
                )
            ids = list(dict.fromkeys(w.record_id for w in chunk))
            table = self.connector.lookup([RecordId(i) for i in ids], [*columns, "modified_at"])
            live = texts(table, columns)
            differing += [w.record_id for w in chunk if not holds(live.get(w.record_id), w.after, types)]
            checked += len(ids)
            seen.append(table)
        return Verified(checked, tuple(dict.fromkeys(differing)), tuple(seen))

    def _send_open(self, run_id: str, types: Mapping[str, FieldType]) -> bool:
        """Send what is planned; False when it was asked to stop before the end."""
        done = 0
        while batch := self._next_batch(run_id):
            if self.stopping():
                log.warning("stopped", run=run_id, next="the same command resumes")
                return False
            self._spare_quota()
            self._send(run_id, batch, types)
            done += len(batch)
            self.on_progress(done)
        return True

    def _next_batch(self, run_id: str) -> list[LedgerWrite]:
        """As many writes as one call takes, which is more where enough of them wait that set no owner."""
        can = self.connector.capabilities
        size = can.write_batch
        if can.bulk_above is not None and self.ledger.waiting(run_id, can.bulk_above + 1) > can.bulk_above:
            size = max(size, can.bulk_batch)
        batch = _alike(self.ledger.open_writes(run_id, size))
        return batch if batch and _kind(batch[0]) is _Kind.FIELDS else batch[: can.write_batch]

    def _send(self, run_id: str, batch: Sequence[LedgerWrite], types: Mapping[str, FieldType]) -> None:
        self.ledger.mark(run_id, [replace(w, state=WriteState.INFLIGHT) for w in batch], at=self.now())
        handed: list[int] = []

        def keep(receipt: Receipt) -> None:
            seqs = (write.seq for write in batch)
            handed.append(self.ledger.keep_receipt(run_id, receipt, seqs, at=self.now()))

        try:
            results = self.connector.write(
                self._asked(run_id, batch, types), receipt=keep, stopping=self.stopping
            )
        except OutcomeUnknown:
            raise
        except ConnectorError:
            # Raised before anything was sent: the batch is as it was. A receipt tells of work that never began,
            # and stays, so that the connector is asked to tidy it up.
            self.ledger.mark(run_id, [replace(w, state=WriteState.PLANNED) for w in batch], at=self.now())
            raise
        marked = [decided(write, result) for write, result in zip(batch, results, strict=True)]
        open_still = any(write.state is WriteState.UNKNOWN for write in marked)
        self.ledger.mark(run_id, marked, at=self.now(), settled=() if open_still else handed)
        _tell(marked)

    def _decide(self, run_id: str, types: Mapping[str, FieldType]) -> None:
        """Decide what may or may not have been written; what was not is planned again."""
        self._settle(run_id, types)
        for chunk in self.ledger.undecided(run_id, LOOKUP):
            log.info("reading back", run=run_id, writes=len(chunk))
            live = self._live([w.record_id for w in chunk], sorted(types))
            self.ledger.mark(run_id, [by_live(w, live.get(w.record_id), types) for w in chunk], at=self.now())

    def _settle(self, run_id: str, types: Mapping[str, FieldType]) -> None:
        """Ask what became of work that the CRM carries out by itself; what it cannot tell stays undecided."""
        for handed in self.ledger.unsettled(run_id):
            asked = self.ledger.undecided_of(run_id, handed)
            log.info("asking for work that was handed over", run=run_id, writes=len(asked))
            results = self._settled(handed, self._asked(run_id, asked, types)) or []
            known = [
                decided(write, result)
                for write, result in zip(asked, results, strict=bool(results))
                if result.outcome is not Outcome.UNKNOWN
            ]
            self.ledger.mark(run_id, known, at=self.now(), settled=[handed.id])
            _tell(known)

    def _asked(
        self, run_id: str, writes: Sequence[LedgerWrite], types: Mapping[str, FieldType]
    ) -> list[Write]:
        """What the connector is asked to do; that something is undone is told to it."""
        run = self.ledger.run(run_id)
        undoes = run is not None and run.kind == "undo"
        return [replace(write_of(w, types), takes_back=undoes) for w in writes]

    def _settled(self, handed: Handed, writes: Sequence[Write]) -> list[WriteResult] | None:
        try:
            return self.connector.settle(handed.receipt, writes, stopping=self.stopping)
        except Transient as error:
            if self.stopping():
                raise Stopped(f"stopped; the same command goes on ({error})") from error
            raise

    def _live(self, ids: Sequence[str], columns: Sequence[str]) -> dict[str, dict[str, str | None]]:
        return texts(self.connector.lookup([RecordId(i) for i in ids], columns), columns)

    def _spare_quota(self) -> None:
        quota = self.connector.quota()
        if quota.limit and quota.remaining is not None and quota.remaining < quota.limit * self.quota_reserve:
            raise QuotaSpent(
                f"{quota.remaining:,} of the day's {quota.limit:,} calls are left, the reserve is {self.quota_reserve:.0%}; "
                "nothing is lost: the same command goes on when the quota has returned"
            )


class _Kind(Enum):
    """What goes its own way to the CRM."""

    FIELDS = 1
    OWNER = 2
    SET = 3


def _kind(write: LedgerWrite) -> _Kind:
    if OWNER in write.after:
        return _Kind.OWNER
    return _Kind.SET if write.after.keys() & set(SETS) else _Kind.FIELDS


def _alike(writes: Sequence[LedgerWrite]) -> list[LedgerWrite]:
    """The writes up to the first record that stands twice, or that sets another kind of thing than the first."""
    seen: set[str] = set()
    alike: list[LedgerWrite] = []
    for write in writes:
        if write.record_id in seen or _kind(write) is not _kind(writes[0]):
            break
        seen.add(write.record_id)
        alike.append(write)
    return alike


def _tell(marked: Sequence[LedgerWrite]) -> None:
    """Say which were not written, and why."""
    missed = [write for write in marked if write.state in (WriteState.REJECTED, WriteState.CONFLICT)]
    for write in missed[:SHOWN]:
        log.warning(
            "not written",
            record=write.record_id,
            state=str(write.state),
            code=write.code,
            message=write.message,
        )
    if missed[SHOWN:]:
        log.warning("not written either", writes=len(missed) - SHOWN)
