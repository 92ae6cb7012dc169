"""Conditions and rules in words, as the CRM's users read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rules.language.condition import (
    All,
    Any,
    Between,
    Bound,
    Condition,
    Constant,
    DaysFromToday,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Like,
    Not,
)
from rules.language.reading.problems import safe
from rules.language.ruleset import Rule

MOST_VALUES = 5
"""Values of a test that are named; the rest is counted."""


def reason_of(rule: Rule) -> str:
    """The sentence why a rule took an account: "boston-smb: country is US, employees in 1..200".

    Of an exception: "exception by vp@example.com until 2026-12-31: she knows them".
    """
    if rule.exception is not None:
        end = f" until {rule.active.until.isoformat()}" if rule.active.until else ""
        return f"exception by {safe(rule.exception.author)}{end}: {safe(rule.exception.reason)}"
    return f"{rule.id}: {words_of(rule.when)}"


def words_of(condition: Condition) -> str:
    """A condition in words; parts of a conjunction are set apart by commas."""
    if isinstance(condition, All):
        return ", ".join(_inner(part) for part in condition.parts) or "every account"
    return _words(condition)


def _inner(part: Condition) -> str:
    return f"({_words(part)})" if isinstance(part, Any) and len(part.parts) > 1 else _words(part)


def _words(condition: Condition) -> str:
    match condition:
        case All(parts):
            return " and ".join(_inner(part) for part in parts) or "every account"
        case Any(parts):
            return " or ".join(_nested(part) for part in parts) or "no account"
        case Not(part):
            return _negated(part)
        case In(field, values):
            return f"{label(field)} is {_values(values)}"
        case InList(field, name):
            return f"{label(field)} in {safe(name)}"
        case HasPrefix(field, prefixes):
            return f"{label(field)} begins with {_values(prefixes)}"
        case Like(field, pattern):
            return f"{label(field)} is like {safe(pattern)}"
        case IsMissing(field):
            return f"{label(field)} is missing"
        case Between():
            return f"{label(condition.field)} {range_of(condition)}"


def _nested(part: Condition) -> str:
    return f"({_words(part)})" if isinstance(part, All) and len(part.parts) > 1 else _words(part)


def _negated(part: Condition) -> str:
    match part:
        case In(field, values):
            return f"{label(field)} is not {_values(values)}"
        case InList(field, name):
            return f"{label(field)} not in {safe(name)}"
        case HasPrefix(field, prefixes):
            return f"{label(field)} does not begin with {_values(prefixes)}"
        case Like(field, pattern):
            return f"{label(field)} is not like {safe(pattern)}"
        case IsMissing(field):
            return f"{label(field)} is known"
        case _:
            return f"not ({_words(part)})"


def range_of(band: Between) -> str:
    """A range in words: "in 1..200" has its low end inside and its high end outside, others are spelt out."""
    low, high = band.low, band.high
    if low is not None and high is not None and band.low_included and not band.high_included:
        return f"in {value_of(low)}..{value_of(high)}"
    words = []
    if low is not None:
        words.append(f"{'from' if band.low_included else 'above'} {value_of(low)}")
    if high is not None:
        words.append(f"{'up to' if band.high_included else 'below'} {value_of(high)}")
    return " and ".join(words) or "is known"


def label(field: str) -> str:
    """A field's name as words: "postal_code" is "postal code"."""
    return safe(field.replace("_", " "))


def value_of(value: Constant | Bound) -> str:
    """A constant as people write it: thousands set apart, dates in ISO form, no control characters."""
    if isinstance(value, DaysFromToday):
        return _relative(value.days)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and (not value.is_integer() or abs(value) >= 1e15):
        return f"{value:,}" if abs(value) < 1e15 else f"{value:g}"
    if isinstance(value, int | float):
        return f"{int(value):,}"
    return value.isoformat() if isinstance(value, date) else safe(value)


def _relative(days: int) -> str:
    if days == 0:
        return "today"
    amount = f"{abs(days):,} {'day' if abs(days) == 1 else 'days'}"
    return f"{amount} ago" if days < 0 else f"{amount} from today"


def _values(values: Sequence[Constant]) -> str:
    shown = [value_of(value) for value in values[:MOST_VALUES]]
    if len(values) > MOST_VALUES:
        return f"one of {', '.join(shown)} and {len(values) - MOST_VALUES:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
