"""Cells of fields whose values are compared as text: by the values, prefixes and patterns that tests name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from rules.evaluate import is_like, test
from rules.language.condition import Constant, FieldKind, HasPrefix, In, InList, Like, Test
from rules.language.ruleset import ValueList
from rules.proof.cells import Cell, Cells
from rules.proof.naming import code_under, familiar_codes, names, shapes
from rules.proof.patterns import TooManyTexts, texts

TRIES = 300
"""Names that are tried for one cell before it is left undecided."""
CODES = frozenset({FieldKind.POSTAL_CODE, FieldKind.NAICS, FieldKind.SIC})
Answers = frozenset[int]
"""Numbers of the tests that a value passes."""
Key = tuple[Answers, str | None]


@dataclass(frozen=True, slots=True)
class Named:
    """What tests of one field name, and how its values read."""

    field: str
    kind: FieldKind
    tests: Sequence[Test]
    exact: Mapping[str, Sequence[int]]
    prefixes: Mapping[str, Sequence[int]]
    lengths: Sequence[int]
    patterns: Sequence[tuple[int, str]]
    is_value: Callable[[str], bool]
    """Whether some account can have the value, in this form."""

    def answers(self, value: str) -> Answers:
        """The tests that the value passes."""
        found = set(self.exact.get(value, ()))
        for length in self.lengths:
            if length <= len(value):
                found.update(self.prefixes.get(value[:length], ()))
        found.update(number for number, pattern in self.patterns if is_like(value, pattern))
        return frozenset(found)

    def under(self, prefix: str) -> Answers:
        """The tests that every value with the prefix passes."""
        return frozenset(
            number
            for length in self.lengths
            if length <= len(prefix)
            for number in self.prefixes.get(prefix[:length], ())
        )


def named(
    field: str,
    kind: FieldKind,
    tests: Sequence[Test],
    lists: Mapping[str, ValueList],
    is_value: Callable[[str], bool],
) -> Named:
    """The tests sorted by what they name."""
    exact: dict[str, list[int]] = {}
    prefixes: dict[str, list[int]] = {}
    patterns: list[tuple[int, str]] = []
    for number, found in enumerate(tests):
        match found:
            case In(_, values):
                _add(exact, values, number)
            case InList(_, name):
                _add(exact, lists[name].values, number)
            case HasPrefix(_, given):
                _add(prefixes, given, number)
            case Like(_, pattern):
                patterns.append((number, pattern))
    lengths = sorted({len(prefix) for prefix in prefixes})
    return Named(field, kind, tests, exact, prefixes, lengths, patterns, is_value)


def _add(into: dict[str, list[int]], values: Iterable[Constant], number: int) -> None:
    for value in values:
        into.setdefault(str(value), []).append(number)


def named_cells(found: Named, countries: Mapping[str, str] | None = None) -> Cells:
    """One cell for each set of tests that a value can pass just so, and for each country where there are any.

    `countries` has the representative of every country, and is given for postal codes.
    """
    groups: dict[Key, str | None] = {}
    for value in found.exact:
        place = _place(value, countries)
        key = (found.answers(value), place)
        if groups.get(key) is None:
            groups[key] = value if found.is_value(value) else None
    is_open = False
    if found.patterns:
        is_open = not _add_by_patterns(found, groups, countries)
    elif found.kind in CODES:
        _add_codes(found, groups, countries)
    else:
        for prefix in ["", *found.prefixes]:
            _add_name(found, groups, prefix)
    return _cells(found.tests, groups, countries is not None, is_open)


def listed_cells(tests: Sequence[Test], values: Iterable[Constant], lists: Mapping[str, ValueList]) -> Cells:
    """Cells of a field that has no other values than these."""
    groups: dict[Answers, Constant] = {}
    for value in values:
        passed = frozenset(n for n, found in enumerate(tests) if test(found, value, lists) is True)
        groups.setdefault(passed, value)
    cells = tuple(Cell(value) for value in groups.values())
    return Cells(cells, _truth(tests, list(groups)))


def _place(value: str, countries: Mapping[str, str] | None) -> str | None:
    if countries is None:
        return None
    head = value.partition("-")[0]
    return countries.get(head, head)


def _add_name(found: Named, groups: dict[Key, str | None], prefix: str) -> None:
    wanted = found.under(prefix)
    if groups.get((wanted, None)) is not None:
        return
    tried = islice(names(found.field, found.kind, prefix), TRIES + len(found.exact))
    fitting = (n for n in tried if n not in found.exact and found.answers(n) == wanted and found.is_value(n))
    groups[wanted, None] = next(fitting, None)


def _add_codes(found: Named, groups: dict[Key, str | None], countries: Mapping[str, str] | None) -> None:
    for place in sorted(set(countries.values())) if countries else [None]:
        head = f"{place}-" if place else ""
        inside = [prefix for prefix in found.prefixes if prefix.startswith(head) and prefix != head]
        for prefix in [head, *inside]:
            wanted = found.under(prefix)
            if groups.get((wanted, place)) is None and (code := _code(found, prefix, head, place)):
                groups[wanted, place] = code


def _code(found: Named, prefix: str, head: str, place: str | None) -> str | None:
    """A code with the prefix that nothing longer names; None proves that there is none."""
    wanted = found.under(prefix)
    for code in (head + familiar for familiar in familiar_codes(found.kind, place)):
        if code.startswith(prefix) and code not in found.exact and found.answers(code) == wanted:
            return code
    longer = {other for other in found.prefixes if len(other) > len(prefix)}
    tried = (code_under(shape, prefix, found.exact, longer, head) for shape in shapes(found.kind, place))
    return next((code for code in tried if code is not None), None)


def _add_by_patterns(
    found: Named, groups: dict[Key, str | None], countries: Mapping[str, str] | None
) -> bool:
    """Adds a text for every way to fit patterns and prefixes; False where there are too many."""
    patterns = [*(pattern for _, pattern in found.patterns), *(f"{p}%" for p in found.prefixes)]
    try:
        for text in texts(patterns, found.exact.keys(), lambda letter: found.is_value(letter)):
            key = (found.answers(text), _place(text, countries))
            if groups.get(key) is None:
                groups[key] = text if found.is_value(text) else None
    except TooManyTexts:
        return False
    return True


def _cells(tests: Sequence[Test], groups: Mapping[Key, str | None], placed: bool, is_open: bool) -> Cells:
    cells = tuple(
        Cell(value if value is not None else "?", place if placed else None, real=value is not None)
        for (_, place), value in groups.items()
    )
    if is_open:
        cells += (Cell("?", real=False),)
    return Cells(cells, _truth(tests, [passed for passed, _ in groups]), is_open)


def _truth(tests: Sequence[Test], answers: Sequence[Answers]) -> dict[Test, int]:
    bits = [0] * len(tests)
    for number, passed in enumerate(answers):
        for test_number in passed:
            bits[test_number] |= 1 << number
    return dict(zip(tests, bits, strict=True))
