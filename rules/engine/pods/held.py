"""What everybody has already, before a pod gives anything away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from rules.engine.following import Children
from rules.engine.pods.created import created_day
from rules.engine.relations import Database
from rules.engine.settled import NOBODY
from rules.engine.sql import text
from rules.engine.turns import Turns
from rules.language.people import PodBy


@dataclass(frozen=True, slots=True)
class Held:
    """Accounts of one role that have an owner by the plan, by pod (-1 for none) and owner.

    Whoever follows an ultimate parent counts with it.
    """

    counts: Counter[tuple[int, int]]
    young: Counter[tuple[int, int]]
    """Of pods by round robin: only accounts created inside the pod's window."""
    in_turn: frozenset[int]
    """Numbers of these pods."""

    def carried(self) -> dict[int, int]:
        """By owner, whatever rule or pod it is from."""
        sums: Counter[int] = Counter()
        for (_, owner), count in self.counts.items():
            sums[owner] += count
        return dict(sums)

    def of_pod(self, pod: int) -> dict[int, int]:
        """By owner: what counts as load when the pod shares."""
        counts = self.young if pod in self.in_turn else self.counts
        return {owner: count for (of, owner), count in counts.items() if of == pod}


def held_of(
    database: Database,
    role: int,
    turns: Turns,
    children: Children,
    accounts: Path,
    as_of: date,
    timezone: str,
) -> Held:
    """What `decided` says of the role; nothing is read where no pod shares anything out."""
    turning = {pod: team.pod for pod, team in turns.teams.items() if team.pod.by is PodBy.ROUND_ROBIN}
    if not turns.full:
        return Held(Counter(), Counter(), frozenset(turning))
    counts = Counter(_counted(database, role, "decided", "TRUE"))
    counts.update(_with_parents(children))
    young: Counter[tuple[int, int]] = Counter()
    for number, pod in turning.items():
        day = created_day(accounts, timezone, pod.name)
        if any(key[0] == number for key in counts):
            since = (as_of - timedelta(days=pod.window_days)).isoformat()
            made = f"SELECT id AS made FROM read_parquet({text(str(accounts))}) WHERE {day} > DATE '{since}'"
            young.update(
                _counted(database, role, f"decided SEMI JOIN ({made}) ON made = id", f"pod_{role} = {number}")
            )
    return Held(counts, young, frozenset(turning))


def _counted(database: Database, role: int, source: str, where: str) -> dict[tuple[int, int], int]:
    rows = database.fetch(
        f"SELECT coalesce(pod_{role}, {NOBODY}), owner_{role}, count(*) FROM {source} "
        f"WHERE owner_{role} IS NOT NULL AND {where} GROUP BY ALL"
    )
    return {(pod, owner): count for pod, owner, count in rows}


def _with_parents(children: Children) -> dict[tuple[int, int], int]:
    """Everybody who comes along with a parent that has an owner already."""
    found = children.along & (children.root_owners >= 0)
    pairs = np.stack([children.root_pods[found], children.root_owners[found]], axis=1)
    different, counts = np.unique(pairs, axis=0, return_counts=True)
    return {
        (pod, owner): count for (pod, owner), count in zip(different.tolist(), counts.tolist(), strict=True)
    }
