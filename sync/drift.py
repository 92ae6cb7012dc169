"""Accounts whose owner is no longer what we wrote, or that wait for a person to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.ledger import Ledger
from sync.scratch import scratch

if TYPE_CHECKING:
    from sync.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Drifted:
    """One account: the owner we set last (None where we never did), the owner it has, and why it is held."""

    record_id: str
    name: str | None
    ours: str | None
    live: str | None
    why: str


def drift(ledger: Ledger, snapshot: Snapshot) -> list[Drifted]:
    """Every account that is held, and every one whose owner changed after we set it, by id.

    Owners are shown by e-mail where they have one. An account that drifted back is not in the list.
    """
    import pyarrow as pa

    holds = ledger.holds()
    with scratch() as con:
        con.register("ours", ledger.owners_written().rename_columns(["id", "owner"]))
        con.register(
            "holds",
            pa.table(
                {
                    "id": pa.array([h.record_id for h in holds], pa.string()),
                    "why": pa.array([h.reason for h in holds], pa.string()),
                }
            ),
        )
        con.from_parquet(str(snapshot.tables.accounts)).create_view("accounts")
        con.from_parquet(str(snapshot.tables.owners)).create_view("owners")
        rows = con.execute(
            """
            SELECT a.id, a.name, coalesce(w.email, o.owner), coalesce(l.email, a.owner_id),
                   coalesce(h.why, 'the owner was changed in the CRM after we set it')
            FROM accounts a LEFT JOIN ours o ON o.id = a.id LEFT JOIN holds h ON h.id = a.id
            LEFT JOIN owners w ON w.id = o.owner LEFT JOIN owners l ON l.id = a.owner_id
            WHERE h.id IS NOT NULL OR (o.id IS NOT NULL AND o.owner IS DISTINCT FROM a.owner_id) ORDER BY a.id"""
        ).fetchall()
    return [Drifted(*row) for row in rows]
