"""Which sets of territories are ours: what we wrote last of each record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES
from sync.ledger.schema import last_sets
from sync.ledger.values import LedgerWrite, WriteState

CHUNK = 10_000


def remember_sets(connection: sa.Connection, run_id: str, marked: Sequence[LedgerWrite]) -> None:
    """An applied set is ours from now on, also where it is empty."""
    rows = [
        {"record_id": w.record_id, "field": name, "value": w.after[name], "run_id": run_id}
        for w in marked
        if w.state is WriteState.APPLIED
        for name in (CRM_TERRITORIES, CRM_USER_TERRITORIES)
        if name in w.after
    ]
    if rows:
        connection.execute(
            last_sets.delete().where(
                last_sets.c.record_id == sa.bindparam("key"), last_sets.c.field == sa.bindparam("name")
            ),
            [{"key": row["record_id"], "name": row["field"]} for row in rows],
        )
        connection.execute(last_sets.insert(), rows)


def forget_sets(connection: sa.Connection, record_ids: Sequence[str]) -> None:
    """These records' sets are no longer taken for ours: what a person took away is put back by the next plan."""
    connection.execute(last_sets.delete().where(last_sets.c.record_id.in_(list(record_ids))))


def sets_written(connection: sa.Connection) -> Iterator[Sequence[tuple[str, str, str | None]]]:
    """Record id, column and the set that we wrote last, in chunks."""
    rows = connection.execute(
        sa.select(last_sets.c.record_id, last_sets.c.field, last_sets.c.value).order_by(
            last_sets.c.record_id, last_sets.c.field
        )
    )
    for part in rows.partitions(CHUNK):
        yield [(row[0], row[1], row[2]) for row in part]
