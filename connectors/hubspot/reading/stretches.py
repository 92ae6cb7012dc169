"""Which ids are read already, and who reads which of the others: a list or a search cut into stretches of ids."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.hubspot.reading.columns import Record

WORTH = 4
"""Pages that a stretch must still be expected to hold for it to be split."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Ids above `low`, up to and with `high`; without end where that is None."""

    low: int
    high: int | None


EVERYTHING = Stretch(0, None)


def gaps(covered: Iterable[Stretch]) -> list[Stretch]:
    """What of all ids these stretches leave out, in order."""
    found, reached = [], 0
    for stretch in joined(covered):
        if stretch.low > reached:
            found.append(Stretch(reached, stretch.low))
        if stretch.high is None:
            return found
        reached = stretch.high
    return [*found, Stretch(reached, None)]


def joined(covered: Iterable[Stretch]) -> list[Stretch]:
    """The same ids in as few stretches as possible, in order."""
    found: list[Stretch] = []
    for stretch in sorted(covered, key=lambda s: s.low):
        last = found[-1] if found else None
        if last is None or (last.high is not None and last.high < stretch.low):
            found.append(stretch)
        elif last.high is not None and (stretch.high is None or stretch.high > last.high):
            found[-1] = Stretch(last.low, stretch.high)
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records by ascending id, read from some id on; it may reach beyond what was asked for."""

    records: Sequence[Record]
    ids: Sequence[int]
    cursor: str | None
    """By which the page behind it is asked for; None for the last."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Records that came together."""

    records: Sequence[Record]
    stretch: Stretch | None
    """The ids of which they are all; None where a list tells no order of ids."""
    cursor: str | None = None
    """Then: by which the list goes on behind them; None behind the last."""


@dataclass(slots=True, eq=False)
class Task:
    """A stretch that somebody reads; it may get shorter meanwhile."""

    low: int
    high: int | None
    at: int
    """Everything up to this id is read."""
    cursor: str | None = None
    """HubSpot's own word for what comes next; None at the beginning of a stretch."""
    came: int = 0
    first: int = 0
    """The lowest id that came."""

    @classmethod
    def of(cls, stretch: Stretch) -> Task:
        """A stretch of which nothing is read."""
        return cls(stretch.low, stretch.high, stretch.low)


@dataclass(frozen=True, slots=True)
class Advance:
    """What a page brought a task: a piece, whether the task is done, and the ids on the page that lie beyond it."""

    piece: Piece
    is_done: bool
    beyond: Sequence[int]


class Board:
    """Hands out stretches to threads: gaps first, then the upper half of the longest that somebody is at.

    `top` is the highest id that there may be, as far as known. At most `most_splits` times a stretch is split, as
    each one costs up to one page read twice.
    """

    def __init__(self, tasks: Iterable[Task], *, top: int, page_size: int, most_splits: int) -> None:
        self._waiting = deque(tasks)
        self._active: list[Task] = []
        self._top, self._page_size, self._splits_left = top, page_size, most_splits
        self._changed = threading.Condition()
        self.is_closed = False

    def take(self) -> Task | None:
        """Something to read, as soon as there is something; None when all is read, or the board was closed."""
        with self._changed:
            while not self.is_closed:
                task = self._waiting.popleft() if self._waiting else self._split()
                if task is not None:
                    self._active.append(task)
                    return task
                if not self._active:
                    return None
                self._changed.wait()
            return None

    def put_back(self, task: Task) -> None:
        """Somebody else goes on with it."""
        with self._changed:
            self._active.remove(task)
            self._waiting.append(task)
            self._changed.notify_all()

    def advance(self, task: Task, page: Page) -> Advance:
        """What of a page belongs to the task, which is that much further."""
        with self._changed:
            begun, end = task.at, task.high
            first = bisect_right(page.ids, begun)
            last = len(page.ids) if end is None else bisect_right(page.ids, end)
            reached = page.ids[-1] if page.ids else begun
            is_done = page.cursor is None or last < len(page.ids) or reached == end
            task.at = reached if end is None else min(reached, end)
            if first < last and not task.came:
                task.first = page.ids[first]
            task.cursor, task.came = page.cursor, task.came + last - first
            if is_done:
                self._active.remove(task)
            self._changed.notify_all()
            stretch = Stretch(begun, end if is_done else task.at)
            return Advance(Piece(page.records[first:last], stretch), is_done, page.ids[last:])

    def close(self) -> None:
        """Nothing more is handed out."""
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()

    def _split(self) -> Task | None:
        """The upper half of what is longest, taken away from whoever is at it; None where nothing is worth it."""
        longest = max(self._active, key=self._expected, default=None)
        if longest is None or self._splits_left <= 0 or self._expected(longest) < WORTH * self._page_size:
            return None
        # The page that is under way reaches about so far.
        at = longest.at + int(self._page_size / self._density(longest))
        middle = (at + self._end(longest)) // 2
        self._splits_left -= 1
        upper = Task.of(Stretch(middle, longest.high))
        longest.high = middle
        return upper

    def _expected(self, task: Task) -> float:
        """Records that are still to come, if they lie as close as those that came."""
        return (self._end(task) - task.at) * self._density(task) if task.came else 0.0

    def _density(self, task: Task) -> float:
        return task.came / max(1, task.at - task.first)

    def _end(self, task: Task) -> int:
        return self._top if task.high is None else min(self._top, task.high)
