"""Expressions: choices of constants are encoded as they are; of others, accounts are tried and what they give learnt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rules.derive import as_kind, derive
from rules.evaluate import test
from rules.language.condition import Between, Condition, Constant, FieldKind
from rules.language.derived import Banded, Computed
from rules.language.expression import Arithmetic, Call, Case, Column, Expression, Literal
from rules.language.record import Value
from rules.language.ruleset import RuleSet, ValueList
from rules.proof.cells import MISSING, FieldCells
from rules.proof.circuit import Literal as Variable

if TYPE_CHECKING:
    from rules.proof.encode import Encoding

_NUMBERS = frozenset({FieldKind.INTEGER, FieldKind.NUMBER})
_POWERS = tuple(float(10**power) for power in range(10))
_DAYS = (-730, -365, -180, -90, -30, 0, 30, 90)


def choices(found: Computed) -> tuple[Constant | None, ...] | None:
    """What the branches give, the last for all other accounts; None where something is calculated."""
    if not isinstance(found.expression, Case):
        return None
    ends = [*(branch.then for branch in found.expression.branches), found.expression.otherwise]
    values: list[Constant | None] = []
    for end in ends:
        if end is not None and not isinstance(end, Literal):
            return None
        value = None if end is None else end.value
        number = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        given = as_kind(found.kind, number)
        assert not isinstance(given, tuple)
        values.append(given)
    return tuple(values)


def grid(found: Computed, rules: RuleSet) -> Iterator[Condition]:
    """Tests that tell accounts apart by the size of what is calculated with, so that trying them finds most."""
    constants = [part.value for part in _parts(found.expression) if isinstance(part, Literal)]
    for field in columns(found.expression):
        if rules.fields[field] in _NUMBERS:
            numbers = {float(c) for c in constants if isinstance(c, int | float) and not isinstance(c, bool)}
            yield from (Between(field, low=bound) for bound in sorted(numbers | set(_POWERS)))
        elif rules.fields[field] is FieldKind.DATE:
            days = {c for c in constants if isinstance(c, date)}
            near = {day + timedelta(days=step) for day in days for step in _DAYS}
            yield from (Between(field, low=bound) for bound in sorted(near))


def columns(expression: Expression) -> tuple[str, ...]:
    """The fields that are read outside conditions."""
    return tuple(dict.fromkeys(p.field for p in _parts(expression) if isinstance(p, Column)))


def _parts(expression: Expression) -> Iterator[Expression]:
    yield expression
    match expression:
        case Arithmetic(_, left, right):
            yield from (*_parts(left), *_parts(right))
        case Call(_, parts):
            for part in parts:
                yield from _parts(part)
        case Case(branches, otherwise):
            for branch in branches:
                yield from _parts(branch.then)
            yield from () if otherwise is None else _parts(otherwise)
        case _:
            pass


def choose(encoding: Encoding, found: Computed, values: Sequence[Constant | None]) -> None:
    """Adds that the field is what its first branch gives whose condition is true."""
    assert isinstance(found.expression, Case)
    circuit, variables = encoding.circuit, encoding.variables[found.name]
    true = [encoding.truths(branch.when)[0] for branch in found.expression.branches]
    for number, value in enumerate(values):
        here = circuit.both([*(-before for before in true[:number]), *true[number : number + 1]])
        cells = holding(encoding.fields[found.name], value, encoding.rules.lists)
        circuit.require(-here, variables.within(cells))


def holding(found: FieldCells, value: Value | None, lists: Mapping[str, ValueList]) -> int:
    """The cells in which a value can lie: one, or several that tests tell apart by their country alone."""
    if value is None:
        return 1 << MISSING
    cells = ((1 << len(found.cells)) - 1) & ~(1 << MISSING)
    for one, truth in found.truth.items():
        cells &= truth if test(one, value, lists) is True else ~truth
    if found.country is not None:
        place = str(value).partition("-")[0]
        here = sum(1 << n for n, cell in enumerate(found.cells) if cell.country == place)
        cells = cells & here or cells
    return cells


def calculated(rules: RuleSet, fields: Mapping[str, FieldCells]) -> tuple[Computed, ...]:
    """The fields whose values are tried out rather than encoded."""
    found = (rules.derived.get(field) for field in fields)
    return tuple(one for one in found if isinstance(one, Computed) and choices(one) is None)


def worked_out(values: Mapping[str, Value | None], rules: RuleSet) -> dict[str, Value | None]:
    """The values with what expressions really give for them; bands stay as they are."""
    given = {f: value for f, value in values.items() if not isinstance(rules.derived.get(f), Computed)}
    return derive(given, rules)


def learn(encoding: Encoding, values: Mapping[str, Value | None], cells: Mapping[str, int]) -> bool:
    """Whether the account's calculated fields are what it says they are; if not, that is learnt.

    Other values of the same cells may give something else: for them it is in doubt.
    """
    wanted = encoding.calculated
    real = worked_out(values, encoding.rules)
    for one in wanted:
        found = encoding.fields[one.name]
        there = holding(found, real.get(one.name), encoding.rules.lists)
        if not there >> cells[one.name] & 1:
            _require(encoding, one, cells, there)
            return False
    return True


def _require(encoding: Encoding, one: Computed, cells: Mapping[str, int], there: int) -> None:
    """Accounts of these cells have the calculated field there, or are in doubt."""
    behind = inputs(encoding.rules, one)
    same: list[Variable] = [
        encoding.variables[field].within(1 << cells[field]) for field in behind if field in encoding.variables
    ]
    here = encoding.variables[one.name].within(there) if there else -1
    encoding.circuit.require(-encoding.circuit.both(same), here, encoding.doubt)


def inputs(rules: RuleSet, one: Computed) -> tuple[str, ...]:
    """The fields that it hangs on, derived ones with what they hang on."""
    from rules.engine.masking.classes import tests_in
    from rules.proof.fields import conditions_in

    found: dict[str, None] = {}
    for condition in conditions_in(one.expression):
        for leaf in tests_in(condition):
            found[leaf.field] = None
            inner = rules.derived.get(leaf.field)
            if isinstance(inner, Computed):
                found.update(dict.fromkeys(inputs(rules, inner)))
            elif isinstance(inner, Banded):
                found.update(dict.fromkeys(bands.field for bands in inner.by))
    return tuple(found)
