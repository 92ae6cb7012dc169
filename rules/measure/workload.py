"""The hours that an account asks for, as SQL: its tier, its complexity, its travel."""

from __future__ import annotations

from collections.abc import Callable

from rules.language.condition import Between, Condition, In
from rules.language.ruleset import RuleSet, Tier, Workload
from rules.language.values.normalise import normalise
from rules.measure import sql

Holds = Callable[[Condition], str]
"""The SQL that says whether a condition is true of the row's account; false where it is unknown."""


def tier_conditions(rules: RuleSet, workload: Workload) -> list[tuple[str, Condition]]:
    """(tier, condition) in the order they are tried: the bands [low, high), or the tiers' own names."""
    if workload.bands:
        return [(band.tier, Between(workload.tier_field, band.low, band.high)) for band in workload.bands]
    kind = rules.fields[workload.tier_field]
    return [
        (tier.name, In(workload.tier_field, (value,)))
        for tier in workload.tiers
        if (value := normalise(kind, tier.name).value) is not None
    ]


def conditions(rules: RuleSet, workload: Workload) -> list[Condition]:
    """Every condition that the workload asks of an account."""
    return [c for _, c in tier_conditions(rules, workload)] + [c.when for c in workload.complexity]


def tier_expression(rules: RuleSet, workload: Workload, holds: Holds) -> str:
    """The account's tier: the default tier (or null) where the field fits none."""
    cases = "".join(
        f" WHEN {holds(condition)} THEN {sql.text(tier)}"
        for tier, condition in tier_conditions(rules, workload)
    )
    default = "NULL" if workload.default_tier is None else sql.text(workload.default_tier)
    return f"CAST(CASE{cases} ELSE {default} END AS VARCHAR)" if cases else f"CAST({default} AS VARCHAR)"


def hours_expression(workload: Workload, tier: str, holds: Holds) -> str:
    """h_a = f_tier * t_tier * c_a + travel_a, in hours per 90 days; null where the tier is.

    c_a = 1 + the sum of the weights of the complexities that the account meets; one that cannot be told, as
    a field is missing, is not met. Source: workload (build-up) method of sizing a sales force, W. J. Talley,
    "How to Design Sales Territories", Journal of Marketing, 1961.
    """
    weights = "".join(
        f" + CASE WHEN {holds(c.when)} THEN {sql.number(c.weight)} ELSE {sql.number(0)} END"
        for c in workload.complexity
    )
    cases = "".join(f" WHEN {sql.text(t.name)} THEN {sql.number(base_hours(t))}" for t in workload.tiers)
    base = f"CASE {tier}{cases} END" if cases else "NULL"
    return f"{base} * ({sql.number(1)}{weights}) + {sql.number(workload.travel_hours)}"


def base_hours(tier: Tier) -> float:
    """f_tier * t_tier: touches per 90 days times hours per touch."""
    return tier.touches * tier.hours_per_touch
