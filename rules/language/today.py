"""The rule set of one day: rules that count on it, with dates where the document says "days from today"."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from rules.language.condition import All, Any, Between, Bound, Condition, DaysFromToday, Not
from rules.language.derived import Computed, Derived, OfOpportunities
from rules.language.expression import Arithmetic, Branch, Call, Case, Expression, Literal, Today
from rules.language.ruleset import RuleSet


def on_day(rules: RuleSet, as_of: date) -> RuleSet:
    """What is decided with on that day; every rule that is left counts, and no condition depends on a clock.

    `hash` stays that of the documents.
    """
    active = tuple(
        replace(rule, when=condition_on(rule.when, as_of))
        for rule in rules.rules
        if rule.active.holds_on(as_of, rules.fiscal_year_start)
    )
    derived = {name: _derived(found, as_of) for name, found in rules.derived.items()}
    workload = rules.workload
    if workload is not None:
        weights = tuple(replace(c, when=condition_on(c.when, as_of)) for c in workload.complexity)
        workload = replace(workload, complexity=weights)
    return replace(rules, rules=active, derived=derived, workload=workload)


def condition_on(condition: Condition, as_of: date) -> Condition:
    """The condition with dates in place of days from today."""
    match condition:
        case All(parts):
            return All(tuple(condition_on(part, as_of) for part in parts))
        case Any(parts):
            return Any(tuple(condition_on(part, as_of) for part in parts))
        case Not(part):
            return Not(condition_on(part, as_of))
        case Between():
            return replace(condition, low=_bound(condition.low, as_of), high=_bound(condition.high, as_of))
        case _:
            return condition


def _bound(bound: Bound | None, as_of: date) -> Bound | None:
    return as_of + timedelta(days=bound.days) if isinstance(bound, DaysFromToday) else bound


def _derived(found: Derived, as_of: date) -> Derived:
    match found:
        case Computed():
            return replace(found, expression=_expression(found.expression, as_of))
        case OfOpportunities():
            return replace(found, where=condition_on(found.where, as_of))
        case _:
            return found


def _expression(expression: Expression, as_of: date) -> Expression:
    match expression:
        case Today():
            return Literal(as_of)
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, _expression(left, as_of), _expression(right, as_of))
        case Call(function, parts):
            return Call(function, tuple(_expression(part, as_of) for part in parts))
        case Case(branches, otherwise):
            made = tuple(Branch(condition_on(b.when, as_of), _expression(b.then, as_of)) for b in branches)
            return Case(made, None if otherwise is None else _expression(otherwise, as_of))
        case _:
            return expression
