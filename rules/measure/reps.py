"""Who carries the plan: the reps whom the rules name, and their capacity."""

from __future__ import annotations

from datetime import date

from rules.engine.pods.owners import Owners
from rules.language.ruleset import RuleSet


def plan_capacity(rules: RuleSet, role: str, owners: Owners, as_of: date) -> dict[str, float]:
    """FTE of each of the plan's reps by owner id, in order of id: a pod member's declared capacity, else 1.0.

    A rep who is new counts for the share of the ramp on the day; one who has left is no active person.

    A rep who is a member of several pods is still one person: the largest declared capacity holds. A name in
    the rules that is no active person in the CRM carries nothing and is left out.
    """
    own = [rule for rule in rules.rules if rule.role == role]
    members = [m for pod in {rule.pod for rule in own if rule.pod} for m in rules.pods[pod].members]
    found: dict[str, float] = {}
    for member in members:
        if (rep := rep_of(member.email, owners)) is not None:
            found[rep] = max(member.capacity, found.get(rep, 0.0))
    for rule in own:
        if rule.owner and (rep := rep_of(rule.owner, owners)) is not None:
            found.setdefault(rep, 1.0)
    return {rep: fte * _ramp(rep, rules, owners, as_of) for rep, fte in sorted(found.items())}


def _ramp(rep: str, rules: RuleSet, owners: Owners, as_of: date) -> float:
    email = next(owner.email for owner in owners.all if owner.id == rep)
    declared = rules.reps.get(email or "")
    return declared.share_on(as_of) if declared else 1.0


def rep_of(name: str, owners: Owners) -> str | None:
    """The id of the active person of this email or id, as the engine resolves it."""
    number = owners.resolve(name).owner
    return None if number is None else owners.all[number].id
