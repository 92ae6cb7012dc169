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
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rules.engine.sql import text

BATCH = 65_536
ROW_GROUP = 30_720
"""Rows that are put in order before they are written: few, as every thread holds some such groups."""


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
        file = text(str(self._file(name)))
        self.con.execute(f"COPY ({query}) TO {file} (FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})")
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

    def number(self, name: str, kept: str, by: str) -> None:
        """Shows what is kept under another name, sorted and with the row's position in the column `number`.

        Snapshots are sorted by id, and joins on one thread keep their order (on several, DuckDB 2.0 does not):
        it is looked at, which costs a tenth of sorting.
        """
        if not self._ascends(kept, by):
            self.keep(f"{kept}_sorted", f"SELECT * FROM {kept} ORDER BY {by}")
            kept = f"{kept}_sorted"
        self.con.execute(
            f"CREATE VIEW {name} AS SELECT * RENAME (file_row_number AS number) "
            f"FROM read_parquet({text(str(self._file(kept)))}, file_row_number = TRUE)"
        )

    def _ascends(self, kept: str, by: str) -> bool:
        """Whether the rows stand in the ascending order of a column of text that is never missing."""
        last = ""
        if not self._file(kept).is_file():
            return False
        with pq.ParquetFile(self._file(kept)) as file:
            for batch in file.iter_batches(BATCH, columns=[by]):
                values = batch.column(0)
                if values.null_count or not pc.all(pc.less_equal(values[:-1], values[1:])).as_py():
                    return False
                if values[0].as_py() < last:
                    return False
                last = values[-1].as_py()
        return True

    def _file(self, kept: str) -> Path:
        assert self._folder is not None, "rows are numbered by the file that they are in"
        return self._folder / f"{kept}.parquet"

    @contextmanager
    def joins_as_written(self) -> Iterator[None]:
        """The joins stand in the right order already; DuckDB 2.0 would find a worse one."""
        self.con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        try:
            yield
        finally:
            self.con.execute("RESET disabled_optimizers")

    def _with(self, rows: pa.Table, statement: str) -> None:
        self.con.register("rows_given", rows)
        self.con.execute(statement)
        self.con.unregister("rows_given")
