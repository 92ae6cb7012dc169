"""An explanation of one account as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rules.explanation.explain import Explanation, Tried
from rules.explanation.telling import given_to
from rules.language.ruleset import Rule
from sync.answers.account import Ancestry
from sync.answers.explanation import RoleTold, Told
from sync.outputs import PREFIX


def explain_json(told: Told) -> dict[str, Any]:
    """The same as the text says, in JSON's types but for dates."""
    return {
        "account": {k: v for k, v in told.row.items() if not k.startswith(PREFIX)},
        "as_of": told.as_of.isoformat(),
        "values": dict(told.record.values),
        "data_issues": list(told.record.issues.values()),
        "roles": [_role(role) for role in told.roles],
        "family": _family(told.family),
        "derived": [asdict(found) for found in told.derived],
        "why_not": {**asdict(told.why_not), "sentence": str(told.why_not)} if told.why_not else None,
    }


def _role(role: RoleTold) -> dict[str, Any]:
    return {
        **_explained(role.explanation),
        "territory": role.territory,
        "ultimate_parent": _explained(role.parent) if role.parent is not None else None,
        "owner_id": role.holder,
        "latest_plan": role.planned,
        "pod": asdict(role.pick) if role.pick is not None else None,
    }


def _explained(found: Explanation) -> dict[str, Any]:
    return {
        "role": found.role,
        "decision": found.decision.value,
        "reason_code": found.code.value,
        "rule": found.winner.id if found.winner else None,
        "territory": found.territory,
        "territory_by": found.place.id if found.place else None,
        "given_to": given_to(found.winner) if found.winner else None,
        "exception": _exception(found.winner),
        "reason": found.reason,
        "tried": [_tried(tried) for tried in found.tried],
    }


def _exception(rule: Rule | None) -> Mapping[str, Any] | None:
    if rule is None or rule.exception is None:
        return None
    return {**asdict(rule.exception), "from": rule.active.since, "until": rule.active.until}


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "rule": tried.rule.id,
        "level": tried.rule.level,
        "truth": {True: "true", False: "false", None: "unknown"}[tried.truth],
        "wins": tried.wins,
        "passed_over": tried.passed_over,
        "failed": tried.failed,
        "compared": [asdict(comparison) for comparison in tried.compared],
    }


def _family(family: Ancestry) -> dict[str, Any]:
    return {
        "path": [{"id": row["id"], "name": row["name"]} for row in family.path],
        "ultimate_parent": None if family.broken else family.root["id"],
        "broken": family.broken,
        "lost": family.lost,
    }
