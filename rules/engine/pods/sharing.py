"""The accounts of every pod, given to its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules.engine.following import Children
from rules.engine.pods.distribute import IN_TURN, SLACKS, UNLIMITED, Counts, Hashes, Room, distribute
from rules.engine.pods.held import Held
from rules.engine.pods.shares import Share, Team
from rules.engine.relations import Database
from rules.engine.settled import NOBODY, Settled
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
    database: Database, role: int, turns: Turns, children: Children, settled: Settled, held: Held
) -> None:
    """Gives every account of a pod that nobody holds to a member, or says that the pod is full.

    Pods come in the order of their names, as caps and floors count over all of a role.
    """
    if not turns.full:
        return
    carried = held.carried()
    waiting = _waiting(database, role, turns, children)
    order = np.argsort(waiting.pods, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(waiting.pods[order])) + 1):
        if len(part):
            pod = int(waiting.pods[part[0]])
            _share(turns, turns.teams[pod], held.of_pod(pod), carried, waiting, part, settled)


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


def _waiting(database: Database, role: int, turns: Turns, children: Children) -> Waiting:
    outcomes = ", ".join(map(str, turns.full))
    query = (
        f"SELECT CAST(number AS UINTEGER), CAST(pod_{role} AS INTEGER), outcome_{role}, md5_number_lower(id) "
        f"FROM decided WHERE pod_{role} IS NOT NULL AND owner_{role} IS NULL AND outcome_{role} IN ({outcomes})"
    )
    found = [[column.to_numpy() for column in batch.columns] for batch in database.batches(query, 1 << 17)]
    none = [np.empty(0, kind) for kind in (np.uint32, np.int32, np.int32, np.uint64)]
    columns = [np.concatenate(parts) for parts in zip(none, *found, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    rows, pods, reached, hashes = (column[order] for column in columns)
    return Waiting(rows, pods, reached, hashes, _sizes(rows, children))


def _sizes(rows: npt.NDArray[np.uint32], children: Children) -> Counts:
    """One for each row, and one more for everybody who follows it; rows ascend."""
    sizes = np.ones(len(rows), np.int64)
    roots = children.roots[children.along]
    if len(rows) and len(roots):
        at = np.minimum(np.searchsorted(rows, roots), len(rows) - 1)
        np.add.at(sizes, at[rows[at] == roots], 1)
    return sizes
