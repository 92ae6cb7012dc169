"""The tests of one field that both spellings of a condition come down to, checked against the field's kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rules.language.advice import advice_for
from rules.language.codes import Code
from rules.language.condition import ALWAYS, All, Condition, Constant, FieldKind, In, InList, IsMissing, Not
from rules.language.conditions.operators import ELSEWHERE, OPERATORS
from rules.language.conditions.relative import days_from_today
from rules.language.fields import country_field
from rules.language.reading.problems import Problem, did_you_mean
from rules.language.reading.yaml import Node, Scalar
from rules.language.ruleset import ValueList
from rules.language.values.folding import is_missing
from rules.language.values.normalise import Normalised, constant, normalise, own_country, quoted

Pins = Mapping[str, str]
"""Country fields that the surrounding condition fixes to one country: {"country": "US"}."""

_PLACES = (FieldKind.STATE, FieldKind.POSTAL_CODE)


@dataclass(frozen=True, slots=True)
class Leaves:
    """Makes tests; what is wrong goes to `problems`, and a wrong test becomes ALWAYS so that the rest is checked."""

    fields: Mapping[str, FieldKind]
    lists: Mapping[str, FieldKind]
    missing: Collection[str]
    problems: list[Problem] = field(default_factory=list)
    synonyms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Per field: folded spelling to the one it stands for; constants become the latter."""
    listed: Mapping[str, ValueList] = field(default_factory=dict)
    """The lists that could be read; what they say of a field with synonyms is looked up here."""
    bands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The only values of fields that are bands, folded."""

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
            advice = ELSEWHERE.get(operator.text.lower()) or did_you_mean(operator.text, known)
            self.report(operator, Code.BAD_OPERATOR, message, advice)
        return False

    def one_of(self, name: Scalar, values: Sequence[Scalar], pins: Pins, at: Node) -> Condition:
        """The field is one of these values."""
        good = self._constants(name, values, pins, at)
        return In(name.text, good) if good else ALWAYS

    def all_of(self, name: Scalar, values: Sequence[Scalar], at: Node) -> Condition:
        """The field, a multi-select, has every one of these items."""
        tests = tuple(In(name.text, (item,)) for item in self._constants(name, values, {}, at))
        return tests[0] if len(tests) == 1 else All(tests)

    def in_list(self, name: Scalar, list_name: Scalar) -> Condition:
        """The field is in a declared list of its kind."""
        kind, listed = self.fields[name.text], self.lists.get(list_name.text)
        if listed is None:
            advice = did_you_mean(list_name.text, self.lists) or "declare it under 'lists:'"
            self.report(list_name, Code.UNKNOWN_LIST, f"unknown list {quoted(list_name.text)}", advice)
        elif listed is not kind and not (kind is FieldKind.MULTI_SELECT and listed is FieldKind.TEXT):
            message = f"list {list_name.text!r} has type {listed.value}, but {name.text} is {kind.value}"
            advice = f"give the list 'type: {kind.value}'"
            self.report(list_name, Code.LIST_KIND, message, advice)
        else:
            return self._listed(name.text, list_name.text)
        return ALWAYS

    def missing_is(self, name: Scalar, answer: Scalar) -> Condition:
        """The field is missing, or is there."""
        wanted = normalise(FieldKind.BOOLEAN, answer.text).value
        if wanted is None:
            self.report(
                answer, Code.BAD_VALUE, f"is_missing: {quoted(answer.text)} is neither true nor false"
            )
        return IsMissing(name.text) if wanted else Not(IsMissing(name.text))

    def constant(self, name: Scalar, kind: FieldKind, value: Scalar, pins: Pins) -> Constant | None:
        """The value as the kind compares it, None and a problem where it is none."""
        if value.is_null or is_missing(value.text, self.missing):
            shown = "nothing" if value.is_null else quoted(value.text)
            advice = "ask for missing values with 'is_missing: true'"
            self.report(value, Code.COUNTS_AS_MISSING, f"{name.text}: {shown} counts as missing", advice)
            return None
        country = self.country(name, kind, value, pins)
        if kind in _PLACES and country is None:
            return None
        found = constant(kind, value.text, country)
        if found.value is None:
            self._report_value(name, kind, value, found, country)
        elif name.text in self.bands and found.value not in self.bands[name.text]:
            message = f"{name.text} has no band {quoted(value.text)}"
            self.report(value, Code.WRONG_KIND, message, did_you_mean(value.text, self.bands[name.text]))
        return None if found.value is None else self.canonical(name.text, found.value)

    def canonical(self, field: str, value: Constant) -> Constant:
        """The value that stands for this one in the field, by its synonyms; mostly itself."""
        return self.synonyms.get(field, {}).get(value, value) if isinstance(value, str) else value

    def country(self, name: Scalar, kind: FieldKind, value: Scalar, pins: Pins) -> str | None:
        """The country that a state or postal code is read under; a problem where nothing says it."""
        if kind not in _PLACES:
            return None
        beside = country_field(name.text, self.fields)
        country = pins.get(beside or "") or own_country(value.text)
        if country is None:
            example = "'US-CA'" if kind is FieldKind.STATE else "'US-02116'"
            near = f"name one country beside it ('{beside}: US'), or write" if beside else "write"
            message = f"{name.text}: {quoted(value.text)} has no country"
            self.report(value, Code.NO_COUNTRY, message, f"{near} it like {example}")
        return country

    def _constants(
        self, name: Scalar, values: Sequence[Scalar], pins: Pins, at: Node
    ) -> tuple[Constant, ...]:
        """The good ones among the values, each once."""
        kind = self.fields[name.text]
        if not values:
            advice = f"name at least one, or ask for accounts without it: {name.text}: {{is_missing: true}}"
            self.report(at, Code.EMPTY_VALUES, f"{name.text}: an empty list has no values to match", advice)
        found = [self.constant(name, kind, value, pins) for value in values]
        return tuple(dict.fromkeys(value for value in found if value is not None))

    def _listed(self, field: str, name: str) -> Condition:
        """The test of a list; where it holds synonyms of the field, of what they stand for."""
        known, found = self.synonyms.get(field), self.listed.get(name)
        if known is None or found is None or known.keys().isdisjoint(found.values):
            return InList(field, name)
        return In(field, tuple(dict.fromkeys(self.canonical(field, value) for value in found.values)))

    def _report_value(
        self, name: Scalar, kind: FieldKind, value: Scalar, found: Normalised, country: str | None
    ) -> None:
        code = Code.COUNTS_AS_MISSING if "free-mail" in (found.problem or "") else Code.WRONG_KIND
        advice = advice_for(kind, value.text, country)
        if kind is FieldKind.DATE and days_from_today(value.text) is not None:
            advice = "days that are counted from today are asked with from, above, to and below"
        self.report(value, code, f"{name.text}: {found.problem or 'no value'}", advice)
