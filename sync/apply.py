"""Carries out exactly one approved plan: nothing lost, nothing doubled, nobody overwritten.

Every write is in the ledger as planned before the first one is sent, as in flight before its batch leaves,
and in its outcome when the answer has come. A process that dies in between leaves writes in flight: their
outcome is read back from the CRM before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from connectors.errors import ConnectorError, OutcomeUnknown, QuotaSpent
from connectors.mapping import FieldType
from connectors.records import Outcome, RecordId, Write, WriteResult
from sync.errors import Stopped
from sync.ledger import Ledger, LedgerWrite, WriteState
from sync.plan import Plan, record_changes
from sync.values import kinds, same, text, typed

if TYPE_CHECKING:
    import pyarrow as pa

    from connectors.base import Connector

log = structlog.get_logger()

STATES: Mapping[Outcome, WriteState] = {
    Outcome.WRITTEN: WriteState.APPLIED,
    Outcome.UNCHANGED: WriteState.APPLIED,
    Outcome.CONFLICT: WriteState.CONFLICT,
    Outcome.REJECTED: WriteState.REJECTED,
    Outcome.UNKNOWN: WriteState.UNKNOWN,
}
ROUNDS = 3
"""Times that unanswered writes are read back and, where they did not happen, sent again."""
LOOKUP = 1000
"""Records in one reading of live values."""


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
    """Sends the writes of one run; `on_progress` is told how many are decided."""

    connector: Connector
    ledger: Ledger
    now: Callable[[], datetime]
    quota_reserve: float = 0.0
    stopping: Callable[[], bool] = lambda: False
    """Asked between batches; True ends the run after the batch in flight, to be resumed later."""
    on_progress: Callable[[int], None] = field(default=lambda decided: None)

    def plan_writes(self, plan: Plan, *, owner_last: bool) -> Iterator[list[LedgerWrite]]:
        """The plan's writes in the order in which they are sent: families together, owners last if asked."""
        names = sorted(plan.fields)
        phases = [[n for n in names if n != "owner_id"], ["owner_id"]] if owner_last else [names]
        seq = 0
        for phase in phases:
            for chunk in record_changes(plan, phase):
                yield [
                    LedgerWrite(seq + i, c.record_id, c.before, c.after, WriteState.PLANNED)
                    for i, c in enumerate(chunk, 1)
                ]
                seq += len(chunk)

    def run(self, run_id: str, plan: Plan) -> None:
        """Send every write of the run that is not decided yet.

        Raises QuotaSpent before the reserve of the day's calls is touched; the run is then resumed later.
        """
        types = kinds(plan.fields)
        for _ in range(ROUNDS):
            self._read_back(run_id, types)
            if not self._send_open(run_id, types) or not self.ledger.undecided(run_id):
                return

    def read_back(self, run_id: str, plan: Plan) -> None:
        """Decide what may or may not have been written, and send nothing."""
        self._read_back(run_id, kinds(plan.fields))

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
            live = _texts(table, columns)
            differing += [w.record_id for w in chunk if not _holds(live.get(w.record_id), w.after, types)]
            checked += len(ids)
            seen.append(table)
        return Verified(checked, tuple(dict.fromkeys(differing)), tuple(seen))

    def _send_open(self, run_id: str, types: Mapping[str, FieldType]) -> bool:
        """Send what is planned; False when it was asked to stop before the end."""
        decided = 0
        while batch := _once_each(self.ledger.open_writes(run_id, self.connector.capabilities.write_batch)):
            if self.stopping():
                log.warning("stopped", run=run_id, next="the same command resumes")
                return False
            self._spare_quota()
            self._send(run_id, batch, types)
            decided += len(batch)
            self.on_progress(decided)
        return True

    def _send(self, run_id: str, batch: Sequence[LedgerWrite], types: Mapping[str, FieldType]) -> None:
        self.ledger.mark(run_id, [replace(w, state=WriteState.INFLIGHT) for w in batch], at=self.now())
        try:
            results = self.connector.write([_write(w, types) for w in batch])
        except OutcomeUnknown:
            raise
        except ConnectorError:
            # Raised before anything was sent: the batch is as it was.
            self.ledger.mark(run_id, [replace(w, state=WriteState.PLANNED) for w in batch], at=self.now())
            raise
        marked = [_decided(write, result) for write, result in zip(batch, results, strict=True)]
        self.ledger.mark(run_id, marked, at=self.now())
        for write in marked:
            if write.state in (WriteState.REJECTED, WriteState.CONFLICT):
                log.warning(
                    "not written",
                    record=write.record_id,
                    state=str(write.state),
                    code=write.code,
                    message=write.message,
                )

    def _read_back(self, run_id: str, types: Mapping[str, FieldType]) -> None:
        """Decide by the live record what may or may not have been written; what was not is planned again."""
        undecided = self.ledger.undecided(run_id)
        if undecided:
            log.info("reading back", run=run_id, writes=len(undecided))
        for start in range(0, len(undecided), LOOKUP):
            chunk = undecided[start : start + LOOKUP]
            live = self._live([w.record_id for w in chunk], sorted(types))
            self.ledger.mark(
                run_id, [_by_live(w, live.get(w.record_id), types) for w in chunk], at=self.now()
            )

    def _live(self, ids: Sequence[str], columns: Sequence[str]) -> dict[str, dict[str, str | None]]:
        return _texts(self.connector.lookup([RecordId(i) for i in ids], columns), columns)

    def _spare_quota(self) -> None:
        quota = self.connector.quota()
        if quota.limit and quota.remaining is not None and quota.remaining < quota.limit * self.quota_reserve:
            raise QuotaSpent(
                f"{quota.remaining:,} of the day's {quota.limit:,} calls are left, the reserve is {self.quota_reserve:.0%}; "
                "nothing is lost: the same command goes on when the quota has returned"
            )


