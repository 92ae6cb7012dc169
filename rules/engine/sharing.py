"""The accounts of every pod, given to its members."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rules.engine.distribute import Hashes, distribute
from rules.engine.relations import Database
from rules.engine.turns import Turns

Placed = npt.NDArray[np.int32]


def shared_out(database: Database, role: int, seed: str, turns: Turns, accounts: int) -> Placed:
    """Per row of `decided` the number of the owner who gets it from a pod, -1 for the others."""
    placed = np.full(accounts, -1, np.int32)
    held = _held(database, role)
    rows, pods, hashes = _waiting(database, role)
    order = np.argsort(pods, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(pods[order])) + 1):
        if len(part):
            pod = int(pods[part[0]])
            shares = turns.pods[pod]
            kept = [held.get((pod, share.owner), 0) for share in shares]
            chosen = distribute(seed, hashes[part], shares, kept)
            placed[rows[part]] = np.array([share.owner for share in shares], np.int32)[chosen]
    return placed


def _waiting(database: Database, role: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int16], Hashes]:
    """Row, pod and hash of every account that a pod has still to share out.

    In the order of their ids, so that what comes of it depends on nothing but the ids.
    """
    query = (
        f"SELECT CAST(number AS UINTEGER) AS number, CAST(pod_{role} AS SMALLINT) AS pod, "
        f"md5_number_lower(id) AS hash FROM decided WHERE pod_{role} IS NOT NULL AND owner_{role} IS NULL"
    )
    found = [[column.to_numpy() for column in batch.columns] for batch in database.batches(query, 1 << 17)]
    none = [np.empty(0, kind) for kind in (np.uint32, np.int16, np.uint64)]
    numbers, pods, hashes = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
    return numbers, pods, hashes


def _held(database: Database, role: int) -> dict[tuple[int, int], int]:
    """Accounts of the pods' rules that stay with whom they are, by pod and owner."""
    rows = database.fetch(
        f"SELECT pod_{role}, owner_{role}, count(*) FROM decided "
        f"WHERE pod_{role} IS NOT NULL AND owner_{role} IS NOT NULL GROUP BY ALL"
    )
    return {(pod, owner): count for pod, owner, count in rows}
