"""Whom the rules name for each territory: owners of rules, and all members of their pods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from rules.language.ruleset import Action

if TYPE_CHECKING:
    from rules.language.ruleset import Rule, RuleSet


def people(rules: RuleSet, day: date, roles: tuple[str, ...] | None) -> list[tuple[str, str]]:
    """Territory of ours, and e-mail (lower case) or CRM id of a person whom a rule of the day names for it."""
    named = {
        (rule.territory, who.lower() if "@" in who else who)
        for rule in rules.rules
        if _counts(rule, rules, day, roles)
        for who in _named(rule, rules)
        if not _has_left(rules, who, day)
    }
    return sorted(named)


def _counts(rule: Rule, rules: RuleSet, day: date, roles: tuple[str, ...] | None) -> bool:
    return (
        rule.action is Action.ASSIGN
        and bool(rule.territory)
        and (roles is None or rule.role in roles)
        and rule.active.holds_on(day, rules.fiscal_year_start)
    )


def _named(rule: Rule, rules: RuleSet) -> Iterator[str]:
    if rule.owner:
        yield rule.owner
    if rule.pod:
        yield from (member.email for member in rules.pods[rule.pod].members)


def _has_left(rules: RuleSet, who: str, day: date) -> bool:
    rep = rules.reps.get(who.casefold())
    return rep is not None and rep.has_left(day)
