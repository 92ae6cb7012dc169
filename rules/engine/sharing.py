"""The accounts of every pod, given to its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rules.engine.created import created_day
from rules.engine.distribute import IN_TURN, SLACKS, UNLIMITED, Counts, Hashes, Room, distribute
from rules.engine.relations import Database
from rules.engine.settled import NOBODY, Settled
from rules.engine.shares import Share, Team
from rules.engine.sql import text
from rules.engine.turns import Turns
from rules.language.people import PodBy


@dataclass(frozen=True, slots=True)
class Waiting:
    """Accounts that pods have still to share out, in the order of their ids: nothing depends on that of rows."""

    rows: npt.NDArray[np.uint32]
    pods: npt.NDArray[np.int32]
    outcomes: npt.NDArray[np.int32]
    hashes: Hashes
    sizes: Counts
    """Accounts that go with it: itself and those who follow it."""


def share_out(
    database: Database, role: int, turns: Turns, settled: Settled, accounts: Path, as_of: date, timezone: str
) -> None:
    """Gives every account of a pod that nobody holds to a member, or says that the pod is full.

    Pods come in the order of their names, as caps and floors count over all of a role.
    """
    if not any(team.takes for team in turns.teams.values()) or not turns.full:
        return
    _lay_sizes(database, role, turns)
    carried = _carried(database, role)
    held = {
        pod: _held(database, role, pod, team, accounts, as_of, timezone) for pod, team in turns.teams.items()
    }
    waiting = _waiting(database, role, turns)
    order = np.argsort(waiting.pods, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(waiting.pods[order])) + 1):
        if len(part):
            pod = int(waiting.pods[part[0]])
            _share(turns, turns.teams[pod], held[pod], carried, waiting, part, settled)


def _share(
    turns: Turns,
    team: Team,
    held: Mapping[int, int],
    carried: dict[int, int],
    waiting: Waiting,
    part: npt.NDArray[np.int64],
    settled: Settled,
) -> None:
    """One pod; `carried` has the accounts of every owner in the role, and grows."""
    shares = [share for share in team.shares if share.takes]
    sizes = waiting.sizes[part]
    in_turn = team.pod.by is PodBy.ROUND_ROBIN
    room = _room(shares, held, carried)
    chosen = distribute(turns.role, waiting.hashes[part], shares, room, sizes, IN_TURN if in_turn else SLACKS)
    rows, placed = waiting.rows[part], chosen >= 0
    numbers = np.array([share.owner for share in shares], np.int32)
    settled.change("owner", rows[placed], numbers[chosen[placed]])
    if not placed.all():
        settled.change("owner", rows[~placed], np.array(NOBODY))
        full = np.array([turns.full[outcome] for outcome in waiting.outcomes[part][~placed].tolist()])
        settled.change("outcome", rows[~placed], full)
    for member, share in enumerate(shares):
        carried[share.owner] = carried.get(share.owner, 0) + int(sizes[chosen == member].sum())


def _room(shares: Sequence[Share], held: Mapping[int, int], carried: Mapping[int, int]) -> Room:
    loads = [carried.get(share.owner, 0) for share in shares]
    most = [
        UNLIMITED if share.cap is None else max(0, share.cap - load)
        for share, load in zip(shares, loads, strict=True)
    ]
    least = [
        min(may, max(0, share.floor - load)) for share, load, may in zip(shares, loads, most, strict=True)
    ]
    counts = [held.get(share.owner, 0) for share in shares]
    return Room(*(np.array(values, np.int64) for values in (counts, least, most)))


def _lay_sizes(database: Database, role: int, turns: Turns) -> None:
    """Makes `sized_<r>`: `decided` with the number of accounts that go with each row, 0 for those who follow."""
    if not turns.follows:
        database.view(f"sized_{role}", "SELECT *, 1 AS size FROM decided")
        return
    follows = f"outcome_{role} IN ({', '.join(map(str, turns.follows))})"
    database.view(
        f"sized_{role}",
        f"SELECT decided.*, CASE WHEN {follows} THEN 0 ELSE 1 + coalesce(children, 0) END AS size FROM decided "
        f"LEFT JOIN (SELECT root AS top, count(*) AS children FROM decided WHERE {follows} GROUP BY root) "
        "ON top = decided.id",
    )


def _waiting(database: Database, role: int, turns: Turns) -> Waiting:
    outcomes = ", ".join(map(str, turns.full))
    query = (
        f"SELECT CAST(number AS UINTEGER), CAST(pod_{role} AS INTEGER), outcome_{role}, md5_number_lower(id), "
        f"CAST(size AS BIGINT) FROM sized_{role} "
        f"WHERE pod_{role} IS NOT NULL AND owner_{role} IS NULL AND outcome_{role} IN ({outcomes}) ORDER BY number"
    )
    found = [[column.to_numpy() for column in batch.columns] for batch in database.batches(query, 1 << 17)]
    kinds = (np.uint32, np.int32, np.int32, np.uint64, np.int64)
    none = [np.empty(0, kind) for kind in kinds]
    return Waiting(*(np.concatenate(parts) for parts in zip(none, *found, strict=True)))


def _carried(database: Database, role: int) -> dict[int, int]:
    """Accounts of every owner in the role, whatever rule or pod they have it from; families with the parent."""
    query = f"SELECT owner_{role}, CAST(sum(size) AS BIGINT) FROM sized_{role} WHERE owner_{role} IS NOT NULL"
    return dict(database.fetch(f"{query} GROUP BY ALL"))


def _held(
    database: Database, role: int, pod: int, team: Team, accounts: Path, as_of: date, timezone: str
) -> dict[int, int]:
    """Accounts of the pod's rules that stay with whom they are, by owner; for round robin only new ones."""
    source = f"sized_{role}"
    if team.pod.by is PodBy.ROUND_ROBIN:
        day = created_day(accounts, timezone, team.pod.name)
        since = (as_of - timedelta(days=team.pod.window_days)).isoformat()
        young = f"SELECT id AS created FROM read_parquet({text(str(accounts))}) WHERE {day} > DATE '{since}'"
        source = f"{source} SEMI JOIN ({young}) ON created = id"
    return dict(
        database.fetch(
            f"SELECT owner_{role}, CAST(sum(size) AS BIGINT) FROM {source} "
            f"WHERE pod_{role} = {pod} AND owner_{role} IS NOT NULL GROUP BY ALL"
        )
    )
