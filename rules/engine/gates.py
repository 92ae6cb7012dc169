"""What a rule asks of an account beside its condition, as fields that the plan works out.

A hold takes only accounts with a usable owner, one with `hold_days` only for so long; a family takes only
accounts with a parent. Each such gate is a boolean field, never missing, that is ANDed to the rule's condition,
so that the masks need to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rules.language.condition import All, Any, Condition, FieldKind, In, Not
from rules.language.ruleset import Action, IfUnknown, Rule, RuleSet

FOLLOWS = "gate: has a parent"
"""A blank is in no field's name that a document can use."""


def owned(role: str) -> str:
    """The gate: the account has a present owner in the role who is an active person and has not left."""
    return f"gate: owned {role}"


def expired(rule: Rule) -> str:
    """The gate: the rule's condition has been true for `hold_days` nights before this one."""
    return f"gate: expired {rule.id}"


def asking(rule: Rule) -> str:
    """The pseudo-role in which a rule of `hold_days` says of every account whether its condition is true."""
    return f"asking {rule.id}"


def gated(rules: RuleSet, holders: Mapping[str, str]) -> RuleSet:
    """The rules with their gates; positions stay, and rules of pseudo-roles follow after the last one."""
    asked = tuple(replace(rule, when=_gated(rule, holders)) for rule in rules.rules)
    askers = tuple(_asker(rule) for rule in timed(rules, holders))
    gates = (FOLLOWS, *map(owned, rules.roles), *map(expired, timed(rules, holders)))
    kinds = dict.fromkeys(gates, FieldKind.BOOLEAN)
    return replace(rules, rules=asked + askers, fields={**rules.fields, **kinds})


def timed(rules: RuleSet, holders: Mapping[str, str]) -> tuple[Rule, ...]:
    """The holds that end by themselves after some days."""
    return tuple(rule for rule in rules.rules if rule.hold_days is not None and rule.role in holders)


def _gated(rule: Rule, holders: Mapping[str, str]) -> Condition:
    match rule.action:
        case Action.ASSIGN:
            return rule.when
        case Action.FOLLOW:
            return All((rule.when, In(FOLLOWS, (True,))))
        case Action.KEEP if rule.role not in holders:
            return Any(())
        case Action.KEEP:
            ends = () if rule.hold_days is None else (Not(In(expired(rule), (True,))),)
            return All((rule.when, In(owned(rule.role), (True,)), *ends))


def _asker(rule: Rule) -> Rule:
    lenient = rule.if_unknown is IfUnknown.MATCH
    unknown = IfUnknown.MATCH if lenient else IfUnknown.SKIP
    return replace(rule, role=asking(rule), if_unknown=unknown)
