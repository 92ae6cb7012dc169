"""What one night tells the next: bands that remember, and since when a hold has held."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.errors import AssignError
from rules.engine.relations import Database
from rules.tables import MEMORY

BATCH = 131_072


def lay_memory(database: Database, file: Path | None) -> None:
    """Makes `memory` with the columns of `MEMORY`; empty on the first night, when there is no file."""
    if file is None:
        database.store("memory", MEMORY.empty_table())
        return
    if not file.exists():
        raise AssignError(f"{file} is not there, which the last night's memory was to be read from")
    missing = set(MEMORY.names) - set(pq.read_schema(file).names)
    if missing:
        raise AssignError(f"{file} has no column {sorted(missing)[0]!r}; it is not the memory of a night")
    database.parquet("memory", file, ", ".join(MEMORY.names))


def remembered(key: str, value: str, since: str, source: str) -> str:
    """A query for `write_memory`: rows of `source` (which has `id`), columns and key as SQL expressions."""
    return (
        f"SELECT id AS account_id, {key} AS key, CAST({value} AS VARCHAR) AS value, "
        f"CAST({since} AS DATE) AS since FROM {source}"
    )


def write_memory(database: Database, queries: Sequence[str], into: Path) -> None:
    """Writes the rows of all queries as `MEMORY`, sorted by account and key; equal rows are equal bytes.

    `into` is replaced as a whole or not at all.
    """
    partial = into.with_name(f".{into.name}.{os.getpid()}.partial")
    columns = ", ".join(MEMORY.names)
    try:
        with pq.ParquetWriter(partial, MEMORY, compression="zstd", store_schema=False) as writer:
            if queries:
                every = " UNION ALL ".join(f"SELECT {columns} FROM ({query})" for query in queries)
                for batch in database.batches(f"SELECT * FROM ({every}) ORDER BY account_id, key", BATCH):
                    writer.write_table(pa.Table.from_batches([batch.cast(MEMORY)]))
        partial.replace(into)
    finally:
        partial.unlink(missing_ok=True)
