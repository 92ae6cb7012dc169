"""Plain tables for terminals and golden files."""

from __future__ import annotations

from collections.abc import Sequence

from sync.log import inert

Cell = str | int | float | None


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], indent: str = "  ") -> list[str]:
    """Lines of a table: text to the left, numbers to the right, nothing cut; [] without rows."""
    if not rows:
        return []
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [all(isinstance(row[i], int | float | None) for row in rows) for i in range(len(head))]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]

    def line(values: Sequence[str]) -> str:
        shown = (v.rjust(w) if n else v.ljust(w) for v, w, n in zip(values, widths, numeric, strict=True))
        return (indent + "  ".join(shown)).rstrip()

    return [line(head), *(line(row) for row in cells)]


def _cell(value: Cell) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if isinstance(value, float) else inert(value)
