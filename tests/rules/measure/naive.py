"""The KPIs once more, row by row and by the book: the judge of the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.language.condition import All, Between, Condition, In, IsMissing, Not
from rules.language.condition import Any as AnyOf
from rules.language.ruleset import RuleSet, Workload
from tests.rules.measure.worlds import Row, World

COUNTRIES = {"us": "US", "usa": "US", "united states": "US", "de": "DE", "germany": "DE"}


def truth(condition: Condition, row: Row) -> bool | None:
    """Kleene's logic over the fields that the generated worlds use."""
    match condition:
        case All(parts):
            found = [truth(p, row) for p in parts]
            return False if False in found else None if None in found else True
        case AnyOf(parts):
            found = [truth(p, row) for p in parts]
            return True if True in found else None if None in found else False
        case Not(part):
            inner = truth(part, row)
            return None if inner is None else not inner
        case IsMissing(field):
            return value(field, row) is None
        case In(field, values):
            found_value = value(field, row)
            return None if found_value is None else found_value in values
        case Between(field, low, high):
            number = value(field, row)
            if number is None:
                return None
            return (low is None or number >= low) and (high is None or number < high)
    raise AssertionError(condition)


def value(field: str, row: Row) -> Any:
    """The normalised value, for the spellings that the worlds hold."""
    raw = row.get(field)
    if raw is None or not isinstance(raw, str):
        return raw
    bare = " ".join(raw.split()).casefold()
    if bare in ("", "n/a"):
        return None
    return COUNTRIES.get(bare) if field == "country" else bare


def tier(workload: Workload, row: Row) -> str | None:
    for band in workload.bands:
        if truth(Between(workload.tier_field, band.low, band.high), row):
            return band.tier
    if not workload.bands:
        for t in workload.tiers:
            if value(workload.tier_field, row) == " ".join(t.name.split()).casefold():
                return t.name
    return workload.default_tier


def hours(workload: Workload, row: Row) -> float | None:
    found = {t.name: t for t in workload.tiers}.get(tier(workload, row) or "")
    if found is None:
        return None
    complexity = 1.0
    for c in workload.complexity:
        complexity += c.weight if truth(c.when, row) else 0.0
    return found.touches * found.hours_per_touch * complexity + workload.travel_hours


def local_day(row: Row, rules: RuleSet) -> date | None:
    at = row["occurred_at"]
    return None if at is None else at.astimezone(ZoneInfo(rules.timezone)).date()


def counted(rules: RuleSet, rows: Sequence[Row], as_of: date) -> list[Row]:
    directions = rules.workload.directions if rules.workload else ()
    return [
        row
        for row in rows
        if not row["deleted"]
        and (day := local_day(row, rules)) is not None
        and day <= as_of
        and (not directions or row.get("direction") in directions)
    ]


def account_kpis(world: World, as_of: date) -> list[dict[str, Any]]:
    """Every row of the account table."""
    workload = world.rules.workload
    qualifying = workload.qualifying if workload else ("call", "meeting", "email")
    made = []
    for row in sorted((a for a in world.accounts if not a["deleted"]), key=lambda a: a["id"]):
        mine = [a for a in counted(world.rules, world.activities, as_of) if a["account_id"] == row["id"]]
        touches = [a for a in mine if a["type"] in qualifying]

        def within(activities: Sequence[Row], days: int) -> int | None:
            first = as_of - timedelta(days=days - 1)
            if not world.activities:
                return None
            return sum((local_day(a, world.rules) or date.min) >= first for a in activities)

        last = max((a["occurred_at"] for a in touches), default=None)
        day = last.astimezone(ZoneInfo(world.rules.timezone)).date() if last else None
        made.append(
            {
                "account_id": row["id"],
                "tier": tier(workload, row) if workload else None,
                "workload_hours": hours(workload, row) if workload else None,
                "touches_30d": within(touches, 30),
                "touches_90d": within(touches, 90),
                **{
                    f"{kind}s_{days}d": within([a for a in mine if a["type"] == kind], days)
                    for days in (30, 90)
                    for kind in ("call", "email", "meeting")
                },
                "last_touch": day,
                "days_since_touch": (as_of - day).days if day else None,
                "covered": (within(touches, 90) or 0) >= 1 if world.activities else None,
            }
        )
    return made


def total(numbers: Sequence[float | None]) -> float | None:
    """0.0 of nothing, None of only unknowns, else the sum of what is known."""
    known = [n for n in numbers if n is not None]
    return sum(known) if known or not numbers else None


def rep_touches(world: World, owner: str, days: int, as_of: date) -> int | None:
    if not world.activities:
        return None
    qualifying = world.rules.workload.qualifying if world.rules.workload else ("call", "meeting", "email")
    first = as_of - timedelta(days=days - 1)
    return len(
        {
            a["id"]
            for a in counted(world.rules, world.activities, as_of)
            if a["owner_id"] == owner
            and a["type"] in qualifying
            and (local_day(a, world.rules) or date.min) >= first
        }
    )


def books(world: World, by: str) -> dict[str, list[Row]]:
    """Accounts by present owner, by owner to be, or by territory."""
    assigned = {a["account_id"]: a for a in world.assignments if a["role"] == world.rules.roles[0]}
    made: dict[str, list[Row]] = {}
    for row in world.accounts:
        if row["deleted"]:
            continue
        mine = assigned.get(row["id"], {})
        key = {
            "before": row["owner_id"],
            "after": mine.get("owner_id") or row["owner_id"],
            "territory": mine.get("territory"),
        }[by]
        if key is not None:
            made.setdefault(key, []).append(row)
    return made


def potential(rows: Sequence[Row]) -> float | None:
    known = [r for r in rows if r.get("annual_revenue") is not None]
    if len({r.get("currency") or "" for r in known}) > 1:
        return None
    return total([r.get("annual_revenue") for r in rows])
