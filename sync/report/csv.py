"""Changes as CSV that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from sync.ledger import LedgerWrite
from sync.plan import Plan

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets take for a formula."""


def neutral(cell: str | None) -> str:
    """The cell with an apostrophe before what would be a formula; numbers stay numbers."""
    if not cell or not cell.startswith(FORMULA):
        return cell or ""
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell


def changes_csv(plan: Plan) -> Iterator[str]:
    """The lines of a CSV with every change of a plan, the head first."""
    table = plan.changes()
    yield _line(table.column_names)
    for batch in table.to_batches(max_chunksize=1000):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield _line([neutral(cell) for cell in row])


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def writes_csv(writes: Iterable[LedgerWrite]) -> Iterator[str]:
    """The lines of a CSV with every field of every write, before and after, the head first."""
    yield _line(["record_id", "field", "before", "after", "state", "code", "message"])
    for write in writes:
        for field, after in write.after.items():
            cells = (
                write.record_id,
                field,
                write.before.get(field),
                after,
                str(write.state),
                write.code,
                write.message,
            )
            yield _line([neutral(cell) for cell in cells])
