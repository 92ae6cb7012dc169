"""What must be worked out for some conditions, and from what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.engine.derived.asked import Asked, asked_in
from rules.engine.masking.boxes import fields_in
from rules.language.condition import Condition, FieldKind, Like
from rules.language.derived import Banded, Computed, Derived, OfFamily, OfOpportunities
from rules.language.expression import Arithmetic, Call, Case, Column, Expression
from rules.language.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Needed:
    """What is worked out, in the order in which it can be."""

    read: tuple[str, ...]
    """Fields of the CRM that are needed as cells, sorted."""
    items: dict[str, tuple[Asked, ...]]
    """Tests of fields that hold several texts, by field."""
    opportunities: tuple[OfOpportunities, ...]
    families: tuple[OfFamily, ...]
    layers: tuple[tuple[Banded | Computed, ...], ...]
    """Bands and expressions; those of a layer use earlier ones only."""
    patterns: tuple[Asked, ...]
    """Patterns that the conditions themselves ask for; those inside derived fields are answered there."""

    @property
    def computed(self) -> tuple[Banded | Computed, ...]:
        """Of all layers."""
        return tuple(found for layer in self.layers for found in layer)


def needed_for(conditions: Iterable[Condition], rules: RuleSet) -> Needed:
    """What the conditions need, and the bands that the next night must know."""
    asking = tuple(conditions)
    remembering = [
        name for name, found in rules.derived.items() if isinstance(found, Banded) and found.remembers
    ]
    wanted = {field for condition in asking for field in fields_in(condition)} | set(remembering)
    derived = _derived({field for field in wanted if field in rules.derived}, rules)
    inner = [condition for found in derived for condition in conditions_of(found)]
    patterns = tuple(found for found in asked_in(asking, rules.fields) if _is_pattern(found, rules))
    asked = tuple(
        found for found in asked_in([*asking, *inner], rules.fields) if not _is_pattern(found, rules)
    )
    read = {field for found in derived for field in uses(found) if field not in rules.derived}
    read |= {found.test.field for found in patterns} - set(rules.derived)
    read |= wanted & set(rules.money.fields if rules.money else ())
    several = {field for field in read if rules.fields[field] is FieldKind.MULTI_SELECT}
    return Needed(
        tuple(sorted(read - several)),
        {
            field: tuple(f for f in asked if f.test.field == field)
            for field in sorted({f.test.field for f in asked})
        },
        tuple(found for found in derived if isinstance(found, OfOpportunities)),
        tuple(found for found in derived if isinstance(found, OfFamily)),
        _layers([found for found in derived if isinstance(found, Banded | Computed)]),
        patterns,
    )


def uses(derived: Derived) -> frozenset[str]:
    """The account's fields that a derived one is made of."""
    match derived:
        case Banded():
            return frozenset(bands.field for bands in derived.by)
        case Computed():
            inner = (field for condition in conditions_of(derived) for field in fields_in(condition))
            return frozenset([*_columns(derived.expression), *inner])
        case OfFamily():
            return frozenset() if derived.field is None else frozenset([derived.field])
        case OfOpportunities():
            return frozenset()


def conditions_of(derived: Derived) -> tuple[Condition, ...]:
    """Conditions on the account inside a derived field."""
    return tuple(_conditions(derived.expression)) if isinstance(derived, Computed) else ()


def _is_pattern(asked: Asked, rules: RuleSet) -> bool:
    return isinstance(asked.test, Like) and rules.fields[asked.test.field] is not FieldKind.MULTI_SELECT


def _derived(wanted: set[str], rules: RuleSet) -> list[Derived]:
    """The derived fields and those that they use in turn, in the rule set's order."""
    found = set(wanted)
    for name in reversed(list(rules.derived)):
        if name in found:
            found |= uses(rules.derived[name]) & set(rules.derived)
    return [derived for name, derived in rules.derived.items() if name in found]


def _layers(derived: list[Banded | Computed]) -> tuple[tuple[Banded | Computed, ...], ...]:
    layers: list[list[Banded | Computed]] = []
    level: dict[str, int] = {}
    for found in derived:
        level[found.name] = max((level[field] + 1 for field in uses(found) if field in level), default=0)
        if level[found.name] == len(layers):
            layers.append([])
        layers[level[found.name]].append(found)
    return tuple(tuple(layer) for layer in layers)


def _parts(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Arithmetic(_, left, right):
            yield from (left, right)
        case Call(_, parts):
            yield from parts
        case Case(branches, otherwise):
            yield from (branch.then for branch in branches)
            if otherwise is not None:
                yield otherwise


def _columns(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Column):
        yield expression.field
    for part in _parts(expression):
        yield from _columns(part)


def _conditions(expression: Expression) -> Iterator[Condition]:
    if isinstance(expression, Case):
        yield from (branch.when for branch in expression.branches)
    for part in _parts(expression):
        yield from _conditions(part)
