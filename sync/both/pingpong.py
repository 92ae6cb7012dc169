"""Owners that the two CRMs take from each other: what one side was given by us comes back from the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sync.scratch import scratch

if TYPE_CHECKING:
    import pyarrow as pa

    from sync.ledger import Ledger
    from sync.snapshot import Snapshot


def find(
    pairs: Path, snapshots: dict[str, Snapshot], ledgers: dict[str, Ledger], memory_limit: str
) -> list[dict[str, str]]:
    """Matched accounts whose owner on one side is no longer the one that we set last, but that of the other side.

    So it is where a sync between the two carries owners although we write them on both sides, or where a person
    changed one side and the sync carried it over. Such an account is held on its side like any that was changed
    after us; here it is said where the change came from. One dict each: `side`, `id`, `name`, `ours`, `found`
    (e-mails, or ids without one).
    """
    with scratch(memory_limit) as con:
        con.from_parquet(str(pairs)).create_view("pairs")
        for side, snapshot in snapshots.items():
            con.from_parquet(str(snapshot.tables.accounts)).create_view(f"{side}_accounts")
            con.from_parquet(str(snapshot.tables.owners)).create_view(f"{side}_owners")
            written: pa.Table = ledgers[side].owners_written()
            con.register(f"{side}_written", written)
            con.execute(
                f"CREATE VIEW {side}_now AS SELECT a.id, a.name, coalesce(lower(o.email), a.owner_id) AS owner, "
                f"w.record_id IS NOT NULL AS was_written, coalesce(lower(p.email), w.value) AS ours "
                f"FROM {side}_accounts a LEFT JOIN {side}_owners o ON o.id = a.owner_id "
                f"LEFT JOIN {side}_written w ON w.record_id = a.id LEFT JOIN {side}_owners p ON p.id = w.value "
                "WHERE NOT a.deleted"
            )
        found = []
        for side, other in (("lead", "follow"), ("follow", "lead")):
            rows = con.execute(
                f"SELECT m.id, m.name, m.ours, m.owner FROM pairs p JOIN {side}_now m ON m.id = p.{side}_id "
                f"JOIN {other}_now t ON t.id = p.{other}_id "
                "WHERE m.was_written AND m.owner IS DISTINCT FROM m.ours AND m.owner = t.owner ORDER BY m.id"
            ).fetchall()
            found += [
                {"side": side, "id": id, "name": name or "", "ours": ours or "", "found": now or ""}
                for id, name, ours, now in rows
            ]
    return found
