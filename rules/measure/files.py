"""Query results into Parquet of a fixed schema, streamed, byte-identical for equal rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 122_880
"""Rows to a row group, and to a batch in memory."""


def write_query(connection: duckdb.DuckDBPyConnection, query: str, schema: pa.Schema, into: Path) -> int:
    """Write the rows of a query, in its order, and answer how many there were."""
    reader = connection.sql(query).to_arrow_reader(ROWS)
    return write_batches(reader, schema, into)


def write_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema, into: Path) -> int:
    """Write batches as row groups of one size, then put the file in its place in one step."""
    partial = into.with_suffix(".partial")
    rows = 0
    with pq.ParquetWriter(partial, schema) as writer:
        for table in even(batches, schema):
            writer.write_table(table, row_group_size=ROWS)
            rows += table.num_rows
    partial.replace(into)
    return rows


def even(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in tables of exactly ROWS, the last one shorter: DuckDB's own batches vary from run to run."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= ROWS:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, ROWS).combine_chunks().cast(schema)
            waiting = whole.slice(ROWS).to_batches()
            count -= ROWS
    if count:
        yield pa.Table.from_batches(waiting).combine_chunks().cast(schema)
