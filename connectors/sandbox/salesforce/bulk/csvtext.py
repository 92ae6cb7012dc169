"""CSV as Bulk API 2.0 writes and reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


class Unreadable(ValueError):
    """An upload that Salesforce cannot read; the message is the job's errorMessage."""


def java_double(number: float | None) -> str | None:
    """A number as Java prints a double, which is how Bulk results show it: 12.5, 1.0E7, 1.6147805824397E13."""
    if number is None:
        return None
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(float(number)) if "e" not in repr(float(number)) else f"{Decimal(repr(number)):f}"
    sign, digits, exponent = Decimal(repr(float(number))).normalize().as_tuple()
    assert isinstance(exponent, int)
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{exponent + len(digits) - 1}"


def line(cells: Iterable[str], delimiter: str) -> str:
    """One row, every cell in quotes, without its line ending."""
    return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)


def rows(content: bytes, delimiter: str, ending: str) -> Iterator[list[str]]:
    """The rows of an upload, header first; Unreadable where it is not what the job said it would be."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"ClientInputError : the data is not UTF-8: {error}") from None
    _check_ending(text, ending)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=True)
    width = 0
    try:
        for row in reader:
            if not row:
                continue
            width = width or len(row)
            if len(row) != width:
                message = f"found {len(row)} values under {width} column headers at line {reader.line_num}"
                raise Unreadable(f"InvalidBatch : Failed to parse CSV: {message}")
            yield row
    except csv.Error as error:
        raise Unreadable(f"InvalidBatch : Failed to parse CSV: {error} at line {reader.line_num}") from None


def _check_ending(text: str, ending: str) -> None:
    """The header's own end must be the one that was declared (seen 2019 to 2025)."""
    first, newline, _ = text.partition("\n")
    if newline and first.endswith("\r") != (ending == "CRLF"):
        message = f"LineEnding is invalid on user data. Current LineEnding setting is {ending}"
        raise Unreadable(f"ClientInputError : {message}")


def grouped(rows: Iterable[list[str]], size: int) -> Iterator[Sequence[list[str]]]:
    """The rows in groups of at most `size`."""
    group: list[list[str]] = []
    for row in rows:
        group.append(row)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
