"""Tests that no classes of a value can hold, as boolean fields of their own.

Whether a text fits a pattern, or one of several items passes a test, is asked once per value and becomes a
field that is true, false or missing; the condition then asks whether that field is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from rules.engine.masking.classes import tests_in
from rules.language.condition import All, Any, Condition, FieldKind, In, IsMissing, Like, Not, Test
from rules.language.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Asked:
    """A boolean field, and the test that it answers; of `IsMissing` it is true where there is an item at all."""

    name: str
    test: Test


def is_asked_of_items(test: Test, kinds: Mapping[str, FieldKind]) -> bool:
    """Whether the test is of a field that holds several texts."""
    return kinds.get(test.field) is FieldKind.MULTI_SELECT


def asked_name(test: Test) -> str:
    """The name of the field that answers the test; equal tests have the same one."""
    digest = sha256(repr(test).encode()).hexdigest()[:16]
    return f"{test.field} ({type(test).__name__} {digest})"


def asked_in(conditions: Iterable[Condition], kinds: Mapping[str, FieldKind]) -> tuple[Asked, ...]:
    """Every such test of the conditions, each once, in order."""
    return tuple(dict.fromkeys(Asked(asked_name(test), test) for test in _asked(conditions, kinds)))


def rewritten(condition: Condition, kinds: Mapping[str, FieldKind]) -> Condition:
    """The same condition, which asks the boolean fields instead."""
    match condition:
        case All(parts):
            return All(tuple(rewritten(part, kinds) for part in parts))
        case Any(parts):
            return Any(tuple(rewritten(part, kinds) for part in parts))
        case Not(part):
            return Not(rewritten(part, kinds))
        case IsMissing() if is_asked_of_items(condition, kinds):
            return IsMissing(asked_name(condition))
        case _ if isinstance(condition, Like) or is_asked_of_items(condition, kinds):
            return In(asked_name(condition), (True,))
        case _:
            return condition


def plain_rules(rules: RuleSet) -> RuleSet:
    """The rule set whose conditions classes of values can answer; positions, ids and everything else stay.

    Its fields have the boolean ones too, and money is a number, in one currency, whatever it is stored as.
    """
    plain = tuple(replace(rule, when=rewritten(rule.when, rules.fields)) for rule in rules.rules)
    return replace(rules, rules=plain, fields=plain_fields((rule.when for rule in rules.rules), rules))


def plain_fields(conditions: Iterable[Condition], rules: RuleSet) -> dict[str, FieldKind]:
    """The fields that the conditions use once they are rewritten, and all others."""
    money = dict.fromkeys(rules.money.fields if rules.money else (), FieldKind.NUMBER)
    booleans = {found.name: FieldKind.BOOLEAN for found in asked_in(conditions, rules.fields)}
    return {**rules.fields, **money, **booleans}


def _asked(conditions: Iterable[Condition], kinds: Mapping[str, FieldKind]) -> Iterator[Test]:
    for condition in conditions:
        for test in tests_in(condition):
            if isinstance(test, Like) or is_asked_of_items(test, kinds):
                yield test
