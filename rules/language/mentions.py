"""The fields that conditions, expressions and derived fields speak of."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.condition import All, Any, Condition, Not
from rules.language.derived import Banded, Computed, Derived, OfFamily
from rules.language.expression import Arithmetic, Call, Case, Column, Expression


def fields_of_condition(condition: Condition) -> Iterator[str]:
    """Every field that a test asks for, as often as it does."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from fields_of_condition(part)
        case Not(part):
            yield from fields_of_condition(part)
        case _:
            yield condition.field


def fields_of_expression(expression: Expression) -> Iterator[str]:
    """Every field that the expression reads or asks for in a case."""
    match expression:
        case Column(field):
            yield field
        case Arithmetic(_, left, right):
            yield from fields_of_expression(left)
            yield from fields_of_expression(right)
        case Call(_, parts):
            for part in parts:
                yield from fields_of_expression(part)
        case Case(branches, otherwise):
            for branch in branches:
                yield from fields_of_condition(branch.when)
                yield from fields_of_expression(branch.then)
            if otherwise is not None:
                yield from fields_of_expression(otherwise)


def fields_of_derived(found: Derived) -> Iterator[str]:
    """The account's fields that it is worked out from; those of opportunities are not the account's."""
    match found:
        case Banded():
            yield from (bands.field for bands in found.by)
        case Computed():
            yield from fields_of_expression(found.expression)
        case OfFamily(field=str(field)):
            yield field
