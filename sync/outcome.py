"""What became of a write: by the connector's answer, or by the live record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.mapping import FieldType
from connectors.records import Outcome, RecordId, Write, WriteResult
from sync.ledger import LedgerWrite, WriteState
from sync.territories.changes import SETS, members
from sync.values import same, text, typed

if TYPE_CHECKING:
    import pyarrow as pa

Live = Mapping[str, str | None]
"""Values of one record, by our columns, as the plan writes them."""
STATES: Mapping[Outcome, WriteState] = {
    Outcome.WRITTEN: WriteState.APPLIED,
    Outcome.UNCHANGED: WriteState.APPLIED,
    Outcome.CONFLICT: WriteState.CONFLICT,
    Outcome.REJECTED: WriteState.REJECTED,
    Outcome.UNKNOWN: WriteState.UNKNOWN,
}


def write_of(write: LedgerWrite, types: Mapping[str, FieldType]) -> Write:
    """What the connector is asked to do."""
    return Write(
        RecordId(write.record_id),
        {name: typed(value, types[name]) for name, value in write.after.items()},
        {name: typed(value, types[name]) for name, value in write.before.items()},
    )


def decided(write: LedgerWrite, result: WriteResult) -> LedgerWrite:
    """The write as the connector's answer leaves it."""
    found = {name: text(value) for name, value in result.found.items()} or None
    return replace(write, state=STATES[result.outcome], code=result.code, message=result.message, found=found)


def by_live(write: LedgerWrite, live: Live | None, types: Mapping[str, FieldType]) -> LedgerWrite:
    """A write that may or may not have happened, decided by the live record; planned again if it did not."""
    if live is None:
        return replace(write, state=WriteState.REJECTED, code="GONE", message="the record is no longer there")
    if holds(live, write.after, types):
        return replace(write, state=WriteState.APPLIED, message="found written when it was read back")
    if holds(live, write.before, types) or _is_halfway(live, write):
        return replace(write, state=WriteState.PLANNED)
    return replace(
        write,
        state=WriteState.CONFLICT,
        found={name: live[name] for name in write.after},
        message="changed by somebody else while the answer was lost",
    )


def _is_halfway(live: Live, write: LedgerWrite) -> bool:
    """Whether a set of territories is on its way: rows are added and taken away one by one."""
    if not write.after.keys() <= set(SETS):
        return False
    for name, after in write.after.items():
        there, wanted, before = (members(text) for text in (live.get(name), after, write.before.get(name)))
        if not wanted & before <= there <= wanted | before:
            return False
    return True


def holds(live: Live | None, wanted: Live, types: Mapping[str, FieldType]) -> bool:
    """Whether a record is there and has these values."""
    return live is not None and all(
        same(live.get(name), value, types[name]) for name, value in wanted.items()
    )


def texts(table: pa.Table, columns: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """The live values of a lookup, by id."""
    return {row["id"]: {c: text(row[c]) for c in columns} for row in table.to_pylist()}
