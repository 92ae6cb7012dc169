"""Between DuckDB and Arrow: results in batches, tables stored."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa


def batches(con: duckdb.DuckDBPyConnection, query: str, rows: int) -> Iterator[pa.RecordBatch]:
    """The result in its order, never more than `rows` rows at once."""
    yield from con.sql(query).to_arrow_reader(rows)


def store(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Copies an Arrow table into a new table of DuckDB."""
    con.register("rows_to_store", rows)
    con.execute(f"CREATE TABLE {table} AS SELECT * FROM rows_to_store")
    con.unregister("rows_to_store")
