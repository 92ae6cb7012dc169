"""Cells of numbers, dates and booleans: the intervals between the bounds that tests name."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from rules.engine.masking.thresholds import EPOCH, FAR, Number, Span, points, span
from rules.language.condition import Between, Constant, FieldKind, In, InList, Test
from rules.language.ruleset import ValueList
from rules.proof.cells import Cell, Cells

_LAST_DAY = date.max.toordinal() - EPOCH
_FIRST_DAY = date.min.toordinal() - EPOCH
_ENDS: Mapping[FieldKind, tuple[Number, Number]] = {
    FieldKind.INTEGER: (-FAR, FAR),
    FieldKind.NUMBER: (-1e300, 1e300),
    FieldKind.BOOLEAN: (0, 2),
    FieldKind.DATE: (_FIRST_DAY, _LAST_DAY + 1),
}


def ordered_cells(
    kind: FieldKind,
    tests: Sequence[Test],
    lists: Mapping[str, ValueList],
    missing: Collection[float] = (),
) -> Cells:
    """One cell for each interval in which there is a value that does not count as missing."""
    spans = {test: _spans(kind, test, lists) for test in tests}
    low, high = _ENDS[kind]
    inner = {
        b for found in spans.values() for pair in found for b in pair if b is not None and low < b < high
    }
    if kind is FieldKind.BOOLEAN:
        inner.add(1)
    elif kind is not FieldKind.DATE:
        inner.add(0.0 if kind is FieldKind.NUMBER else 0)
    starts = [low, *sorted(inner)]
    cells: list[Cell] = []
    begins: list[Number] = []
    for start, end in zip(starts, [*starts[1:], high], strict=True):
        value = _readable(kind, start, end, missing)
        if value is not None:
            shown = (None if start == low else start, None if end == high else end)
            cells.append(Cell(value, natural=kind is FieldKind.DATE or start >= 0, span=shown))
            begins.append(start)
    truth = {test: _bits(found, begins) for test, found in spans.items()}
    return Cells(tuple(cells), truth)


def _spans(kind: FieldKind, test: Test, lists: Mapping[str, ValueList]) -> list[Span]:
    match test:
        case In(_, values):
            return [found for value in values for found in points(kind, value)]
        case InList(_, name):
            return [found for value in lists[name].values for found in points(kind, value)]
        case Between():
            return [span(kind, test)]
        case _:
            return []


def _bits(spans: Sequence[Span], begins: Sequence[Number]) -> int:
    bits = 0
    for low, high in spans:
        first = 0 if low is None else bisect_left(begins, low)
        end = len(begins) if high is None else bisect_left(begins, high)
        if first < end:
            bits |= (1 << end) - (1 << first)
    return bits


def _readable(kind: FieldKind, start: Number, end: Number, missing: Collection[float]) -> Constant | None:
    """A value in [start, end) that people would write, None where every one counts as missing."""
    if kind is FieldKind.BOOLEAN:
        return start >= 1
    if kind is FieldKind.DATE:
        return date.fromordinal(int(start if start > _FIRST_DAY else end - 1) + EPOCH)
    tried = (_shown(kind, value) for value in _candidates(kind, start, end))
    return next((value for value in tried if start <= value < end and value not in missing), None)


def _shown(kind: FieldKind, value: Number) -> int | float:
    return int(value) if kind is FieldKind.INTEGER else float(value)


def _candidates(kind: FieldKind, start: Number, end: Number) -> list[Number]:
    """Round numbers first, the very bounds last."""
    found: list[Number] = []
    if start == -_ENDS[kind][1]:
        found += [end - 1, end - 2, end - 3, 2 * end]
    elif start == 0:
        found += [0, 1, 10, 100]
    else:
        digits = max(-6, math.floor(math.log10(abs(start))))
        found += [_round_up(start, digit) for digit in range(digits, digits - 4, -1)]
    return [*found, start, start + 1, start + 2, start + 3, (start + end) / 2]


def _round_up(value: Number, digit: int) -> Number:
    if digit >= 0:
        step = int(10**digit)
        return -(-math.ceil(value) // step) * step
    fraction = float(10**-digit)
    return math.ceil(value * fraction) / fraction
