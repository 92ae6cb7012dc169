"""Ranges of ordered fields as half-open spans [from, below) on one scale per kind, so that one comparison decides.

`x > c` is `x >= next(c)`, where next is c + 1 for integers and days and the next double for numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date

from rules.language.condition import Between, Bound, Constant, DaysFromToday, FieldKind

Number = int | float
Span = tuple[Number | None, Number | None]
EPOCH = date(1970, 1, 1).toordinal()
FAR = 10**18
"""Beyond every date and every count that a field holds, inside 64 bits."""


def points(kind: FieldKind, value: Constant) -> list[Span]:
    """The span that holds only this value; none where no value of the kind equals it."""
    low, high = _at_least(kind, value), _above(kind, value)
    return [(low, high)] if low < high else []


def span(kind: FieldKind, test: Between) -> Span:
    """The values for which the test is true; None is open."""
    low = high = None
    if test.low is not None:
        low = (_at_least if test.low_included else _above)(kind, _fixed(test.low))
    if test.high is not None:
        high = (_above if test.high_included else _at_least)(kind, _fixed(test.high))
    return low, high


def thresholds_of(spans: Iterable[Span]) -> tuple[Number, ...]:
    """Every bound of the spans once, ascending."""
    return tuple(sorted({bound for found in spans for bound in found if bound is not None}))


def _fixed(bound: Bound) -> Constant:
    if isinstance(bound, DaysFromToday):
        raise TypeError(f"{bound} has no date yet; `rules.language.today.on_day` gives it one")
    return bound


def _at_least(kind: FieldKind, value: Constant) -> Number:
    """The t with `x >= t` exactly when `x >= value`."""
    if isinstance(value, date):
        return value.toordinal() - EPOCH
    number = _number(value)
    if kind is FieldKind.NUMBER:
        return float(number)
    return int(
        max(-FAR, min(FAR, number if isinstance(number, int) or math.isinf(number) else math.ceil(number)))
    )


def _above(kind: FieldKind, value: Constant) -> Number:
    """The t with `x >= t` exactly when `x > value`."""
    if isinstance(value, date):
        return value.toordinal() - EPOCH + 1
    number = _number(value)
    if kind is FieldKind.NUMBER:
        return math.nextafter(float(number), math.inf)
    if isinstance(number, float) and math.isinf(number):
        return _at_least(kind, number)
    return int(max(-FAR, min(FAR, math.floor(number) + 1)))


def _number(value: Constant) -> Number:
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, int | float) or (isinstance(value, float) and math.isnan(value)):
        raise TypeError(f"{value!r} is not a number")
    return value
