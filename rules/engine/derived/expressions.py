"""Expressions over cells as SQL, with the same numbers as `rules.derive` has.

Infinite and undefined numbers flow through sums and products, from which they never come back, and become
missing where they could: under a division, in a choice, and at the end.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from rules.engine.derived.cells import cell, finite
from rules.engine.derived.truth import Kinds, truth
from rules.engine.errors import AssignError
from rules.engine.sql import literal, text
from rules.language.condition import Constant, FieldKind
from rules.language.derived import Computed
from rules.language.expression import (
    Arithmetic,
    Call,
    Case,
    Column,
    Expression,
    Function,
    Literal,
    Operator,
)

LONGEST = 100_000
"""Characters of SQL for one derived field."""
NUMBERS = frozenset({FieldKind.NUMBER, FieldKind.INTEGER})
FIRST, LAST = "DATE '0001-01-01'", "DATE '9999-12-31'"


class Typed(NamedTuple):
    """SQL, and whether it is a number (a double, perhaps not finite), a date, a boolean or text."""

    sql: str
    kind: FieldKind


def computed(derived: Computed, kinds: Kinds) -> str:
    """The cell of the derived field; raises AssignError for kinds that do not go together."""
    try:
        found = _expression(derived.expression, kinds)
    except _Mismatch as e:
        raise AssignError(f"{derived.source}: derived field {derived.name!r}: {e}") from e
    if len(found.sql) > LONGEST:
        raise AssignError(
            f"{derived.source}: derived field {derived.name!r} is nested too deeply; make several fields of it"
        )
    if (derived.kind in NUMBERS) != (found.kind is FieldKind.NUMBER):
        raise AssignError(
            f"{derived.source}: derived field {derived.name!r} is a {derived.kind}, its expression a {found.kind}"
        )
    if derived.kind is FieldKind.INTEGER:
        return f"CASE WHEN isfinite({found.sql}) AND abs({found.sql}) < 9e18 AND {found.sql} = floor({found.sql}) THEN CAST({found.sql} AS BIGINT) END"
    return _settled(found)


class _Mismatch(Exception):
    """Parts of an expression that do not go together."""


def _expression(expression: Expression, kinds: Kinds) -> Typed:
    match expression:
        case Literal(value):
            return _constant(value)
        case Column(field):
            return _column(field, kinds[field])
        case Arithmetic(operator, left, right):
            return _calculated(operator, _expression(left, kinds), _expression(right, kinds))
        case Call(function, parts):
            return _called(function, [_expression(part, kinds) for part in parts])
        case Case(branches, otherwise):
            results = [_expression(branch.then, kinds) for branch in branches]
            last = [] if otherwise is None else [_expression(otherwise, kinds)]
            cases = " ".join(
                f"WHEN {truth(branch.when, kinds)} THEN {result.sql}"
                for branch, result in zip(branches, results, strict=True)
            )
            end = f" ELSE {last[0].sql}" if last else ""
            return Typed(f"CASE {cases}{end} END", _common(results + last))
    raise TypeError("today has no date yet; `rules.language.today.on_day` gives it one")


def _constant(value: Constant) -> Typed:
    if isinstance(value, bool):
        return Typed(str(value).upper(), FieldKind.BOOLEAN)
    if isinstance(value, int | float):
        return Typed(literal(float(value)), FieldKind.NUMBER)
    if isinstance(value, date):
        return Typed(f"DATE '{value.isoformat()}'", FieldKind.DATE)
    return Typed(text(value), FieldKind.TEXT)


def _column(field: str, kind: FieldKind) -> Typed:
    if kind is FieldKind.MULTI_SELECT:
        raise _Mismatch(f"{field} holds several texts, with which nothing can be computed")
    if kind is FieldKind.INTEGER:
        return Typed(f"CAST({cell(field)} AS DOUBLE)", FieldKind.NUMBER)
    known = kind in (FieldKind.NUMBER, FieldKind.BOOLEAN, FieldKind.DATE)
    return Typed(cell(field), kind if known else FieldKind.TEXT)


def _calculated(operator: Operator, left: Typed, right: Typed) -> Typed:
    match operator, left.kind, right.kind:
        case _, FieldKind.NUMBER, FieldKind.NUMBER:
            return Typed(_number(operator, left.sql, right.sql), FieldKind.NUMBER)
        case Operator.MINUS, FieldKind.DATE, FieldKind.DATE:
            days = f"date_diff('day', {right.sql}, {left.sql})"
            return Typed(f"CAST({days} AS DOUBLE)", FieldKind.NUMBER)
        case Operator.PLUS, FieldKind.NUMBER, FieldKind.DATE:
            return Typed(_moved(right.sql, left.sql), FieldKind.DATE)
        case Operator.PLUS, FieldKind.DATE, FieldKind.NUMBER:
            return Typed(_moved(left.sql, right.sql), FieldKind.DATE)
        case Operator.MINUS, FieldKind.DATE, FieldKind.NUMBER:
            return Typed(_moved(left.sql, f"-({right.sql})"), FieldKind.DATE)
    raise _Mismatch(f"{left.kind} {operator.value} {right.kind} has no meaning")


def _number(operator: Operator, left: str, right: str) -> str:
    if operator is not Operator.DIVIDED_BY:
        return f"(({left}) {operator.value} ({right}))"
    return f"CASE WHEN isfinite({right}) AND ({right}) <> 0 THEN ({left}) / ({right}) END"


def _moved(day: str, days: str) -> str:
    """The date so many whole days on, missing beyond the years 1 to 9999."""
    moved = f"(({day}) + TRY_CAST(floor({days}) AS INTEGER))"
    return f"CASE WHEN abs({days}) < 1e7 AND {moved} BETWEEN {FIRST} AND {LAST} THEN {moved} END"


def _called(function: Function, parts: list[Typed]) -> Typed:
    kind = _common(parts)
    if function in (Function.ABS, Function.FLOOR, Function.CEIL):
        if kind is not FieldKind.NUMBER or len(parts) != 1:
            raise _Mismatch(f"{function.value} is of one number")
        return Typed(f"{function.value}({parts[0].sql})", kind)
    given = [f"({_settled(part)})" for part in parts]
    if function is Function.COALESCE:
        return Typed(f"coalesce({', '.join(given)})", kind)
    known = " AND ".join(f"{part} IS NOT NULL" for part in given)
    return Typed(f"CASE WHEN {known} THEN {function.value}({', '.join(given)}) END", kind)


def _settled(found: Typed) -> str:
    """The value, missing where it is a number that is not finite."""
    return finite(f"({found.sql})") if found.kind is FieldKind.NUMBER else found.sql


def _common(parts: list[Typed]) -> FieldKind:
    kinds = {part.kind for part in parts}
    if len(kinds) != 1:
        raise _Mismatch(f"one of {', '.join(sorted(kinds))} is expected, not several")
    return kinds.pop()
