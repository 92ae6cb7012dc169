"""How a vendor declares what it stores: one real table per object, with typed columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from connectors.sandbox.clock import iso

ColumnType = Literal["text", "integer", "real", "boolean", "date", "datetime"]
Stored = str | int | float | None
"""What lies in SQLite: booleans as 0/1, dates as `YYYY-MM-DD`, instants as milliseconds since 1970 UTC."""

_SQL_TYPES = {
    "text": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "boolean": "INTEGER",
    "date": "TEXT",
    "datetime": "INTEGER",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its name is the CRM's own field name."""

    name: str
    type: ColumnType = "text"
    indexed: bool = False
    default: Stored = None
    """What a row holds that was written without it, and every row there was before the column."""

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"column name {self.name!r} is not letters, digits and underscores")

    @property
    def sql(self) -> str:
        """Its part of a CREATE TABLE."""
        default = "" if self.default is None else f" DEFAULT {self.default!r}"
        return f'"{self.name}" {_SQL_TYPES[self.type]}{default}'

    def plain(self, stored: Stored) -> Any:
        """The stored value as JSON shows it: true/false, ISO instants; everything else as it lies."""
        if stored is None:
            return None
        if self.type == "boolean":
            return bool(stored)
        return iso(int(stored)) if self.type == "datetime" else stored


@dataclass(frozen=True, slots=True)
class Table:
    """One object of the CRM; `key` names the column of its id, unique and not null."""

    name: str
    columns: tuple[Column, ...]
    key: str = "Id"

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"table name {self.name!r} is not letters, digits and underscores")
        if self.key not in self.names:
            raise ValueError(f"table {self.name} has no column {self.key!r} to be its key")

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(c.name for c in self.columns)

    def column(self, name: str) -> Column:
        """The column of this name; KeyError names table and column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")

    def with_column(self, column: Column) -> Table:
        """The table with one more column."""
        return replace(self, columns=(*self.columns, column))
