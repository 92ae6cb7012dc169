"""The accounts of every pod, given to its members."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt

from rules.engine.distribute import distribute
from rules.engine.turns import Turns

Placed = npt.NDArray[np.int32]


def shared_out(con: duckdb.DuckDBPyConnection, role: int, seed: str, turns: Turns, accounts: int) -> Placed:
    """Per row of `decided` the number of the owner who gets it from a pod, -1 for the others."""
    placed = np.full(accounts, -1, np.int32)
    pods = con.execute(
        f"SELECT DISTINCT pod_{role} FROM decided WHERE pod_{role} IS NOT NULL AND owner_{role} IS NULL ORDER BY ALL"
    ).fetchall()
    for (pod,) in pods:
        shares = turns.pods[pod]
        held = _held(con, role, pod)
        # Rows are sorted by id, so the order depends on nothing but the ids.
        waiting = con.execute(
            f"SELECT rowid AS number, md5_number_lower(id) AS hash FROM decided "
            f"WHERE pod_{role} = {pod} AND owner_{role} IS NULL ORDER BY rowid"
        ).fetchnumpy()
        chosen = distribute(seed, waiting["hash"], shares, [held.get(share.owner, 0) for share in shares])
        placed[waiting["number"]] = np.array([share.owner for share in shares], np.int32)[chosen]
    return placed


def _held(con: duckdb.DuckDBPyConnection, role: int, pod: int) -> dict[int, int]:
    """Accounts of the pod's rules that stay with whom they are, by owner."""
    rows = con.execute(
        f"SELECT owner_{role}, count(*) FROM decided WHERE pod_{role} = {pod} AND owner_{role} IS NOT NULL GROUP BY ALL"
    )
    return dict(rows.fetchall())
