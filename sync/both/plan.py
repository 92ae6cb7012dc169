"""One plan for both CRMs: it names the plan of each side by its hash, and so is approved with both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.both.config import FOLLOW, LEAD, Pair
from sync.errors import StateDamaged, SyncError
from sync.files import write_text
from sync.plan import Breach, Plan
from sync.plan import load as load_plan

FORMAT = 1
LATEST = "latest.json"
SHORTEST = 4


@dataclass(frozen=True, slots=True)
class JointPlan:
    """Both plans, how the accounts were matched, and what is wrong with that."""

    id: str
    """SHA-256 of what it says; people use its first 12 digits."""
    plans: Mapping[str, Plan]
    """By side, the leading one first."""
    matched: Mapping[str, Any]
    pingpong: Sequence[Mapping[str, str]]
    own: tuple[Breach, ...]
    """Breaches of neither side alone."""

    @property
    def short(self) -> str:
        """What people call it."""
        return self.id[:12]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write on either side."""
        return all(plan.is_empty for plan in self.plans.values())

    @property
    def breaches(self) -> tuple[Breach, ...]:
        """Its own, and those of the sides under `SIDE:name`."""
        theirs = [
            Breach(f"{side}:{breach.name}", f"{plan.crm}: {breach.message}")
            for side, plan in self.plans.items()
            if not plan.is_empty
            for breach in plan.breaches
        ]
        return (*self.own, *theirs)


def store(
    pair: Pair,
    plans: Mapping[str, Plan],
    matched: Mapping[str, Any],
    pingpong: Sequence[Mapping[str, str]],
    own: Sequence[Breach],
) -> JointPlan:
    """Keep a joint plan in the pair's state folder."""
    told = {
        "format": FORMAT,
        "plans": {side: plan.id for side, plan in plans.items()},
        "matched": dict(matched),
        "pingpong": [dict(row) for row in pingpong],
        "breaches": [{"name": breach.name, "message": breach.message} for breach in own],
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    id = hashlib.sha256(text.encode()).hexdigest()
    write_text(_folder(pair) / f"{id}.json", text)
    write_text(_folder(pair) / LATEST, json.dumps({"id": id}) + "\n")
    return JointPlan(id, plans, matched, pingpong, tuple(own))


def load(pair: Pair, name: str | None) -> JointPlan:
    """A joint plan by the beginning of its id, the latest where none is named; SyncError where there is not one."""
    folder = _folder(pair)
    if name is None:
        try:
            name = str(json.loads((folder / LATEST).read_text(encoding="utf-8"))["id"])
        except (OSError, ValueError, KeyError):
            raise SyncError('there is no joint plan yet; make one with "territory both plan"') from None
    found = sorted(folder.glob(f"{name}*.json")) if len(name) >= SHORTEST and name.isalnum() else []
    if len(found) != 1:
        said = "no joint plan" if not found else f"{len(found)} joint plans"
        raise SyncError(
            f"{said} in {folder} with an id that begins with {name!r} (at least {SHORTEST} digits)"
        )
    text = found[0].read_text(encoding="utf-8")
    id = hashlib.sha256(text.encode()).hexdigest()
    if id != found[0].stem:
        raise StateDamaged(
            f'{found[0]} was changed after it was made; make a new one with "territory both plan"'
        )
    told = json.loads(text)
    plans = {side: _part(pair, side, told["plans"][side]) for side in (LEAD, FOLLOW)}
    return JointPlan(
        id, plans, told["matched"], told["pingpong"], tuple(Breach(**breach) for breach in told["breaches"])
    )


def _part(pair: Pair, side: str, id: str) -> Plan:
    plan = load_plan(pair.sides[side].state / "plans" / id[:12] / "plan.parquet")
    if plan.id != id:
        raise StateDamaged(
            f'{plan.path} is not the plan that the joint plan names; make a new one with "territory both plan"'
        )
    return plan


def _folder(pair: Pair) -> Path:
    return pair.state / "both"
