"""Rows as the CSV that Bulk 2.0 takes: UTF-8, LF, an empty cell leaves a field alone, #N/A empties it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

NULL = "#N/A"
LARGEST = 100_000_000
"""Bytes of one upload: 100 MB, since Salesforce keeps it as base64 of up to 150 MB (doc)."""
Row = tuple[str, Mapping[str, Any]]
"""A record's id, and what is to be set of it by Salesforce's field names, in JSON's types."""


def sayable(values: Mapping[str, Any]) -> bool:
    """Whether CSV can say this; a text that is "#N/A" itself would empty its field."""
    return not any(isinstance(value, str) and value.strip() == NULL for value in values.values())


def uploads(rows: Sequence[Row], largest: int = LARGEST) -> Iterator[tuple[bytes, int]]:
    """The rows in their order as whole CSV files of at most `largest` bytes, each with its number of rows."""
    names = sorted({name for _, values in rows for name in values})
    header = _line(["Id", *names])
    lines, size = [header], len(header)
    for id, values in rows:
        line = _line([id, *(_cell(values[name]) if name in values else "" for name in names)])
        if size + len(line) > largest and len(lines) > 1:
            yield b"".join(lines), len(lines) - 1
            lines, size = [header], len(header)
        lines.append(line)
        size += len(line)
    if len(lines) > 1:
        yield b"".join(lines), len(lines) - 1


def _line(cells: Sequence[str]) -> bytes:
    return (",".join(cells) + "\n").encode()


def _cell(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # Never 1e+16: Salesforce's documentation knows no exponent in CSV.
        return f"{Decimal(repr(value)):f}"
    # White space alone is what Salesforce stores as nothing, and an empty cell would change nothing.
    return '"' + value.replace('"', '""') + '"' if value.strip() else NULL
