"""Derived fields of one account, by the book: bands, and expressions over its other fields.

Facts from opportunities and families are more than one account knows; they come in as values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any as Anything

from rules.evaluate import Record, evaluate
from rules.language.condition import FieldKind
from rules.language.derived import Banded, BandsOf, Computed
from rules.language.expression import (
    Arithmetic,
    Call,
    Case,
    Column,
    Expression,
    Function,
    Literal,
    Operator,
    Today,
)
from rules.language.record import Value
from rules.language.ruleset import RuleSet

NOTHING: Mapping[str, str] = {}


def derive(
    record: Record, rules: RuleSet, memory: Mapping[str, str | None] = NOTHING
) -> dict[str, Value | None]:
    """The record with every band and expression; one that the record has a value for stays as it is given.

    `rules` are those of a day (`rules.language.today.on_day`); `memory` has the band of the last night by the
    name of the derived field.
    """
    values = dict(record)
    for name, derived in rules.derived.items():
        if values.get(name) is None:
            if isinstance(derived, Banded):
                values[name] = band(derived, values, memory.get(name))
            elif isinstance(derived, Computed):
                values[name] = as_kind(derived.kind, value_of(derived.expression, values, rules))
    return values


def band(derived: Banded, record: Record, last: str | None) -> str | None:
    """The band of the first field that is known; `last` is the band of the last night."""
    for bands in derived.by:
        value = record.get(bands.field)
        if isinstance(value, int | float):
            before = derived.names.index(last) if last in derived.names else None
            return _step(bands, float(value), before)
    return None


def _step(bands: BandsOf, value: float, before: int | None) -> str:
    found = bands.steps[0].name
    for number, step in enumerate(bands.steps[1:], start=1):
        boundary = step.low if before is None else step.up if before < number else step.down
        if boundary is not None and value >= boundary:
            found = step.name
    return found


def as_kind(kind: FieldKind, value: Value | None) -> Value | None:
    """What the expression gives, as a field of the kind holds it: a whole number is missing where it is none."""
    if kind is FieldKind.INTEGER and isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value


def value_of(expression: Expression, record: Record, rules: RuleSet) -> Value | None:
    """What the expression comes to; None is missing."""
    match expression:
        case Literal(value):
            return _double(value)
        case Column(field):
            return _double(record.get(field))
        case Arithmetic(operator, left, right):
            return _calculated(operator, value_of(left, record, rules), value_of(right, record, rules))
        case Call(function, parts):
            return _called(function, [value_of(part, record, rules) for part in parts])
        case Case(branches, otherwise):
            for branch in branches:
                if evaluate(branch.when, record, rules.lists) is True:
                    return value_of(branch.then, record, rules)
            return None if otherwise is None else value_of(otherwise, record, rules)
        case Today():
            raise TypeError("today has no date yet; `rules.language.today.on_day` gives it one")


def _double(value: Value | None) -> Value | None:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _calculated(operator: Operator, left: Anything, right: Anything) -> Value | None:
    if left is None or right is None:
        return None
    if isinstance(left, date) or isinstance(right, date):
        return _day(operator, left, right)
    match operator:
        case Operator.PLUS:
            return _finite(left + right)
        case Operator.MINUS:
            return _finite(left - right)
        case Operator.TIMES:
            return _finite(left * right)
        case Operator.DIVIDED_BY:
            return None if right == 0 else _finite(left / right)


def _day(operator: Operator, left: Anything, right: Anything) -> Value | None:
    """Days between two dates, or the date so many whole days away (a fraction of a day counts down)."""
    if isinstance(left, date) and isinstance(right, date):
        return float((left - right).days)
    day, days = (left, right) if isinstance(left, date) else (right, left)
    try:
        return day + timedelta(days=math.floor(-days if operator is Operator.MINUS else days))
    except OverflowError:
        return None


def _called(function: Function, values: Sequence[Anything]) -> Value | None:
    if function is Function.COALESCE:
        return next((value for value in values if value is not None), None)
    if any(value is None for value in values):
        return None
    match function:
        case Function.LEAST:
            return min(values)  # type: ignore[no-any-return]
        case Function.GREATEST:
            return max(values)  # type: ignore[no-any-return]
        case Function.ABS:
            return abs(values[0])  # type: ignore[no-any-return]
        case Function.FLOOR:
            return float(math.floor(values[0]))
        case Function.CEIL:
            return float(math.ceil(values[0]))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
