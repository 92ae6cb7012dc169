"""Records from a CSV file whose header names the CRM's own fields."""

from __future__ import annotations

import codecs
import csv
import difflib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.sandbox.state import Row
from connectors.sandbox.tables import Column, Stored, Table

_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")


class BadCsv(ValueError):
    """A header or a cell that the object cannot take; the message names file, line, column and value."""


def rows(table: Table, path: Path) -> Iterator[Row]:
    """The rows as stored values; columns are found whatever their case, an empty cell is null."""
    with path.open(encoding=_encoding(path), newline="") as text:
        reader = csv.reader(text, strict=True)
        try:
            columns = [_column(table, name, path) for name in next(reader)]
        except StopIteration:
            raise BadCsv(f"{path}: the file is empty; its first line names fields of {table.name}") from None
        for cells in reader:
            if len(cells) != len(columns):
                raise BadCsv(f"{path}:{reader.line_num}: {len(cells)} cells under {len(columns)} columns")
            yield {
                column.name: _stored(column, cell, f"{path}:{reader.line_num}")
                for column, cell in zip(columns, cells, strict=True)
            }


def _encoding(path: Path) -> str:
    """UTF-16 by its mark, UTF-8 where the file is valid in it, else the Windows-1252 of older exports."""
    with path.open("rb") as content:
        if content.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        content.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := content.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _column(table: Table, name: str, path: Path) -> Column:
    by_name = {column.name.casefold(): column for column in table.columns}
    found = by_name.get(name.strip().casefold())
    if found is not None:
        return found
    near = difflib.get_close_matches(name.casefold(), by_name, n=1, cutoff=0.0)
    raise BadCsv(
        f"{path}:1: {table.name} has no field {name!r}; the nearest is {by_name[near[0]].name!r}"
        f" (add a custom one with --field {table.name}.{name}:TYPE)"
    )


def _stored(column: Column, cell: str, where: str) -> Stored:
    if cell == "":
        return None
    try:
        return _converted(column, cell)
    except ValueError:
        raise BadCsv(f"{where}: {column.name} takes {column.type}, not {cell!r}") from None


def _converted(column: Column, cell: str) -> Stored:
    if column.type == "integer":
        return int(float(cell)) if float(cell).is_integer() else int(cell)
    if column.type == "real":
        return float(cell)
    if column.type == "boolean":
        if cell.casefold() not in _TRUE + _FALSE:
            raise ValueError(cell)
        return int(cell.casefold() in _TRUE)
    if column.type == "date":
        return date.fromisoformat(cell).isoformat()
    if column.type == "datetime":
        moment = datetime.fromisoformat(cell)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    return cell
