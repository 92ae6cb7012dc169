"""Columns of CSV and Parquet files that stand beside the rules, with the place of every row."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.language.codes import Code
from rules.language.reading.problems import Problem, did_you_mean
from rules.language.reading.yaml import Node, Origin, Scalar
from rules.language.values.normalise import quoted

MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileColumns:
    """Rows of a file as words in the order of the columns that were asked for; words know their line."""

    rows: tuple[tuple[Scalar, ...], ...]
    sha256: str


def read_columns(
    folder: Path, file: str, columns: Mapping[str, Node], at: Node, problems: list[Problem]
) -> FileColumns | None:
    """The named columns (each with the place that names it) of a file inside the folder; None and problems where
    it cannot be read. Rows that lack one of the columns have "" there; rows of nothing but blanks are left out."""
    data = file_bytes(folder, file, at, problems)
    if data is None:
        return None
    try:
        rows = parquet_rows(data) if file.endswith(".parquet") else csv_rows(data)
        _, first = next(rows, (0, []))
        header = [cell.strip() for cell in first]
        wrong = [name for name in columns if name not in header]
        for name in wrong:
            message = f"{quoted(file)} has no column {quoted(name)}"
            problems.append(columns[name].problem(Code.LIST_COLUMN, message, did_you_mean(name, header)))
        if wrong:
            return None
        places = [header.index(name) for name in columns]
        lines = () if file.endswith(".parquet") else tuple(data.decode("utf-8-sig").splitlines())
        return FileColumns(tuple(_words(rows, places, Origin(file, lines))), hashlib.sha256(data).hexdigest())
    except (UnicodeDecodeError, csv.Error, OSError, ValueError) as error:
        problems.append(at.problem(Code.LIST_FILE, f"cannot read {quoted(file)}: {error}"))
        return None


def _words(
    rows: Iterator[tuple[int, list[str]]], places: list[int], origin: Origin
) -> Iterator[tuple[Scalar, ...]]:
    for line, row in rows:
        words = tuple(row[place] if place < len(row) else "" for place in places)
        if any(word.strip() for word in words):
            yield tuple(Scalar(origin, line, 1, word, True) for word in words)


def file_bytes(folder: Path, file: str, at: Node, problems: list[Problem]) -> bytes | None:
    """What is in a file inside the folder; None and a problem where it cannot be read."""
    path = folder / file
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            message = f"file {quoted(file)} is outside the folder of the rules"
            problems.append(at.problem(Code.LIST_FILE, message, "move it beside the rules"))
            return None
        if path.stat().st_size > MAX_BYTES:
            message = f"file {quoted(file)} is larger than {MAX_BYTES // 1024**2} MB"
            problems.append(at.problem(Code.LIST_FILE, message))
            return None
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot read file {quoted(file)}: {reason}"
        problems.append(at.problem(Code.LIST_FILE, message, _beside(folder, path)))
        return None


def _beside(folder: Path, path: Path) -> str:
    """The nearest file name in the folder of a file that is not there."""
    try:
        names = sorted(str(p.relative_to(folder)) for p in path.parent.iterdir() if p.is_file())
        return did_you_mean(str(path.relative_to(folder)), names[:1000])
    except (OSError, ValueError):
        return ""


def csv_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not empty; commas, semicolons or tabs, as the first line has."""
    text = data.decode("utf-8-sig")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return ((reader.line_num, row) for row in reader if row)


def parquet_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The names of the columns as row 0, then row number and cells as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(data))
    yield 0, list(table.column_names)
    columns = [column.to_pylist() for column in table.columns]
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        yield number, ["" if cell is None else str(cell) for cell in row]
