"""What we wrote, in the latest snapshot, though the CRM's own index of changes may not show it yet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sync.pulling.merge import ROWS_PER_GROUP, write_parquet
from sync.scratch import scratch
from sync.snapshot import load, point, store
from sync.territories.overlay import overlay_memberships

if TYPE_CHECKING:
    import pyarrow as pa


def overlay(folder: Path, live: Iterable[pa.Table], memory_limit: str) -> None:
    """Bring the latest snapshot's accounts to the live values that were just read (`id` and some columns).

    What we wrote is then in the snapshot, though the CRM's own index of changes may not show it yet. An
    account that was written in two calls was read twice, a moment apart; one of the readings counts.
    """
    import pyarrow as pa

    snapshot, tables = load(folder), [table for table in live if table.num_rows]
    if snapshot is None or not tables:
        return
    seen = pa.concat_tables(tables)
    schema = _schema(snapshot.tables.accounts)
    work = folder / ".overlaying"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(snapshot.folder, work, copy_function=os.link)
    (work / "accounts.parquet").unlink()
    chosen = ", ".join(
        f'CASE WHEN s.id IS NULL THEN a."{c}" ELSE s."{c}" END AS "{c}"'
        if c in seen.column_names
        else f'a."{c}"'
        for c in schema.names
        if c != "id"
    )
    with scratch(memory_limit, work) as database:
        database.from_parquet(str(snapshot.tables.accounts)).create_view("accounts")
        database.register("seen", seen)
        rows = database.sql(
            f"SELECT a.id, {chosen} FROM accounts a LEFT JOIN (SELECT DISTINCT ON (id) * FROM seen) s "
            "ON s.id = a.id ORDER BY a.id"
        )
        write_parquet(rows.to_arrow_reader(ROWS_PER_GROUP), work / "accounts.parquet", schema)
    overlay_memberships(work, seen, memory_limit)
    kept = store(work, folder)
    shutil.rmtree(work, ignore_errors=True)
    point(folder, replace(snapshot, folder=kept, id=kept.name))


def _schema(path: Path) -> pa.Schema:
    import pyarrow.parquet as pq

    return pq.read_schema(path)
