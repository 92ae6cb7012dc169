"""What is decided after the plan, row by row: who in a pod, and what an ultimate parent passes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

UNCHANGED = -2
NOBODY = -1
Numbers = npt.NDArray[np.int32]


class Settled:
    """Changes to the columns of `decided` in one role; a column takes memory only once something changes in it."""

    def __init__(self, accounts: int) -> None:
        self._accounts = accounts
        self._columns: dict[str, Numbers] = {}

    def change(self, column: str, rows: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
        """Gives the rows other values."""
        if column not in self._columns:
            self._columns[column] = np.full(self._accounts, UNCHANGED, np.int32)
        self._columns[column][rows] = values

    def at(self, column: str, rows: npt.NDArray[Any] | slice, planned: Numbers) -> Numbers:
        """The values of these rows as they are now; `planned` has those of the plan."""
        if column not in self._columns:
            return planned
        found = self._columns[column][rows]
        return np.where(found == UNCHANGED, planned, found)