def _once_each(writes: Sequence[LedgerWrite]) -> list[LedgerWrite]:
    """The writes up to the first record that stands twice: its owner waits for the call after its KPI fields."""
    seen: set[str] = set()
    once = []
    for write in writes:
        if write.record_id in seen:
            break
        seen.add(write.record_id)
        once.append(write)
    return once


def _texts(table: pa.Table, columns: Sequence[str]) -> dict[str, dict[str, str | None]]:
    return {row["id"]: {c: text(row[c]) for c in columns} for row in table.to_pylist()}


def _write(write: LedgerWrite, types: Mapping[str, FieldType]) -> Write:
    return Write(
        RecordId(write.record_id),
        {name: typed(value, types[name]) for name, value in write.after.items()},
        {name: typed(value, types[name]) for name, value in write.before.items()},
    )


def _decided(write: LedgerWrite, result: WriteResult) -> LedgerWrite:
    found = {name: text(value) for name, value in result.found.items()} or None
    return replace(write, state=STATES[result.outcome], code=result.code, message=result.message, found=found)


def _by_live(
    write: LedgerWrite, live: Mapping[str, str | None] | None, types: Mapping[str, FieldType]
) -> LedgerWrite:
    if live is None:
        return replace(write, state=WriteState.REJECTED, code="GONE", message="the record is no longer there")
    if _holds(live, write.after, types):
        return replace(write, state=WriteState.APPLIED, message="found written when it was read back")
    if _holds(live, write.before, types):
        return replace(write, state=WriteState.PLANNED)
    found = {name: live[name] for name in write.after}
    return replace(
        write,
        state=WriteState.CONFLICT,
        found=found,
        message="changed by somebody else while the answer was lost",
    )


def _holds(
    live: Mapping[str, str | None] | None, wanted: Mapping[str, str | None], types: Mapping[str, FieldType]
) -> bool:
    return live is not None and all(
        same(live.get(name), value, types[name]) for name, value in wanted.items()
    )
