"""The tests of one field that both spellings of a condition come down to, checked against the field's kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rules.language.advice import advice_for
from rules.language.codes import Code
from rules.language.condition import (
    ALWAYS,
    Between,
    Condition,
    Constant,
    FieldKind,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Not,
)
from rules.language.fields import country_field
from rules.language.folding import fold, is_missing
from rules.language.normalise import Normalised, normalise, own_country, quoted
from rules.language.postal import WIDTHS, postal_prefix, range_prefixes
from rules.language.problems import Problem, did_you_mean
from rules.language.yaml import Node, Scalar

Pins = Mapping[str, str]
"""Country fields that the surrounding condition fixes to one country: {"country": "US"}."""

SETS = ("eq", "not_eq", "in", "not_in")
LISTS = ("in_list", "not_in_list")
RANGES = ("from", "above", "to", "below")
_EVERY = (*SETS, *LISTS, "is_missing")
_NUMBERS = (*_EVERY, *RANGES)
OPERATORS: Mapping[FieldKind, tuple[str, ...]] = {
    FieldKind.TEXT: (*_EVERY, "prefix"),
    FieldKind.ID: (*_EVERY, "prefix"),
    FieldKind.COUNTRY: _EVERY,
    FieldKind.STATE: _EVERY,
    FieldKind.POSTAL_CODE: (*_EVERY, "prefix", *RANGES),
    FieldKind.DOMAIN: _EVERY,
    FieldKind.INTEGER: _NUMBERS,
    FieldKind.NUMBER: _NUMBERS,
    FieldKind.BOOLEAN: ("eq", "not_eq", "is_missing"),
    FieldKind.DATE: _NUMBERS,
}
"""What each kind of field can be asked."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """Makes tests; what is wrong goes to `problems`, and a wrong test becomes ALWAYS so that the rest is checked."""

    fields: Mapping[str, FieldKind]
    lists: Mapping[str, FieldKind]
    missing: Collection[str]
    problems: list[Problem] = field(default_factory=list)

    def report(self, at: Node, code: Code, message: str, suggestion: str = "") -> None:
        """Adds a problem at a place."""
        self.problems.append(at.problem(code, message, suggestion))

    def kind(self, name: Scalar) -> FieldKind | None:
        """The kind of a field; None, and a problem, where accounts have no such field."""
        kind = self.fields.get(name.text)
        if kind is None:
            advice = did_you_mean(name.text, self.fields)
            self.report(name, Code.UNKNOWN_FIELD, f"unknown field {quoted(name.text)}", advice)
        return kind

    def allows(self, name: Scalar, kind: FieldKind, operator: Scalar) -> bool:
        """Whether the field's kind has the operator; a problem where not."""
        known = OPERATORS[kind]
        if operator.text in known:
            return True
        every = {op for ops in OPERATORS.values() for op in ops}
        if operator.text in every:
            message = f"{name.text} is a {kind.value.replace('_', ' ')}, which has no {operator.text!r}"
            self.report(operator, Code.BAD_OPERATOR, message, f"it has {', '.join(known)}")
        else:
            message = f"unknown operator {quoted(operator.text)}"
            self.report(operator, Code.BAD_OPERATOR, message, did_you_mean(operator.text, known))
        return False

    def one_of(self, name: Scalar, values: Sequence[Scalar], pins: Pins, at: Node) -> Condition:
        """The field is one of these values."""
        kind = self.fields[name.text]
        if not values:
            self.report(at, Code.EMPTY_VALUES, f"{name.text}: no values", "name at least one")
            return ALWAYS
        found = [self._constant(name, kind, value, pins) for value in values]
        good = tuple(dict.fromkeys(value for value in found if value is not None))
        return In(name.text, good) if len(good) > 0 else ALWAYS

    def in_list(self, name: Scalar, list_name: Scalar) -> Condition:
        """The field is in a declared list of its kind."""
        kind, listed = self.fields[name.text], self.lists.get(list_name.text)
        if listed is None:
            advice = did_you_mean(list_name.text, self.lists) or "declare it under 'lists:'"
            self.report(list_name, Code.UNKNOWN_LIST, f"unknown list {quoted(list_name.text)}", advice)
        elif listed is not kind:
            message = f"list {list_name.text!r} has type {listed.value}, but {name.text} is {kind.value}"
            advice = f"give the list 'type: {kind.value}'"
            self.report(list_name, Code.LIST_KIND, message, advice)
        else:
            return InList(name.text, list_name.text)
        return ALWAYS

    def prefix(self, name: Scalar, values: Sequence[Scalar], pins: Pins, at: Node) -> Condition:
        """The normalised text of the field begins with one of these."""
        if not values:
            self.report(at, Code.EMPTY_VALUES, f"{name.text}: no prefixes", "name at least one")
        found = (self._prefix(name, value, pins) for value in values)
        good = tuple(dict.fromkeys(text for text in found if text))
        return HasPrefix(name.text, good) if good else ALWAYS

    def missing_is(self, name: Scalar, answer: Scalar) -> Condition:
        """The field is missing, or is there."""
        wanted = normalise(FieldKind.BOOLEAN, answer.text).value
        if wanted is None:
            self.report(
                answer, Code.BAD_VALUE, f"is_missing: {quoted(answer.text)} is neither true nor false"
            )
        return IsMissing(name.text) if wanted else Not(IsMissing(name.text))

    def between(self, name: Scalar, bounds: Mapping[str, Scalar], pins: Pins) -> Condition:
        """The field lies between bounds given by `from`, `above`, `to` and `below`, at most two of them."""
        kind = self.fields[name.text]
        for one, other in (("from", "above"), ("to", "below")):
            if one in bounds and other in bounds:
                message = f"{name.text}: {one!r} and {other!r} together"
                self.report(bounds[other], Code.BAD_OPERATOR, message, "keep one of them")
                return ALWAYS
        if kind is FieldKind.POSTAL_CODE:
            return self._postal_range(name, bounds, pins)
        found = {op: self._bound(name, kind, value) for op, value in bounds.items()}
        low, high = found.get("from", found.get("above")), found.get("to", found.get("below"))
        if None in found.values():
            return ALWAYS
        test = Between(name.text, low, high, "above" not in bounds, "to" in bounds)
        if is_empty(test):
            self._report_empty(name, bounds)
        return test

    def _report_empty(self, name: Scalar, bounds: Mapping[str, Scalar]) -> None:
        words = " ".join(f"{op} {value.text}" for op, value in bounds.items())
        last = list(bounds.values())[-1]
        message = f"{name.text}: nothing lies {words}"
        self.report(last, Code.EMPTY_RANGE, message, "the low end must be below the high end")

    def _bound(self, name: Scalar, kind: FieldKind, value: Scalar) -> float | None:
        numeric = FieldKind.NUMBER if kind is FieldKind.INTEGER else kind
        return self._constant(name, numeric, value, {})  # type: ignore[return-value]

    def _constant(self, name: Scalar, kind: FieldKind, value: Scalar, pins: Pins) -> Constant | None:
        if value.is_null or is_missing(value.text, self.missing):
            shown = "nothing" if value.is_null else quoted(value.text)
            advice = "ask for missing values with 'is_missing: true'"
            self.report(value, Code.COUNTS_AS_MISSING, f"{name.text}: {shown} counts as missing", advice)
            return None
        country = self._country(name, kind, value, pins)
        if kind in (FieldKind.STATE, FieldKind.POSTAL_CODE) and country is None:
            return None
        found = normalise(kind, value.text, country)
        if found.value is None:
            self._report_value(name, kind, value, found, country)
        return found.value

    def _country(self, name: Scalar, kind: FieldKind, value: Scalar, pins: Pins) -> str | None:
        """The country that a state or postal code is read under; a problem where nothing says it."""
        if kind not in (FieldKind.STATE, FieldKind.POSTAL_CODE):
            return None
        beside = country_field(name.text, self.fields)
        country = pins.get(beside or "") or own_country(value.text)
        if country is None:
            example = "'US-CA'" if kind is FieldKind.STATE else "'US-02116'"
            near = f"name one country beside it ('{beside}: US'), or write" if beside else "write"
            message = f"{name.text}: {quoted(value.text)} has no country"
            self.report(value, Code.NO_COUNTRY, message, f"{near} it like {example}")
        return country

    def _report_value(
        self, name: Scalar, kind: FieldKind, value: Scalar, found: Normalised, country: str | None
    ) -> None:
        code = Code.COUNTS_AS_MISSING if "free-mail" in (found.problem or "") else Code.WRONG_KIND
        advice = advice_for(kind, value.text, country)
        self.report(value, code, f"{name.text}: {found.problem or 'no value'}", advice)

    def _prefix(self, name: Scalar, value: Scalar, pins: Pins) -> str | None:
        kind = self.fields[name.text]
        if not value.text.strip():
            self.report(value, Code.EMPTY_VALUES, f"{name.text}: a prefix cannot be empty")
            return None
        if kind is FieldKind.ID:
            return value.text
        if kind is FieldKind.TEXT:
            # A blank at the end counts: "new " begins "new york" but not "newton".
            return fold(value.text) + (" " if value.text[-1].isspace() else "")
        country = self._country(name, kind, value, pins)
        text = country and postal_prefix(value.text, country)
        if country and not text:
            message = f"{name.text}: no postal code of {country} begins with {quoted(value.text)}"
            self.report(value, Code.WRONG_KIND, message)
        return text

    def _postal_range(self, name: Scalar, bounds: Mapping[str, Scalar], pins: Pins) -> Condition:
        countries = {self._country(name, FieldKind.POSTAL_CODE, value, pins) for value in bounds.values()}
        country = next(iter(countries))
        if None in countries or country is None:
            return ALWAYS
        first = next(iter(bounds.values()))
        if country not in WIDTHS or len(countries) > 1:
            message = (
                f"{name.text}: postal codes of {' and '.join(sorted(map(str, countries)))} have no ranges"
            )
            self.report(first, Code.BAD_OPERATOR, message, "use 'prefix' or a list")
            return ALWAYS
        found = {op: self._constant(name, FieldKind.POSTAL_CODE, v, {}) for op, v in _owned(bounds, country)}
        if None in found.values():
            return ALWAYS
        low, high = _closed({op: str(code)[3:] for op, code in found.items()}, WIDTHS[country])
        prefixes = range_prefixes(low, high, country)
        if not prefixes:
            self._report_empty(name, bounds)
        return HasPrefix(name.text, prefixes) if prefixes else ALWAYS


def _owned(bounds: Mapping[str, Scalar], country: str) -> list[tuple[str, Scalar]]:
    """The bounds with their country written into them, so that each is read under it."""
    return [
        (
            op,
            Scalar(
                v.origin, v.line, v.column, f"{country}-{v.text.strip().removeprefix(country + '-')}", True
            ),
        )
        for op, v in bounds.items()
    ]


def _closed(bounds: Mapping[str, str], width: int) -> tuple[str, str]:
    """Both ends of a range of digits, included; an open one is the first or last code there is."""
    low = int(bounds.get("from", bounds.get("above", "0"))) + ("above" in bounds)
    high = int(bounds.get("to", bounds.get("below", "9" * width))) - ("below" in bounds)
    return str(low).zfill(width), str(max(high, 0)).zfill(width) if high >= 0 else "0" * width


def is_empty(test: Between) -> bool:
    """Whether no value lies inside: the low end is not below the high end; an open end always leaves some."""
    low, high = test.low, test.high
    if low is None or high is None:
        return False
    return low > high or (low == high and not (test.low_included and test.high_included))  # type: ignore[operator]
