"""In which order the writes of a plan are sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sync.ledger import LedgerWrite, WriteState
from sync.scratch import scratch
from sync.territories.changes import SETS

if TYPE_CHECKING:
    from sync.plan import Plan

OWNER = "owner_id"
CHUNK = 1000
_ANY = "true"
_SETS_OWNER = "bool_or(field = 'owner_id')"
_BY_FAMILY = "family, record_id"
_BY_OWNERS = (
    "max(before) FILTER (field = 'owner_id') NULLS FIRST, max(after) FILTER (field = 'owner_id') NULLS FIRST, "
    + _BY_FAMILY
)
Phase = tuple[Sequence[str], str, str]
"""The fields that are set, which records, in which order."""


def in_order(plan: Plan, *, owner_last: bool, by_owners: bool) -> Iterator[list[LedgerWrite]]:
    """The plan's writes, numbered, in chunks: first what sets no owner, families together, then what sets one.

    Sets of territories come last, each a write of its own. A record whose owner and other fields change is one
    write, or two with `owner_last`. With `by_owners`
    records of one old and one new owner come together, families together among them.
    """
    seq = 0
    for phase in _phases(sorted(plan.fields), owner_last, _BY_OWNERS if by_owners else _BY_FAMILY):
        for chunk in _records(plan, phase):
            yield [
                LedgerWrite(
                    seq + i,
                    record,
                    dict(zip(names, before, strict=True)),
                    dict(zip(names, after, strict=True)),
                    WriteState.PLANNED,
                )
                for i, (record, names, before, after) in enumerate(chunk, 1)
            ]
            seq += len(chunk)


def _phases(names: Sequence[str], owner_last: bool, owners_order: str) -> list[Phase]:
    sets, names = [name for name in names if name in SETS], [name for name in names if name not in SETS]
    phases = _of_fields(names, owner_last, owners_order)
    return [*phases, *(([name], _ANY, _BY_FAMILY) for name in sets)]


def _of_fields(names: Sequence[str], owner_last: bool, owners_order: str) -> list[Phase]:
    if owner_last:
        others = [name for name in names if name != OWNER]
        return [(others, _ANY, _BY_FAMILY), ([OWNER], _ANY, owners_order)]
    return [(names, f"NOT {_SETS_OWNER}", _BY_FAMILY), (names, _SETS_OWNER, owners_order)]


def _records(
    plan: Plan, phase: Phase
) -> Iterator[list[tuple[str, list[str], list[str | None], list[str | None]]]]:
    fields, which, order = phase
    query = f"""
        SELECT record_id, list(field ORDER BY field), list(before ORDER BY field), list(after ORDER BY field)
        FROM read_parquet($path) WHERE action = 'change' AND list_contains($fields, field)
        GROUP BY family, record_id HAVING {which} ORDER BY {order}"""
    with scratch() as con:
        rows = con.execute(query, {"path": str(plan.path), "fields": list(fields)})
        while chunk := rows.fetchmany(CHUNK):
            yield chunk
