"""What the plan asks of whatever runs it: DuckDB in this process, or Spark on many machines.

Queries are DuckDB's SQL; another engine translates them, so what is portable is preferred: explicit columns
rather than `* EXCLUDE`, no function that only DuckDB has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from rules.engine.sql import text


class Database(Protocol):
    """Named relations and queries over them. A name is given once."""

    def parquet(self, name: str, file: Path, columns: str = "*", where: str = "") -> None:
        """Shows a Parquet file under the name."""

    def view(self, name: str, query: str) -> None:
        """Shows a query under the name; it is run wherever the name is used."""

    def keep(self, name: str, query: str) -> None:
        """Runs the query once and shows its result under the name."""

    def store(self, name: str, rows: pa.Table) -> None:
        """Shows a small table, made in Python, under the name."""

    def fill(self, name: str, schema: pa.Schema, rows: Iterable[pa.Table]) -> None:
        """The same for a table that comes in parts; queries may run meanwhile."""

    def batches(self, query: str, rows: int) -> Iterator[pa.RecordBatch]:
        """The result, never many more than `rows` rows at once; in its order where the query has one."""

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """A small result as rows."""


class DuckDatabase:
    """A `Database` that is a DuckDB connection; what is kept goes to files in the folder, to memory without one."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path | None = None) -> None:
        self.con = con
        self._folder = folder

    def parquet(self, name: str, file: Path, columns: str = "*", where: str = "") -> None:
        """A view, so that a query reads only the columns that it uses."""
        only = f" WHERE {where}" if where else ""
        self.con.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM read_parquet({text(str(file))}){only}")

    def view(self, name: str, query: str) -> None:
        """A view of DuckDB."""
        self.con.execute(f"CREATE VIEW {name} AS {query}")

    def keep(self, name: str, query: str) -> None:
        """Through a file, so that the result need not fit into memory."""
        if self._folder is None:
            self.con.execute(f"CREATE TABLE {name} AS {query}")
            return
        file = text(str(self._folder / f"{name}.parquet"))
        self.con.execute(f"COPY ({query}) TO {file} (FORMAT parquet)")
        self.con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({file})")

    def store(self, name: str, rows: pa.Table) -> None:
        """A table of DuckDB."""
        self.fill(name, rows.schema, [rows])

    def fill(self, name: str, schema: pa.Schema, rows: Iterable[pa.Table]) -> None:
        """A table of DuckDB, part by part."""
        self._with(schema.empty_table(), f"CREATE TABLE {name} AS SELECT * FROM rows_given")
        for part in rows:
            self._with(part, f"INSERT INTO {name} SELECT * FROM rows_given")

    def batches(self, query: str, rows: int) -> Iterator[pa.RecordBatch]:
        """By a cursor of its own, so that other queries may run meanwhile."""
        cursor = self.con.cursor()
        try:
            yield from cursor.sql(query).to_arrow_reader(rows)
        finally:
            cursor.close()

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of Python values."""
        return self.con.execute(query).fetchall()

    def keep_numbered(self, name: str, query: str) -> None:
        """As `keep`, with the row's position in the column `number`."""
        assert self._folder is not None, "rows are numbered by the file that they are in"
        file = text(str(self._folder / f"{name}.parquet"))
        self.con.execute(f"COPY ({query}) TO {file} (FORMAT parquet)")
        self.con.execute(
            f"CREATE VIEW {name} AS SELECT * RENAME (file_row_number AS number) "
            f"FROM read_parquet({file}, file_row_number = TRUE)"
        )

    @contextmanager
    def joins_as_written(self) -> Iterator[None]:
        """The joins stand in the right order already; DuckDB 2.0 would find a worse one."""
        self.con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        self.con.execute("SET preserve_insertion_order = FALSE")
        try:
            yield
        finally:
            self.con.execute("RESET disabled_optimizers")
            self.con.execute("SET preserve_insertion_order = TRUE")

    def _with(self, rows: pa.Table, statement: str) -> None:
        self.con.register("rows_given", rows)
        self.con.execute(statement)
        self.con.unregister("rows_given")
