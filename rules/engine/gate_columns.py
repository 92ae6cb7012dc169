"""The gates of an account in SQL: its owner, its parents, its holds of the nights before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from rules.engine.columns import ClassColumn
from rules.engine.gates import FOLLOWS, expired, owned
from rules.engine.masking.classes import FieldClasses
from rules.language.ruleset import Rule


def gate_columns(
    classes: Mapping[str, FieldClasses], roles: Sequence[str], timed: Sequence[Rule], as_of: date
) -> dict[str, ClassColumn]:
    """By field; over `accounts` with the joins that `classing` makes of `owners` and `roots`, and `since_<n>`."""
    claims = {
        owned(role): (f'holder_of_{n}."number of owner" IS NOT NULL', "") for n, role in enumerate(roles)
    }
    claims[FOLLOWS] = ("coalesce(above.follows, FALSE)", "")
    for number, rule in enumerate(timed):
        last = as_of - timedelta(days=rule.hold_days or 0)
        joined = f'LEFT JOIN since_{number} ON since_{number}."id of held" = accounts.id'
        ended = f"coalesce(since_{number}.\"held since\" <= DATE '{last.isoformat()}', FALSE)"
        claims[expired(rule)] = (ended, joined)
    return {
        field: _column(classes[field], claim, join)
        for field, (claim, join) in claims.items()
        if field in classes
    }


def _column(found: FieldClasses, claim: str, join: str) -> ClassColumn:
    yes, no = (found.class_of(truth) for truth in (1, 0))  # type: ignore[arg-type]
    issue = 'above."issue of family"' if found.field == FOLLOWS else None
    return ClassColumn(found.field, f"CASE WHEN {claim} THEN {yes} ELSE {no} END", join, issue)
