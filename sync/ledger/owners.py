"""Whose owners are ours, and which accounts wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from sync.ledger.rows import to_text
from sync.ledger.schema import holds, last_written
from sync.ledger.sets import forget_sets
from sync.ledger.values import Hold, LedgerWrite, WriteState

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 500
"""Ids bound in one statement."""
ROWS = 10_000
"""Rows that are Python objects at once."""


def remember_owners(
    connection: sa.Connection, run_id: str, marked: Sequence[LedgerWrite], at: datetime
) -> None:
    """An applied owner is ours from now on; one that moved under us becomes a hold."""
    ours = [
        {"record_id": w.record_id, "value": w.after["owner_id"], "run_id": run_id}
        for w in marked
        if w.state is WriteState.APPLIED and "owner_id" in w.after
    ]
    if ours:
        connection.execute(
            last_written.delete().where(last_written.c.record_id == sa.bindparam("key")),
            [{"key": o["record_id"]} for o in ours],
        )
        connection.execute(last_written.insert(), ours)
    moved = [
        w
        for w in marked
        if w.state is WriteState.CONFLICT and "owner_id" in w.after and w.found and "owner_id" in w.found
    ]
    hold(
        connection,
        [
            Hold(
                w.record_id,
                w.found["owner_id"],
                w.after["owner_id"],
                "the owner was changed in the CRM between plan and apply",
                at,
                run_id,
            )
            for w in moved
            if w.found and w.found["owner_id"] != w.before.get("owner_id")
        ],
    )


def hold(connection: sa.Connection, found: Sequence[Hold]) -> None:
    """Hold these accounts; one that is held already stays as it is."""
    if not found:
        return
    known = {
        row[0]
        for row in connection.execute(sa.select(holds.c.record_id).where(holds.c.released_at.is_(None)))
    }
    fresh = [
        {
            "record_id": h.record_id,
            "live_owner": h.live_owner,
            "wanted_owner": h.wanted_owner,
            "reason": h.reason,
            "since": to_text(h.since),
            "run_id": h.run_id,
        }
        for h in found
        if h.record_id not in known
    ]
    if fresh:
        connection.execute(holds.insert(), fresh)


def written(connection: sa.Connection) -> pa.Table:
    """Account id (`record_id`) and the owner that we set last (`value`), for every account whose owner we ever set."""
    import pyarrow as pa  # lazy: most of what asks a ledger needs no columns

    schema = pa.schema([("record_id", pa.string()), ("value", pa.string())])
    query = sa.select(last_written.c.record_id, last_written.c.value).execution_options(yield_per=ROWS)
    batches = [
        pa.record_batch(list(zip(*part, strict=True)), schema=schema)
        for part in connection.execute(query).partitions()
    ]
    return pa.Table.from_batches(batches, schema)


def release(connection: sa.Connection, record_ids: Sequence[str], at: str, by: str) -> int:
    """End the hold of these accounts, and forget that their owners are ours; how many were held."""
    done = 0
    for start in range(0, len(record_ids), AT_ONCE):
        some = list(record_ids[start : start + AT_ONCE])
        done += connection.execute(
            holds.update()
            .where(holds.c.record_id.in_(some), holds.c.released_at.is_(None))
            .values(released_at=at, released_by=by)
        ).rowcount
        # Without this the next plan would see the human's change once more, and hold again.
        connection.execute(last_written.delete().where(last_written.c.record_id.in_(some)))
        forget_sets(connection, some)
    return done
