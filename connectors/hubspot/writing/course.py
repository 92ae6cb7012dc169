"""How far one call of `write` has come, for all the threads that carry it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from connectors.errors import AuthFailed, ConnectorError, MissingPermission, QuotaSpent, Transient
from connectors.records import Outcome, Write, WriteResult

NOT_SENT = "NOT_SENT"
"""The code of a write that never left."""
PARALLEL = 16
"""Batches under way at once: at 190 calls in ten seconds and half a second each, fewer would not fill the window."""
T = TypeVar("T")
R = TypeVar("R")


class Course:
    """What has gone wrong so far, and whether anything may have been carried out."""

    def __init__(self, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping
        self.begun = False
        """Whether something may have been carried out."""
        self.failed: ConnectorError | None = None
        """The first error that kept writes from being sent."""
        self._over: ConnectorError | None = None

    def halted(self, writes: Sequence[Write]) -> list[WriteResult] | None:
        """The results of writes that are not begun any more; None while all goes on."""
        if self._over is not None:
            return _left(writes, Outcome.UNKNOWN, str(self._over))
        return _left(writes, Outcome.UNKNOWN, "asked to stop") if self._stopping() else None

    def left(self, error: ConnectorError, writes: Sequence[Write]) -> list[WriteResult]:
        """Writes that did not leave: unknown where a later try may carry them, so that they are looked at again."""
        self.failed = self.failed or error
        if isinstance(error, QuotaSpent | AuthFailed | MissingPermission):
            self._over = error
        passes = isinstance(error, Transient | QuotaSpent | AuthFailed)
        return _left(writes, Outcome.UNKNOWN if passes else Outcome.REJECTED, str(error))


def _left(writes: Sequence[Write], outcome: Outcome, why: str) -> list[WriteResult]:
    return [WriteResult(write.id, outcome, NOT_SENT, f"not sent: {why}") for write in writes]


def side_by_side(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The function of each, in order; several at once, and a single one in this thread."""
    if len(items) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(PARALLEL, len(items)), "hubspot-write") as pool:
        return list(pool.map(function, items))
