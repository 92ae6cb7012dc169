"""The cells of every field that conditions use, and of those that these hang on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from rules.engine.errors import AssignError
from rules.engine.masking.classes import tests_in
from rules.language.condition import All, Between, Condition, FieldKind, In, IsMissing, Test
from rules.language.derived import Banded, Computed
from rules.language.expression import Arithmetic, Branch, Call, Case, Column, Expression
from rules.language.fields import country_field
from rules.language.ruleset import RuleSet
from rules.language.values.folding import fold
from rules.language.values.multiselect import SEPARATOR
from rules.language.values.normalise import normalise
from rules.proof.cells import Cell, Cells, FieldCells
from rules.proof.computed import choices, grid
from rules.proof.named import listed_cells, named, named_cells
from rules.proof.ordered import ordered_cells
from rules.proof.places import countries, countries_named, country_cells, state_cells

Tests = dict[str, dict[Test, None]]
_ORDERED = frozenset({FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.BOOLEAN, FieldKind.DATE})
_PLACED = frozenset({FieldKind.STATE, FieldKind.POSTAL_CODE})


def cells_of(rules: RuleSet, conditions: Iterable[Condition]) -> dict[str, FieldCells]:
    """Raises AssignError where a field or list is not declared."""
    tests = _tests(rules, conditions)
    beside = _with_countries(rules, tests)
    found: dict[str, FieldCells] = {}
    stands: dict[str, dict[str, str]] = {}
    for field in sorted(tests, key=lambda name: rules.fields[name] in _PLACED):
        kind, wanted = rules.fields[field], tuple(tests[field])
        if kind is FieldKind.COUNTRY:
            cells, stands[field] = country_cells(_codes(rules, field), wanted, rules.lists)
        else:
            cells = _cells(rules, field, kind, wanted, stands.get(beside.get(field) or "", {}))
        found[field] = _of_field(field, kind, wanted, cells, beside.get(field))
    return found


def _tests(rules: RuleSet, conditions: Iterable[Condition]) -> Tests:
    tests: Tests = {}

    def add(condition: Condition) -> None:
        for test in tests_in(condition):
            if test.field not in rules.fields:
                raise AssignError(f"a rule uses the field {test.field!r}, whose kind is not declared")
            if test.field not in tests:
                tests[test.field] = {}
                for wanted in _behind(rules, test.field):
                    add(wanted)
            tests[test.field][test] = None

    for condition in conditions:
        add(condition)
    return tests


def _behind(rules: RuleSet, field: str) -> Iterable[Condition]:
    """What a derived field asks of others."""
    match rules.derived.get(field):
        case Banded(by=by, names=names):
            yield from (In(field, (name,)) for name in names)
            for bands in by:
                for step in bands.steps:
                    bounds = {step.low, step.up, step.down} - {None}
                    yield from (
                        Between(bands.field, low=bound)
                        for bound in sorted(b for b in bounds if b is not None)
                    )
                yield IsMissing(bands.field)
        case Computed() as found:
            yield All(tuple(conditions_in(found.expression)))
            if choices(found) is None:
                yield from grid(found, rules)
        case _:
            pass


def conditions_in(expression: Expression) -> Iterable[Condition]:
    """The conditions of an expression, and for every column that it reads whether that is missing."""
    match expression:
        case Column(field):
            yield IsMissing(field)
        case Arithmetic(_, left, right):
            yield from conditions_in(left)
            yield from conditions_in(right)
        case Call(_, parts):
            for part in parts:
                yield from conditions_in(part)
        case Case(branches, otherwise):
            for branch in branches:
                yield from _of_branch(branch)
            if otherwise is not None:
                yield from conditions_in(otherwise)
        case _:
            pass


def _of_branch(branch: Branch) -> Iterable[Condition]:
    yield branch.when
    yield from conditions_in(branch.then)


def _with_countries(rules: RuleSet, tests: Tests) -> dict[str, str | None]:
    """Adds to every country field the countries that tests of its states and postal codes name."""
    beside: dict[str, str | None] = {}
    for field in [name for name in tests if rules.fields[name] in _PLACED]:
        beside[field] = country = country_field(field, rules.fields)
        if country is not None:
            into = tests.setdefault(country, {})
            for code in sorted(countries_named(tuple(tests[field]), rules.lists)):
                into[In(country, (code,))] = None
    return beside


def _codes(rules: RuleSet, field: str) -> tuple[str, ...]:
    domain = rules.domains.get(field)
    return countries() if domain is None or domain.values is None else tuple(map(str, domain.values))


def _cells(
    rules: RuleSet, field: str, kind: FieldKind, tests: Sequence[Test], stands: Mapping[str, str]
) -> Cells:
    derived = rules.derived.get(field)
    if isinstance(derived, Banded):
        return listed_cells(tests, derived.names, rules.lists)
    if isinstance(derived, Computed) and (given := choices(derived)) is not None:
        return listed_cells(tests, [value for value in given if value is not None], rules.lists)
    domain = rules.domains.get(field)
    if domain is not None and domain.values is not None:
        return _placed(kind, listed_cells(tests, domain.values, rules.lists))
    if kind in _ORDERED:
        return ordered_cells(kind, tests, rules.lists, rules.missing_numbers.get(field, ()))
    if kind is FieldKind.STATE:
        return state_cells(tests, rules.lists, stands)
    is_value = _of_text(rules, field, kind)
    return named_cells(
        named(field, kind, tests, rules.lists, is_value), stands if kind is FieldKind.POSTAL_CODE else None
    )


def _placed(kind: FieldKind, cells: Cells) -> Cells:
    """Listed states and postal codes with their countries."""
    if kind not in _PLACED:
        return cells
    return Cells(tuple(Cell(c.value, str(c.value).partition("-")[0]) for c in cells.cells), cells.truth)


def _of_text(rules: RuleSet, field: str, kind: FieldKind) -> Callable[[str], bool]:
    missing, synonyms = frozenset(rules.missing_values), rules.synonyms.get(field, {})
    timezone = ZoneInfo(rules.timezone)

    def is_value(text: str) -> bool:
        if kind is FieldKind.MULTI_SELECT:
            return (
                SEPARATOR not in text and fold(text) == text and text not in missing and text not in synonyms
            )
        country = text.partition("-")[0] if kind is FieldKind.POSTAL_CODE else None
        return normalise(kind, text, country, missing, timezone).value == synonyms.get(text, text) == text

    return is_value


def _of_field(
    field: str, kind: FieldKind, tests: Sequence[Test], cells: Cells, country: str | None
) -> FieldCells:
    truth = {test: 1 if isinstance(test, IsMissing) else cells.truth[test] << 1 for test in tests}
    return FieldCells(field, kind, (Cell(None), *cells.cells), truth, country, cells.is_open)
