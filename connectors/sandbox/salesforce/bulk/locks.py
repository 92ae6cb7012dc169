"""Rows that cannot be locked: somebody else holds the record or its parent, or another batch of the job does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.errors import RowFailed
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.state import State

FOREVER = 10**9


@dataclass(slots=True)
class Locks:
    """Whether the record of a row can be locked at the n-th try of its transaction, counted from 0.

    `fault` says `ids` of records, `parents` of records, or that `every` n-th row is locked, for `tries` tries;
    `held` are parents that are locked for good; `tries` is how long two batches of the job collide.
    """

    state: State
    object: SObject
    fault: Mapping[str, Any]
    held: frozenset[str] = frozenset()
    tries: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    """By parent, the first batch of the job that wrote a child of it."""

    def locked(self, targets: Sequence[str], first: int, batch: int, tried: int) -> list[int]:
        """Which of a transaction's rows cannot be locked now, by their place in it."""
        parents = self._parents(targets)
        wanted = {ids.parse(id) for id in self.fault.get("ids", ())}
        above = {ids.parse(id) for id in self.fault.get("parents", ())}
        every = int(self.fault.get("every", 0 if wanted or above else 1)) if self.fault else 0
        faulty = tried < int(self.fault.get("tries") or FOREVER)
        found = []
        for place, id in enumerate(targets):
            parent = parents.get(id)
            struck = id in wanted or parent in above or (every and (first + place + 1) % every == 0)
            if (
                (faulty and struck)
                or parent in self.held
                or id in self.held
                or self._collides(parent, batch, tried)
            ):
                found.append(place)
        return found

    def _collides(self, parent: str | None, batch: int, tried: int) -> bool:
        if parent is None or not self.tries:
            return False
        return self._seen.setdefault(parent, batch) != batch and tried < self.tries

    def _parents(self, targets: Sequence[str]) -> dict[str, str]:
        """The parents of the records, where a lock of theirs could matter."""
        if not (self.held or self.tries or self.fault.get("parents")):
            return {}
        name = "ParentId" if self.object.find("ParentId") else "AccountId"
        if self.object.find(name) is None:
            return {}
        marks = ",".join("?" * len(targets))
        sql = f'SELECT "Id", "{name}" FROM "{self.object.name}" WHERE "Id" IN ({marks})'
        return {
            str(id): str(parent) for id, parent in self.state.rows(sql, list(targets)) if parent is not None
        }


def refused(id: str) -> RowFailed:
    """The failure of a row whose record stayed locked."""
    message = f"unable to obtain exclusive access to this record or 200 records: {id}"
    return RowFailed("UNABLE_TO_LOCK_ROW", message)
