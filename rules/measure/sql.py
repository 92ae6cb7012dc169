"""The few pieces of SQL text that every query here is made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

NANO = 1_000_000_000
"""Loads are summed as whole billionths: whole numbers add up alike in any order, floats do not."""


def text(value: str) -> str:
    """A string literal; NUL, which no literal can hold, is refused."""
    if "\x00" in value:
        raise ValueError(f"{value!r} holds a NUL character and cannot be compared")
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A bracketed list of string literals for IN; never empty, as IN () is no SQL."""
    return "(" + (", ".join(text(value) for value in values) or "NULL") + ")"


def name(column: str) -> str:
    """A quoted column name."""
    return '"' + column.replace('"', '""') + '"'


def number(value: float) -> str:
    """A double with every digit; a bare 0.1 would be a DECIMAL to DuckDB."""
    return f"CAST({text(repr(float(value)))} AS DOUBLE)"


def instant(moment: datetime) -> str:
    """A literal of a moment given in UTC."""
    return f"TIMESTAMPTZ '{moment:%Y-%m-%d %H:%M:%S}+00'"


def parquet(path: Path) -> str:
    """A Parquet file as a relation."""
    return f"read_parquet({text(str(path))})"


def exact(amount: str) -> str:
    """An amount as whole billionths; null where it is null, not finite, or beyond 1.7e29."""
    return f"TRY_CAST(round({amount} * {NANO}.0) AS HUGEINT)"
