"""Per field: the classes of values that no rule can tell apart.

Every distinct test on a field splits its values; values that pass the same tests form one class. Classes are
made from the rules alone, so their number does not depend on the data. A set of classes is a Python integer
with bit c set for class c. Class 0 is always the missing value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.engine.errors import AssignError
from rules.engine.masking.thresholds import points, span, thresholds_of
from rules.language.condition import (
    All,
    Any,
    Between,
    Condition,
    Constant,
    FieldKind,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Like,
    Not,
    Test,
)
from rules.language.ruleset import ValueList

MISSING = 0
OTHER = 1
"""Of a named field: values that no rule names."""
ORDERED = frozenset({FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.BOOLEAN, FieldKind.DATE})


@dataclass(frozen=True, slots=True)
class NamedClasses:
    """Classes of a field whose values are compared as text: by the values and prefixes that rules name."""

    field: str
    kind: FieldKind
    count: int
    exact: Mapping[str, int]
    prefixes: Mapping[str, int]
    lengths: tuple[int, ...]
    """Lengths of the prefixes, longest first."""
    truth: Mapping[Test, int]

    def class_of(self, value: str) -> int:
        """The class of a normalised, present value."""
        found = self.exact.get(value)
        if found is not None:
            return found
        for length in self.lengths:
            found = self.prefixes.get(value[:length])
            if found is not None:
                return found
        return OTHER


@dataclass(frozen=True, slots=True)
class OrderedClasses:
    """Classes of a number, date or boolean: class 1 + i holds the values from threshold i - 1 up to threshold i."""

    field: str
    kind: FieldKind
    count: int
    thresholds: tuple[int | float, ...]
    """Ascending; integers except for `FieldKind.NUMBER`, days since 1970-01-01 for dates."""
    truth: Mapping[Test, int]

    def class_of(self, value: int | float) -> int:
        """The class of a present value, on the scale of `thresholds`."""
        return 1 + bisect_right(self.thresholds, value)


FieldClasses = NamedClasses | OrderedClasses


def tests_in(condition: Condition) -> Iterator[Test]:
    """Every leaf, from left to right."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from tests_in(part)
        case Not(part):
            yield from tests_in(part)
        case _:
            yield condition


def classes_of(
    conditions: Iterable[Condition], fields: Mapping[str, FieldKind], lists: Mapping[str, ValueList]
) -> dict[str, FieldClasses]:
    """The classes of every field that the conditions use, in order of first use."""
    tests: dict[str, dict[Test, None]] = {}
    for condition in conditions:
        for test in tests_in(condition):
            tests.setdefault(test.field, {})[test] = None
    return {field: _classes(field, tuple(found), fields, lists) for field, found in tests.items()}


def _classes(
    field: str, tests: tuple[Test, ...], fields: Mapping[str, FieldKind], lists: Mapping[str, ValueList]
) -> FieldClasses:
    if field not in fields:
        raise AssignError(
            f"a rule uses the field {field!r}, whose kind is not declared; declare it with the rule set"
        )
    kind = fields[field]

    def values(test: In | InList) -> tuple[Constant, ...]:
        if isinstance(test, In):
            return test.values
        if test.list not in lists:
            raise AssignError(f"a rule compares {field!r} with the list {test.list!r}, which does not exist")
        return lists[test.list].values

    return (_ordered if kind in ORDERED else _named)(field, kind, tests, values)


Values = Callable[[In | InList], tuple[Constant, ...]]


def _named(field: str, kind: FieldKind, tests: tuple[Test, ...], values: Values) -> NamedClasses:
    exact: dict[str, list[int]] = {}
    prefixes: dict[str, list[int]] = {}
    for number, test in enumerate(tests):
        match test:
            case In() | InList():
                for value in values(test):
                    exact.setdefault(str(value), []).append(number)
            case HasPrefix(_, given):
                for prefix in given:
                    prefixes.setdefault(prefix, []).append(number)
            case Between():
                raise AssignError(
                    f"a rule asks whether {field!r} ({kind}) lies in a range; only numbers and dates do"
                )
            case Like():
                raise TypeError(f"{test} has no classes; `rules.engine.derived.asked` makes it a field")
    lengths = tuple(sorted({len(prefix) for prefix in prefixes}, reverse=True))

    def passed(value: str) -> frozenset[int]:
        found = set(exact.get(value, ()))
        for length in lengths:
            if length <= len(value):
                found.update(prefixes.get(value[:length], ()))
        return frozenset(found)

    classes: dict[Hashable, int] = {None: MISSING, frozenset(): OTHER}

    def number_of(value: str) -> int:
        return classes.setdefault(passed(value), len(classes))

    exact_class = {value: number_of(value) for value in exact}
    # A longer prefix passes what every shorter one of the same value passes, so the longest decides.
    prefix_class = {
        prefix: classes.setdefault(_by_prefix(prefix, prefixes, lengths), len(classes)) for prefix in prefixes
    }
    truth = _truth_by_signature(tests, classes)
    return NamedClasses(field, kind, len(classes), exact_class, prefix_class, lengths, truth)


def _by_prefix(prefix: str, prefixes: Mapping[str, list[int]], lengths: tuple[int, ...]) -> frozenset[int]:
    return frozenset(
        number for length in lengths if length <= len(prefix) for number in prefixes.get(prefix[:length], ())
    )


def _truth_by_signature(tests: tuple[Test, ...], classes: Mapping[Hashable, int]) -> dict[Test, int]:
    bits = [0] * len(tests)
    for signature, number in classes.items():
        if isinstance(signature, frozenset):
            for test in signature:
                bits[test] |= 1 << number
    return {test: 1 << MISSING if isinstance(test, IsMissing) else bits[i] for i, test in enumerate(tests)}


def _ordered(field: str, kind: FieldKind, tests: tuple[Test, ...], values: Values) -> OrderedClasses:
    ranges: dict[Test, list[tuple[int | float | None, int | float | None]]] = {}
    for test in tests:
        match test:
            case In() | InList():
                ranges[test] = [found for value in values(test) for found in points(kind, value)]
            case Between():
                ranges[test] = [span(kind, test)]
            case HasPrefix() | Like():
                raise AssignError(f"a rule asks for a part of {field!r} ({kind}); only text has one")
            case IsMissing():
                ranges[test] = []
    thresholds = thresholds_of(found for spans in ranges.values() for found in spans)
    at = {threshold: 2 + i for i, threshold in enumerate(thresholds)}
    count = len(thresholds) + 2
    truth: dict[Test, int] = {}
    for test, spans in ranges.items():
        bits = 1 << MISSING if isinstance(test, IsMissing) else 0
        for low, high in spans:
            first, end = (1 if low is None else at[low]), (count if high is None else at[high])
            if first < end:
                bits |= (1 << end) - (1 << first)
        truth[test] = bits
    return OrderedClasses(field, kind, count, thresholds, truth)
