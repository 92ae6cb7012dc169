"""Rows that came, over the rows that were there: the newest version of each, as one sorted Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.records import RecordKind
from sync.files import replacing
from sync.scratch import scratch

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 100_000
# An activity has one row per account it is linked to; a changed activity replaces all of its rows.
_SORT: Mapping[str, str] = {RecordKind.ACTIVITIES: "id, account_id"}
_KEPT: Mapping[str, str] = {RecordKind.ACTIVITIES: "WHERE id NOT IN (SELECT id FROM incoming)"}


def merge(
    kind: RecordKind | str,
    incoming: Path,
    base: Path | None,
    into: Path,
    schema: pa.Schema,
    memory_limit: str,
    *,
    only: Path | None = None,
) -> None:
    """Writes what is not deleted of `incoming` and, where there is one, of `base`, sorted; `into` may be `base`.

    `only` holds every `id` that there is: rows of `base` that are not among them are gone.
    """
    order = _SORT.get(kind, "id")
    with scratch(memory_limit, into.parent) as database:
        database.from_parquet(str(incoming)).create_view("incoming")
        rows = "SELECT *, 1 AS fresh FROM incoming"
        if base is not None:
            database.from_parquet(str(base)).create_view("last")
            there = "last"
            if only is not None:
                database.from_parquet(str(only)).create_view("there_is")
                there = "(SELECT * FROM last SEMI JOIN there_is USING (id))"
            rows += f" UNION ALL BY NAME SELECT *, 0 AS fresh FROM {there} {_KEPT.get(kind, '')}"
        # The newest version of a row wins, as a search index may give an older one than we know already.
        merged = (
            database.sql(
                f"SELECT * EXCLUDE (fresh) FROM ({rows}) QUALIFY row_number() OVER "
                f"(PARTITION BY {order} ORDER BY modified_at DESC NULLS LAST, fresh DESC, deleted) = 1 "
            )
            .filter("NOT deleted")
            .order(order)
        )
        write_parquet(merged.to_arrow_reader(ROWS_PER_GROUP), into, schema)


def write_parquet(rows: Iterable[pa.RecordBatch], path: Path, schema: pa.Schema) -> None:
    """All of it or nothing, with the columns of the schema in its order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with replacing(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_table(
                pa.Table.from_batches([batch]).select(schema.names).cast(schema),
                row_group_size=ROWS_PER_GROUP,
            )
