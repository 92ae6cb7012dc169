"""The KPI tables of reps and territories, from their loads."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import Any

from rules.measure.balance import deviation, targets
from rules.measure.rollup import EMPTY, Load, Loads

Touches = Mapping[str, tuple[int, int]]
"""Distinct touches in 30 and 90 days by owner id."""


def rep_rows(
    loads: Loads, reps: Mapping[str, float], hours_per_rep: float | None, touches: Touches | None
) -> list[dict[str, Any]]:
    """One row per present owner, owner to be, and plan rep, in order of id; loads are those after the plan."""
    aims = target_hours(loads.after, reps)
    return [
        rep_row(owner, loads.after.get(owner, EMPTY), aims.get(owner), capacity(owner, reps, hours_per_rep))
        | touches_of(owner, touches)
        for owner in sorted({*loads.before, *loads.after, *reps})
    ]


def target_hours(after: Mapping[str, Load], reps: Mapping[str, float]) -> Mapping[str, float | None]:
    """target_r = total * capacity_r / sum(capacity) in hours, over the plan's reps whose hours are known."""
    known = {rep: hours for rep in reps if (hours := after.get(rep, EMPTY).hours) is not None}
    if not any(after.get(rep, EMPTY).hours_known for rep in known):
        return {}
    return targets(fsum(known.values()), {rep: reps[rep] for rep in known})


def capacity(owner: str, reps: Mapping[str, float], hours_per_rep: float | None) -> float | None:
    """capacity_r = base hours * FTE_r, in hours per 90 days; None for owners outside the plan."""
    return None if hours_per_rep is None or owner not in reps else hours_per_rep * reps[owner]


def rep_row(owner: str, load: Load, target: float | None, capacity_hours: float | None) -> dict[str, Any]:
    """One rep; utilisation u_r = W_r / capacity_r."""
    hours = load.hours
    return {
        "owner_id": owner,
        "capacity_hours": capacity_hours,
        "utilisation": hours / capacity_hours if hours is not None and capacity_hours else None,
        "target_hours": target,
        "deviation": None if hours is None else deviation(hours, target),
    } | load_columns(load)


def load_columns(load: Load) -> dict[str, Any]:
    """The columns that reps and territories share."""
    return {
        "accounts": load.accounts,
        "hours": load.hours,
        "covered_accounts": load.covered,
        "coverage": load.coverage,
        "potential": load.potential,
    }


def touches_of(owner: str, touches: Touches | None) -> dict[str, int | None]:
    """The rep's own touches; null where no activities are read."""
    recent, all_touches = (None, None) if touches is None else touches.get(owner, (0, 0))
    return {"touches_30d": recent, "touches_90d": all_touches}


def territory_rows(loads: Loads) -> list[dict[str, Any]]:
    """One row per territory, in order of name."""
    return [{"territory": name} | load_columns(load) for name, load in sorted(loads.territory.items())]
