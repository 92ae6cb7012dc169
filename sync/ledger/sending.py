"""The writes of a run on their way: planned, in flight, decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from sync.ledger import chain
from sync.ledger.rows import ledger_write, to_json, to_text
from sync.ledger.schema import writes
from sync.ledger.values import LedgerWrite, WriteState

# No value can look like this: a quotation mark inside of one is escaped.
_SETS_OWNER = writes.c.after.contains('"owner_id":', autoescape=True)


def some(
    connection: sa.Connection,
    run_id: str,
    states: Sequence[WriteState],
    limit: int | None,
    *,
    after: int = 0,
) -> list[LedgerWrite]:
    """The first writes in these states that come after a number, in order."""
    query = _in_states(run_id, states).where(writes.c.seq > after).limit(limit)
    return [ledger_write(row) for row in connection.execute(query).mappings()]


def between(
    connection: sa.Connection, run_id: str, states: Sequence[WriteState], span: tuple[int, int]
) -> list[LedgerWrite]:
    """The writes in these states from the first to the last number of a stretch, in order."""
    query = _in_states(run_id, states).where(writes.c.seq.between(*span))
    return [ledger_write(row) for row in connection.execute(query).mappings()]


def remarked(connection: sa.Connection, run_id: str) -> list[LedgerWrite]:
    """Applied writes about which the connector said something, in order."""
    query = _in_states(run_id, (WriteState.APPLIED,)).where(writes.c.code != "")
    return [ledger_write(row) for row in connection.execute(query).mappings()]


def waiting(connection: sa.Connection, run_id: str, at_most: int) -> int:
    """How many planned writes set no owner, counted up to `at_most`."""
    planned = (writes.c.run_id == run_id) & (writes.c.state == str(WriteState.PLANNED))
    found = sa.select(writes.c.seq).where(planned, ~_SETS_OWNER).limit(at_most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(found)).scalar() or 0)


def mark(connection: sa.Connection, run_id: str, marked: Sequence[LedgerWrite], at: datetime) -> None:
    """Move writes to a new state."""
    if not marked:
        return
    connection.execute(
        writes.update()
        .where(writes.c.run_id == run_id, writes.c.seq == sa.bindparam("key"))
        .values(
            state=sa.bindparam("to_state"),
            code=sa.bindparam("to_code"),
            message=sa.bindparam("to_message"),
            found=sa.bindparam("to_found"),
            updated_at=to_text(at),
        ),
        [
            {
                "key": w.seq,
                "to_state": str(w.state),
                "to_code": w.code,
                "to_message": w.message,
                "to_found": None if w.found is None else to_json(w.found),
            }
            for w in marked
        ],
    )
    chain.append(connection, at, "writes", {"run": run_id, "states": [[w.seq, str(w.state)] for w in marked]})


def _in_states(run_id: str, states: Sequence[WriteState]) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(writes)
        .where(writes.c.run_id == run_id, writes.c.state.in_([str(s) for s in states]))
        .order_by(writes.c.seq)
    )
