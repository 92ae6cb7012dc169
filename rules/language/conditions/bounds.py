"""Ranges: of numbers, of dates (also counted from today) and of postal codes."""

from __future__ import annotations

from collections.abc import Mapping

from rules.language.codes import Code
from rules.language.condition import ALWAYS, Between, Bound, Condition, DaysFromToday, FieldKind, HasPrefix
from rules.language.conditions.leaves import Leaves, Pins
from rules.language.conditions.relative import MOST_DAYS, days_from_today
from rules.language.reading.yaml import Scalar
from rules.language.values.normalise import quoted
from rules.language.values.postal import WIDTHS, range_prefixes

Bounds = Mapping[str, Scalar]
"""Ends of a range by what they are called: `from`, `above`, `to`, `below`."""


def between(leaves: Leaves, name: Scalar, bounds: Bounds, pins: Pins) -> Condition:
    """The field lies between bounds, at most one for each end."""
    kind = leaves.fields[name.text]
    for one, other in (("from", "above"), ("to", "below")):
        if one in bounds and other in bounds:
            message = f"{name.text}: {one!r} and {other!r} together"
            leaves.report(bounds[other], Code.BAD_OPERATOR, message, "keep one of them")
            return ALWAYS
    if kind is FieldKind.POSTAL_CODE:
        return _postal(leaves, name, bounds, pins)
    found = {op: bound(leaves, name, kind, value) for op, value in bounds.items()}
    if None in found.values():
        return ALWAYS
    low, high = found.get("from", found.get("above")), found.get("to", found.get("below"))
    test = Between(name.text, low, high, "above" not in bounds, "to" in bounds)
    if is_empty(test):
        _report_empty(leaves, name, bounds)
    return test


def bound(leaves: Leaves, name: Scalar, kind: FieldKind, value: Scalar) -> Bound | None:
    """One end of a range; None and a problem where it is none."""
    if kind is FieldKind.DATE and not value.is_null and (found := days_from_today(value.text)) is not None:
        return found if _is_near(leaves, name, value, found.days) else None
    numeric = FieldKind.NUMBER if kind is FieldKind.INTEGER else kind
    return leaves.constant(name, numeric, value, {})  # type: ignore[return-value]


def days(leaves: Leaves, name: Scalar, operator: Scalar, value: Scalar) -> Condition:
    """`within_days: 90` is from 90 days ago to today, `in_next_days: 60` from today to 60 days on, both ends
    included; `older_than_days: 180` is every day before the one 180 days ago."""
    text = value.text.strip()
    if value.is_null or not (text.isascii() and text.isdigit()):
        message = f"{operator.text}: {quoted(value.text)} is not a number of days"
        leaves.report(value, Code.WRONG_KIND, message, "write a whole number, like 90")
        return ALWAYS
    number = int(text[:12])
    if not _is_near(leaves, name, value, number):
        return ALWAYS
    match operator.text:
        case "within_days":
            return Between(name.text, DaysFromToday(-number), DaysFromToday(0), high_included=True)
        case "in_next_days":
            return Between(name.text, DaysFromToday(0), DaysFromToday(number), high_included=True)
        case _:
            return Between(name.text, None, DaysFromToday(-number))


def is_empty(test: Between) -> bool:
    """Whether no value lies inside, as far as can be said on any day: the low end is not below the high end."""
    low, high = test.low, test.high
    if low is None or high is None or isinstance(low, DaysFromToday) != isinstance(high, DaysFromToday):
        return False
    return low > high or (low == high and not (test.low_included and test.high_included))  # type: ignore[operator]


def _is_near(leaves: Leaves, name: Scalar, value: Scalar, days: int) -> bool:
    if abs(days) <= MOST_DAYS:
        return True
    message = f"{name.text}: {abs(days):,} days are more than {MOST_DAYS:,}"
    leaves.report(value, Code.WRONG_KIND, message, "write a date, like 1950-01-01")
    return False


def _report_empty(leaves: Leaves, name: Scalar, bounds: Bounds) -> None:
    words = " ".join(f"{op} {value.text}" for op, value in bounds.items())
    last = list(bounds.values())[-1]
    message = f"{name.text}: nothing lies {words}"
    leaves.report(last, Code.EMPTY_RANGE, message, "the low end must be below the high end")


def _postal(leaves: Leaves, name: Scalar, bounds: Bounds, pins: Pins) -> Condition:
    countries = {leaves.country(name, FieldKind.POSTAL_CODE, value, pins) for value in bounds.values()}
    country = next(iter(countries))
    if None in countries or country is None:
        return ALWAYS
    if country not in WIDTHS or len(countries) > 1:
        message = f"{name.text}: postal codes of {' and '.join(sorted(map(str, countries)))} have no ranges"
        leaves.report(next(iter(bounds.values())), Code.BAD_OPERATOR, message, "use 'prefix' or a list")
        return ALWAYS
    owned = {op: _owned(value, country) for op, value in bounds.items()}
    found = {op: leaves.constant(name, FieldKind.POSTAL_CODE, v, {}) for op, v in owned.items()}
    if None in found.values():
        return ALWAYS
    low, high = _closed({op: str(code)[3:] for op, code in found.items()}, WIDTHS[country])
    prefixes = range_prefixes(low, high, country)
    if not prefixes:
        _report_empty(leaves, name, bounds)
    return HasPrefix(name.text, prefixes) if prefixes else ALWAYS


def _owned(value: Scalar, country: str) -> Scalar:
    """The bound with its country written into it, so that it is read under it."""
    text = f"{country}-{value.text.strip().removeprefix(country + '-')}"
    return Scalar(value.origin, value.line, value.column, text, True)


def _closed(bounds: Mapping[str, str], width: int) -> tuple[str, str]:
    """Both ends of a range of digits, included; an open one is the first or last code there is."""
    low = int(bounds.get("from", bounds.get("above", "0"))) + ("above" in bounds)
    high = int(bounds.get("to", bounds.get("below", "9" * width))) - ("below" in bounds)
    return str(low).zfill(width), str(max(high, 0)).zfill(width) if high >= 0 else "0" * width
