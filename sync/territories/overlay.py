"""Memberships as they were just read, laid over those of a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES, RecordKind
from sync.pulling.merge import ROWS_PER_GROUP, write_parquet
from sync.scratch import scratch

if TYPE_CHECKING:
    import pyarrow as pa

_TABLES = {
    CRM_TERRITORIES: (RecordKind.TERRITORY_ACCOUNTS, "account_id"),
    CRM_USER_TERRITORIES: (RecordKind.TERRITORY_USERS, "user_id"),
}


def overlay_memberships(folder: Path, seen: pa.Table, memory_limit: str) -> None:
    """Replace what is ours in the folder's tables by the sets of these records; other people's rows stay.

    A new row has the ids of its record and territory for its own, until the next pull tells the right one.
    """
    for column, (kind, record) in _TABLES.items():
        if column in seen.column_names:
            _replace(
                folder,
                seen.select(["id", column]).rename_columns(["id", "names"]),
                kind,
                record,
                memory_limit,
            )


def _replace(folder: Path, seen: pa.Table, kind: RecordKind, record: str, memory_limit: str) -> None:
    import pyarrow.parquet as pq

    path = folder / f"{kind}.parquet"
    schema = pq.read_schema(path)
    with scratch(memory_limit, folder) as database:
        database.from_parquet(str(path)).create_view("members")
        database.from_parquet(str(folder / f"{RecordKind.TERRITORIES}.parquet")).create_view("territories")
        database.register("seen", seen)
        rows = database.sql(
            f"""SELECT * FROM members WHERE NOT coalesce(by_us, false) OR {record} NOT IN (SELECT id FROM seen)
                UNION ALL BY NAME
                SELECT s.id || ':' || t.id AS id, t.id AS territory_id, s.id AS {record}, true AS by_us, false AS deleted
                FROM (SELECT DISTINCT id, unnest(string_split(names, ';')) AS name FROM seen WHERE names IS NOT NULL) s
                JOIN territories t USING (name) ORDER BY id"""
        )
        write_parquet(rows.to_arrow_reader(ROWS_PER_GROUP), path, schema)
