"""Conditions over the accounts as SQL: three-valued by SQL's own logic, which is Kleene's.

Only for the handful of conditions that workload asks (tiers, complexities); rules are decided by the engine.
Both compare the same normalised values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rules.language.condition import (
    All,
    Any,
    Between,
    Condition,
    Constant,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Not,
)
from rules.language.ruleset import ValueList
from rules.measure import sql


def expression(condition: Condition, lists: Mapping[str, ValueList]) -> str:
    """The condition as a boolean SQL expression over normalised columns named as the fields."""
    match condition:
        case All(parts):
            return "(" + (" AND ".join(expression(part, lists) for part in parts) or "TRUE") + ")"
        case Any(parts):
            return "(" + (" OR ".join(expression(part, lists) for part in parts) or "FALSE") + ")"
        case Not(part):
            return f"(NOT {expression(part, lists)})"
        case IsMissing(field):
            return f"({sql.name(field)} IS NULL)"
        case In(field, values):
            return one_of(field, values)
        case InList(field, listed):
            return one_of(field, lists[listed].values)
        case HasPrefix(field, prefixes):
            return "(" + " OR ".join(f"starts_with({sql.name(field)}, {sql.text(p)})" for p in prefixes) + ")"
        case Between():
            return between(condition)


def one_of(field: str, values: tuple[Constant, ...]) -> str:
    """Unknown of a missing value even where there is nothing to be one of, which SQL's IN () would not say."""
    column = sql.name(field)
    if not values:
        return f"CASE WHEN {column} IS NOT NULL THEN FALSE END"
    return f"({column} IN ({', '.join(literal(value) for value in values)}))"


def between(test: Between) -> str:
    """low <= field < high, with the bounds' own inclusion; unknown of a missing value even with no bounds."""
    column = sql.name(test.field)
    bounds = []
    if test.low is not None:
        bounds.append(f"{column} {'>=' if test.low_included else '>'} {literal(test.low)}")
    if test.high is not None:
        bounds.append(f"{column} {'<=' if test.high_included else '<'} {literal(test.high)}")
    return "(" + (" AND ".join(bounds) or f"{column} = {column}") + ")"


def literal(value: Constant) -> str:
    """A constant as SQL; numbers keep every digit."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case date():
            return f"DATE '{value.isoformat()}'"
        case int() | float():
            return f"CAST({sql.text(repr(value))} AS DOUBLE)" if isinstance(value, float) else repr(value)
        case str():
            return sql.text(value)


def fields_of(condition: Condition) -> frozenset[str]:
    """The account fields that the condition looks at."""
    match condition:
        case All(parts) | Any(parts):
            return frozenset().union(*(fields_of(part) for part in parts))
        case Not(part):
            return fields_of(part)
        case _:
            return frozenset({condition.field})
