"""Relations and queries on Spark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.dialects.translate import Dialect, translated
from rules.engine.errors import AssignError
from rules.engine.relations import DuckDatabase

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructType


class SparkDatabase:
    """A `Database` that is a Spark session; everything that is kept or stored is Parquet in the folder.

    Driver and workers see the folder under one path. A stored table is a file rather than rows sent along with
    the plan, as Spark knows a file's size and sends small ones to every worker.
    """

    def __init__(self, session: SparkSession, folder: Path) -> None:
        self._session = session
        self._folder = folder
        self._made = 0
        self._files: dict[str, Path] = {}
        self._views: dict[str, str] = {}

    def parquet(self, name: str, file: Path, columns: str = "*", where: str = "") -> None:
        """The file itself is `<name>_file`."""
        self._show(f"{name}_file", file, None)
        self.view(name, f"SELECT {columns} FROM {name}_file" + (f" WHERE {where}" if where else ""))

    def view(self, name: str, query: str) -> None:
        """A temporary view of this session."""
        self._session.sql(translated(query, Dialect.SPARK)).createOrReplaceTempView(_named(name))
        self._views[name] = query

    def keep(self, name: str, query: str) -> None:
        """Parquet files that the workers write."""
        folder = self._new_file()
        self._show(name, folder, self._write(query, folder))

    def store(self, name: str, rows: pa.Table) -> None:
        """A Parquet file that the driver writes."""
        self.fill(name, rows.schema, [rows])

    def fill(self, name: str, schema: pa.Schema, rows: Iterable[pa.Table]) -> None:
        """A Parquet file that the driver writes part by part."""
        from pyspark.sql.pandas.types import from_arrow_schema

        file = self._new_file()
        with pq.ParquetWriter(file, schema, store_schema=False) as writer:
            for part in rows:
                writer.write_table(part.cast(schema))
        self._show(name, file, from_arrow_schema(schema))

    def batches(self, query: str, rows: int) -> Iterator[pa.RecordBatch]:
        """Through files, so that the driver never holds all of a result; the order is lost."""
        folder = self._new_file()
        self._write(query, folder)
        for file in sorted(folder.glob("*.parquet")):
            with pq.ParquetFile(file) as found:
                yield from found.iter_batches(rows)

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of Python values."""
        return [tuple(row) for row in self._session.sql(translated(query, Dialect.SPARK)).collect()]

    def _write(self, query: str, folder: Path) -> StructType:
        found = self._session.sql(translated(query, Dialect.SPARK))
        found.write.parquet(folder.absolute().as_uri())
        if not folder.is_dir():
            raise AssignError(
                f"Spark wrote {folder}, and it is not to be seen from here; put the state folder on storage that "
                "this machine and Spark's workers share under one path"
            )
        return found.schema

    def hand_over(self, database: DuckDatabase) -> None:
        """Shows every relation under its name to a DuckDB of this machine."""
        for name, file in self._files.items():
            database.parquet(name, file / "*.parquet" if file.is_dir() else file)
        for name, query in self._views.items():
            database.view(name, query)

    def _new_file(self) -> Path:
        """Numbered, as names of relations may hold anything."""
        self._made += 1
        return self._folder / f"{self._made}.parquet"

    def _show(self, name: str, file: Path, schema: StructType | None) -> None:
        """Spark looks into the files itself where no schema is given, which takes it a moment each time."""
        reader = self._session.read if schema is None else self._session.read.schema(schema)
        reader.parquet(file.absolute().as_uri()).createOrReplaceTempView(_named(name))
        self._files[name] = file


def _named(relation: str) -> str:
    """The relation's name, quoted as DuckDB does or bare, in Spark's quotes."""
    bare = relation[1:-1].replace('""', '"') if relation.startswith('"') else relation
    return "`" + bare.replace("`", "``") + "`"
