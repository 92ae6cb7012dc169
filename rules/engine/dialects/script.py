"""A `Database` that runs nothing: it writes down what would be run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp, parse_one

from rules.engine.dialects.names import written
from rules.engine.dialects.translate import Dialect, translated
from rules.engine.errors import AssignError

ROWS = 1_000
"""Rows of one INSERT; Snowflake takes 16,384, BigQuery a megabyte of text."""
TYPES = {
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
}


class Script:
    """Statements of one dialect; relations that the plan makes are named with the prefix, `accounts` is given."""

    def __init__(self, dialect: Dialect, accounts: str, prefix: str) -> None:
        self.statements: list[str] = []
        self._dialect = dialect
        self._accounts = accounts
        self._prefix = prefix
        self._made: set[str] = set()

    def parquet(self, name: str, file: Path, columns: str = "*", where: str = "") -> None:
        """A view of the given table."""
        only = f" WHERE {where}" if where else ""
        self.view(name, f"SELECT {columns} FROM {self._accounts}{only}")

    def view(self, name: str, query: str) -> None:
        """A view."""
        said = self.said(query)
        self.statements.append(f"CREATE OR REPLACE VIEW {self._named(name)} AS\n{said}")

    def keep(self, name: str, query: str) -> None:
        """A table made of a query."""
        said = self.said(query)
        self._drop(name)
        self.statements.append(f"CREATE TABLE {self._named(name)} AS\n{said}")

    def store(self, name: str, rows: pa.Table) -> None:
        """A table of literal rows."""
        columns = ", ".join(
            f"{written(field.name, self._dialect)} {self._type(field.type)}" for field in rows.schema
        )
        self._drop(name)
        self.statements.append(f"CREATE TABLE {self._named(name)} ({columns})")
        for batch in rows.to_batches(ROWS):
            values = zip(*(self._literals(column) for column in batch.columns), strict=True)
            lines = ",\n  ".join(f"({', '.join(row)})" for row in values)
            self.statements.append(f"INSERT INTO {self._named(name)} VALUES\n  {lines}")

    def fill(self, name: str, schema: pa.Schema, rows: Iterable[pa.Table]) -> None:
        """A table of literal rows."""
        self.store(name, pa.concat_tables([schema.empty_table(), *rows]))

    def batches(self, query: str, rows: int) -> Iterator[pa.RecordBatch]:
        """Raises AssignError: there are no accounts to look at."""
        raise AssignError(f"a script cannot be written before this is known: {query}")

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Raises AssignError, as `batches`."""
        raise AssignError(f"a script cannot be written before this is known: {query}")

    def said(self, query: str) -> str:
        """The query in the dialect, with the names that relations have in the script."""
        tree = parse_one(query, read="duckdb")
        for table in tree.find_all(exp.Table):
            if table.name in self._made:
                if not table.alias:
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
                table.set("this", exp.to_identifier(self._prefix + table.name))
        return translated(tree.sql("duckdb"), self._dialect)

    def _drop(self, name: str) -> None:
        self.statements.append(f"DROP TABLE IF EXISTS {self._named(name)}")

    def _named(self, name: str) -> str:
        self._made.add(name)
        return written(self._prefix + name, self._dialect)

    def _type(self, stored: pa.DataType) -> str:
        return exp.DataType.build(TYPES[stored], dialect="duckdb").sql(self._dialect.value)

    def _literals(self, column: pa.Array) -> Sequence[str]:
        return [self._literal(value) for value in column.to_pylist()]

    def _literal(self, value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(value).upper()
        return str(value) if isinstance(value, int) else exp.Literal.string(value).sql(self._dialect.value)
