"""How the derived fields of one account came about, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rules.derive import value_of
from rules.evaluate import Record, evaluate
from rules.explanation.comparing import fields_of, words_of_value
from rules.explanation.facts import Fact
from rules.language.derived import Banded, BandsOf, Computed, Derived, Measure, OfFamily, OfOpportunities
from rules.language.expression import Arithmetic, Call, Case, Column, Expression, Literal, Today
from rules.language.record import Value
from rules.language.ruleset import RuleSet
from rules.reasons import label, words_of
from rules.reasons import value_of as shown


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derived field of one account: its value, None where missing, and the values that made it."""

    name: str
    value: Value | None
    how: str


def derivations(
    rules: RuleSet, values: Record, facts: Mapping[str, Fact], memory: Mapping[str, str | None]
) -> tuple[Derivation, ...]:
    """Every derived field in the order of the rules; `memory` has last night's band by the field's name."""
    return tuple(
        Derivation(name, values.get(name), _how(derived, values, rules, facts.get(name), memory.get(name)))
        for name, derived in rules.derived.items()
    )


def _how(derived: Derived, values: Record, rules: RuleSet, fact: Fact | None, last: str | None) -> str:
    match derived:
        case Banded():
            return _band(derived, values, last)
        case Computed():
            return _computed(derived.expression, values, rules)
        case OfOpportunities():
            return _of_opportunities(derived, fact)
        case OfFamily():
            return _of_family(derived, fact)


def _band(derived: Banded, values: Record, last: str | None) -> str:
    for bands in derived.by:
        value = values.get(bands.field)
        if isinstance(value, int | float):
            words = f"{label(bands.field)} is {shown(value)}"
            return "; ".join([words, *_limits(bands, values.get(derived.name), last)])
    return " and ".join(f"{label(bands.field)} is missing" for bands in derived.by)


def _limits(bands: BandsOf, band: Value | None, last: str | None) -> Iterator[str]:
    """The boundaries of the band, and those that count because of last night's."""
    for step, following in pairwise([*bands.steps, None]):
        if step is None or step.name != band:
            continue
        low = f"from {shown(step.low)}" if step.low is not None else ""
        high = f"below {shown(following.low)}" if following and following.low is not None else ""
        yield f"{band} is {' and '.join(filter(None, (low, high))) or 'everything'}"
    if last is not None:
        yield f"it was {last} last night"
        for step in bands.steps:
            if step.up != step.down and step.up is not None and step.down is not None:
                yield f"{step.name} is entered at {shown(step.up)} and left below {shown(step.down)}"


def _computed(expression: Expression, values: Record, rules: RuleSet) -> str:
    fields = dict.fromkeys(_fields(expression))
    used = ", ".join(_field(name, values) for name in fields)
    words = expression_words(expression)
    if isinstance(expression, Case):
        words = _branch(expression, values, rules)
    return f"{words}, where {used}" if used else words


def _branch(case: Case, values: Record, rules: RuleSet) -> str:
    """The branch that was taken."""

    for branch in case.branches:
        if evaluate(branch.when, values, rules.lists) is True:
            value = value_of(branch.then, values, rules)
            return f"{words_of_value(value)}, as {words_of(branch.when)}"
    return "no branch is true" + ("" if case.otherwise is None else f": {expression_words(case.otherwise)}")


def _field(name: str, values: Record) -> str:
    value = values.get(name)
    return f"{label(name)} is {'missing' if value is None else words_of_value(value)}"


def _fields(expression: Expression) -> Iterator[str]:
    match expression:
        case Column(field):
            yield field
        case Arithmetic(_, left, right):
            yield from _fields(left)
            yield from _fields(right)
        case Call(_, parts):
            for part in parts:
                yield from _fields(part)
        case Case(branches, otherwise):
            for branch in branches:
                yield from fields_of(branch.when)
                yield from _fields(branch.then)
            if otherwise is not None:
                yield from _fields(otherwise)


def expression_words(expression: Expression) -> str:
    """An expression as people write it: "annual revenue / employees"."""
    match expression:
        case Literal(value):
            return shown(value)
        case Column(field):
            return label(field)
        case Today():
            return "today"
        case Arithmetic(operator, left, right):
            return f"{_operand(left)} {operator.value} {_operand(right)}"
        case Call(function, parts):
            return f"{function.value}({', '.join(map(expression_words, parts))})"
        case Case(branches, otherwise):
            words = [f"{expression_words(b.then)} when {words_of(b.when)}" for b in branches]
            return "; ".join([*words, *([expression_words(otherwise)] if otherwise is not None else [])])


def _operand(expression: Expression) -> str:
    words = expression_words(expression)
    return f"({words})" if isinstance(expression, Arithmetic | Case) else words


def _of_opportunities(derived: OfOpportunities, fact: Fact | None) -> str:
    what = _measured(derived.measure, derived.field)
    where = words_of(derived.where)
    if fact is None:
        return f"{what} of opportunities with {where}"
    if not fact.looked_at:
        return "the account has no opportunities"
    return f"{what} of {fact.counted:,} of {_plural(fact.looked_at, 'opportunity', 'opportunities')} with {where}"


def _of_family(derived: OfFamily, fact: Fact | None) -> str:
    what = _measured(derived.measure, derived.field)
    if fact is None:
        return f"{what} of the family"
    return f"{what} of {_plural(fact.looked_at, 'account', 'accounts')} of the family"


def _measured(measure: Measure, field: str | None) -> str:
    words = {Measure.TOP: "value of the ultimate parent", Measure.ANY: "any"}.get(measure, measure.value)
    return f"{words} {label(field)}" if field is not None else words


def _plural(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
