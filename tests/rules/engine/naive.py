"""Assignment by the book, one account at a time: what the engine is held to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rules.evaluate import evaluate
from rules.language.record import normalise_record
from rules.language.ruleset import IfUnknown, Mode, Rule, RuleSet
from rules.tables import Decision, ReasonCode
from tests.rules.engine.worlds import Row

Expected = tuple[Decision, ReasonCode, str | None, frozenset[str | None]]
"""Decision, reason code, rule id, and the owners who are right."""


def assignments(
    rules: RuleSet, accounts: Sequence[Row], owners: Sequence[Row], holders: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], Expected]]:
    """What is right for every account and role."""
    for account in accounts:
        if not account.get("deleted"):
            values = normalise_record({**account}, rules).values
            for role in rules.roles:
                holder = account.get(holders.get(role, ""))
                yield (account["id"], role), _outcome(_first(rules, values, role), rules, owners, holder)


def _first(rules: RuleSet, values: Mapping[str, object], role: str) -> tuple[Rule, bool] | None:
    """The rule that decides, and whether its condition is unknown and that asks for review."""
    for rule in rules.rules:
        if rule.role == role:
            truth = evaluate(rule.when, values, rules.lists)  # type: ignore[arg-type]
            if truth or (truth is None and rule.if_unknown is IfUnknown.MATCH):
                return rule, False
            if truth is None and rule.if_unknown is IfUnknown.REVIEW:
                return rule, True
    return None


def _outcome(
    found: tuple[Rule, bool] | None, rules: RuleSet, owners: Sequence[Row], holder: str | None
) -> Expected:
    nobody: frozenset[str | None] = frozenset({None})
    if found is None:
        return Decision.UNASSIGNED, ReasonCode.NO_RULE, None, nobody
    rule, review = found
    usable = {o["id"] for o in owners if o["active"] and o["person"] and not o["deleted"]}
    if review:
        return Decision.REVIEW, ReasonCode.UNKNOWN_FIELD, rule.id, nobody
    if rule.mode is Mode.ONLY_UNASSIGNED and holder in usable:
        return Decision.KEPT, ReasonCode.ONLY_UNASSIGNED, rule.id, frozenset({holder})
    if rule.owner is None and rule.pod is None:
        return Decision.UNASSIGNED, ReasonCode.NO_OWNER, rule.id, nobody
    if rule.pod is not None:
        members = frozenset().union(*(_named(m.email, owners) & usable for m in rules.pods[rule.pod].members))
        if holder in members:
            return Decision.ASSIGNED, ReasonCode.STICKY, rule.id, frozenset({holder})
        if members:
            return Decision.ASSIGNED, ReasonCode.MATCHED, rule.id, members
        return Decision.UNASSIGNED, ReasonCode.NO_ELIGIBLE_MEMBER, rule.id, nobody
    named = _named(str(rule.owner), owners)
    if len(named & usable) == 1:
        return Decision.ASSIGNED, ReasonCode.MATCHED, rule.id, frozenset(named & usable)
    inactive = named and not named & usable
    code = ReasonCode.OWNER_INACTIVE if inactive else ReasonCode.OWNER_UNKNOWN
    return Decision.UNASSIGNED, code, rule.id, nobody


def _named(name: str, owners: Sequence[Row]) -> frozenset[str]:
    email = name.strip().casefold()
    return frozenset(
        o["id"] for o in owners if o["id"] == name or (o["email"] or "").strip().casefold() == email
    )
