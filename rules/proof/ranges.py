"""Cells of ordered fields in words: "200 or more"."""

from __future__ import annotations

import math
from datetime import date

from rules.engine.masking.thresholds import EPOCH, Number
from rules.language.condition import FieldKind
from rules.proof.cells import FieldCells
from rules.reasons import value_of

_RANGES = frozenset({FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.DATE})


def range_words(found: FieldCells, cell: int) -> str | None:
    """The range of values in the cell; None where it is a single value, or no range at all."""
    low, high = found.cells[cell].span
    if found.kind not in _RANGES or (low is None and high is None):
        return None
    if low is not None and high is not None and _last(found.kind, high) == low:
        return None
    words = []
    if low is not None:
        words.append(_from(found.kind, low))
    if high is not None:
        words.append(_below(found.kind, high))
    return " and ".join(words)


def _last(kind: FieldKind, high: Number) -> Number:
    """The greatest value below a bound."""
    return math.nextafter(high, -math.inf) if kind is FieldKind.NUMBER else high - 1


def _from(kind: FieldKind, low: Number) -> str:
    if _is_exact(low):
        return f"{_value(kind, low)} or {'later' if kind is FieldKind.DATE else 'more'}"
    return f"more than {_value(kind, math.nextafter(low, -math.inf))}"


def _below(kind: FieldKind, high: Number) -> str:
    if _is_exact(high):
        return f"{'before' if kind is FieldKind.DATE else 'less than'} {_value(kind, high)}"
    return f"at most {_value(kind, math.nextafter(high, -math.inf))}"


def _is_exact(bound: Number) -> bool:
    """The bound is one that people write, rather than the number just above it."""
    return len(repr(bound)) <= len(repr(math.nextafter(bound, -math.inf)))


def _value(kind: FieldKind, bound: Number) -> str:
    return value_of(date.fromordinal(int(bound) + EPOCH) if kind is FieldKind.DATE else bound)
