"""Conditions on one account, by the book: Kleene's strong three-valued logic, a few lines for each construct.

Explanations and rule tests use it, and the engine's property tests hold the engine to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any as Anything

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
    Like,
    Not,
    Test,
)
from rules.language.record import Value
from rules.language.ruleset import IfUnknown, ValueList

Record = Mapping[str, Value | None]
"""Normalised values by field; None, or no entry, is missing."""
Truth = bool | None
"""True, false, or None for unknown."""


def evaluate(condition: Condition, record: Record, lists: Mapping[str, ValueList]) -> Truth:
    """Whether the condition holds for the record; unknown where a missing value leaves it open."""
    match condition:
        case All(parts):
            return every(evaluate(part, record, lists) for part in parts)
        case Any(parts):
            return negate(every(negate(evaluate(part, record, lists)) for part in parts))
        case Not(part):
            return negate(evaluate(part, record, lists))
        case _:
            return test(condition, record.get(condition.field), lists)


def test(leaf: Test, value: Value | None, lists: Mapping[str, ValueList]) -> Truth:
    """One test of a normalised value; `IsMissing` is never unknown, everything else is for a missing value.

    Of several texts in one field it is enough that one passes.
    """
    if isinstance(leaf, IsMissing):
        return value is None
    if value is None:
        return None
    if isinstance(value, tuple):
        return any(test(leaf, item, lists) for item in value)
    match leaf:
        case In(_, values):
            return value in values
        case InList(_, name):
            return _holds(lists[name], value)
        case HasPrefix(_, prefixes):
            return str(value).startswith(prefixes)
        case Like(_, pattern):
            return is_like(str(value), pattern)
        case Between():
            return _reaches(leaf, value) and _stays_under(leaf, value)


def is_like(text: str, pattern: str) -> bool:
    """Whether the whole text fits the pattern; the last `%` is retried only, so that it takes no exponential time."""
    at = here = 0
    star, resume = -1, 0
    while at < len(text):
        if here < len(pattern) and pattern[here] == "%":
            star, resume, here = here, at, here + 1
        elif here < len(pattern) and pattern[here] in ("_", text[at]):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = resume, star + 1
        else:
            return False
    return all(character == "%" for character in pattern[here:])


def every(truths: Iterable[Truth]) -> Truth:
    """Kleene's conjunction: false if one is, else unknown if one is, else true."""
    found: Truth = True
    for truth in truths:
        if truth is False:
            return False
        found = None if truth is None else found
    return found


def negate(truth: Truth) -> Truth:
    """Kleene's negation: unknown stays unknown."""
    return None if truth is None else not truth


def matches(truth: Truth, if_unknown: IfUnknown) -> bool:
    """Whether a rule takes the account, or (`review`) stops it."""
    return truth is True or (truth is None and if_unknown is not IfUnknown.SKIP)


def _holds(values: ValueList, value: Constant) -> bool:
    """Membership in sorted values, without a set of them: one account asks once."""
    at = bisect_left(values.values, value)
    return at < len(values.values) and values.values[at] == value


def _reaches(band: Between, value: Constant) -> bool:
    low: Anything = band.low
    return low is None or value > low or (band.low_included and value == low)


def _stays_under(band: Between, value: Constant) -> bool:
    high: Anything = band.high
    return high is None or value < high or (band.high_included and value == high)
