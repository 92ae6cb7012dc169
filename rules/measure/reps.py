"""Who carries the plan: the reps whom the rules name, and their capacity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from rules.language.ruleset import RuleSet
from rules.measure import sql


@dataclass(frozen=True, slots=True)
class Person:
    """An active person in the CRM who can own accounts."""

    id: str
    email: str | None


def plan_capacity(rules: RuleSet, role: str, people: Iterable[Person]) -> dict[str, float]:
    """FTE of each of the plan's reps by owner id, in order of id: a pod member's declared capacity, else 1.0.

    A rep who is a member of several pods is still one person: the largest declared capacity holds. A name in
    the rules that is no active person in the CRM carries nothing and is left out.
    """
    declared = named_capacity(rules, role)
    found = {
        person.id: max(declared[key] for key in keys)
        for person in people
        if (keys := [key for key in (person.id, folded(person.email)) if key in declared])
    }
    return dict(sorted(found.items()))


def named_capacity(rules: RuleSet, role: str) -> dict[str, float]:
    """FTE by what the rules call the rep: a folded email, or an id."""
    own = [rule for rule in rules.rules if rule.role == role]
    named: dict[str, float] = {}
    for pod in {rule.pod for rule in own if rule.pod}:
        for member in rules.pods[pod].members:
            key = called(member.email)
            named[key] = max(member.capacity, named.get(key, 0.0))
    for rule in own:
        if rule.owner:
            named.setdefault(called(rule.owner), 1.0)
    return named


def called(name: str) -> str:
    """An email folded, an id exactly as it stands."""
    return folded(name) if "@" in name else name


def folded(email: str | None) -> str:
    """An email as it is compared: trimmed, case-folded; "" of none."""
    return (email or "").strip().casefold()


def active_people(connection: duckdb.DuckDBPyConnection, owners: Path) -> list[Person]:
    """Every active, undeleted owner who is a person."""
    rows = connection.execute(
        f"SELECT id, email FROM {sql.parquet(owners)} WHERE active AND person AND NOT deleted ORDER BY id"
    ).fetchall()
    return [Person(owner_id, email) for owner_id, email in rows]
