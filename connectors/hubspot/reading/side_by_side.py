"""One object read by several threads, each at a stretch of its ids."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.stretches import Board, Page, Piece, Stretch, Task

ALONE = 5
"""Pages that are read one after the other before it is asked whether to read side by side, and asked again."""
SPLIT_SHARE = 0.03
"""Splits per page that is expected: each costs about half a page."""


class Source(Protocol):
    """Pages of an object by ascending id."""

    @property
    def page_size(self) -> int:
        """Records in a full page."""
        ...

    def page(self, at: int, high: int | None, cursor: str | None) -> Page:
        """The page behind the cursor, or with None that of the first ids above `at`; ids above `high` may be left out."""
        ...

    def jumps(self, page: Page) -> bool:
        """Whether reading may begin at any id; `page` is one to try it with, at the cost of a call at most."""
        ...

    def filled(self, records: Sequence[Record]) -> Sequence[Record]:
        """The same records with all their values."""
        ...

    def began(self, low: int, ids: Sequence[int]) -> None:
        """Told the first ids of a stretch that was begun in the middle; Garbled where they cannot be right."""
        ...

    def ended(self, high: int, beyond: Sequence[int]) -> None:
        """Told the ids that were seen beyond the end of a stretch; Garbled where they cannot be right."""
        ...


@dataclass(slots=True)
class Pace:
    """How many threads it takes to make `rate` calls a second, by how long pages take.

    More would only stand in each other's way; and where one is enough, none is needed.
    """

    most: int
    rate: float
    clock: Callable[[], float]
    _seconds: float = 0.0

    def page_took(self, seconds: float) -> None:
        """Remember it, the last ten or so pages most of all."""
        self._seconds = seconds if self._seconds == 0 else self._seconds + (seconds - self._seconds) / 10

    @property
    def threads(self) -> int:
        """As many as are worth while by now."""
        return min(self.most, max(1, ceil(1.5 * self.rate * self._seconds)))


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads stretches of a source; about `expected` records are to come, and `top` is the highest id as far as known."""

    source: Source
    pace: Pace
    expected: int
    top: int

    def pieces(self, missing: Sequence[Stretch]) -> Iterator[Piece]:
        """All records of these stretches, in no order; the first error of a thread is raised when all have stopped."""
        size = self.source.page_size
        board = Board(
            [Task.of(stretch) for stretch in missing],
            top=self.top,
            page_size=size,
            most_splits=max(self.pace.most, int(self.expected / size * SPLIT_SHARE)),
        )
        if not (yield from self._alone(board)):
            yield from self._together(board)

    def _alone(self, board: Board) -> Generator[Piece, None, bool]:
        """The first pages, in this thread, and more as long as that is quick enough; True where these are all."""
        pages, may_jump = 0, self.pace.most > 1 and self._is_long()
        while (task := board.take()) is not None:
            is_done = False
            while not is_done:
                page, is_done, piece = self._step(board, task)
                yield piece
                pages += 1
                if may_jump and pages % ALONE == 0 and self.pace.threads > 1:
                    may_jump = self.source.jumps(page)
                    if may_jump:
                        if not is_done:
                            board.put_back(task)
                        return False
        return True

    def _is_long(self) -> bool:
        return self.expected > 2 * ALONE * self.source.page_size

    def _step(self, board: Board, task: Task) -> tuple[Page, bool, Piece]:
        source, is_first, jumped = self.source, task.cursor is None, task.low > 0
        begun = self.pace.clock()
        page = source.page(task.at, task.high, task.cursor)
        self.pace.page_took(self.pace.clock() - begun)
        if is_first and jumped:
            source.began(task.low, page.ids)
        advance = board.advance(task, page)
        end = advance.piece.stretch.high if advance.piece.stretch else None
        if advance.is_done and end is not None:
            source.ended(end, advance.beyond)
        return page, advance.is_done, Piece(source.filled(advance.piece.records), advance.piece.stretch)

    def _together(self, board: Board) -> Iterator[Piece]:
        crew = _Crew(self.pace.most)
        try:
            yield from crew.pieces(lambda: self._work(board, crew), self.pace, board)
        finally:
            crew.stopping.set()
            board.close()
            for thread in crew.threads:
                thread.join()

    def _work(self, board: Board, crew: _Crew) -> None:
        try:
            while (task := board.take()) is not None:
                is_done = False
                while not is_done and not board.is_closed:
                    _, is_done, piece = self._step(board, task)
                    crew.put(piece)
            crew.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the pieces are taken
            board.close()
            crew.put(error)


class _Crew:
    """Threads, and what they have found that nobody took yet."""

    def __init__(self, most: int) -> None:
        self.threads: list[threading.Thread] = []
        self.stopping = threading.Event()
        self._found: queue.Queue[Piece | BaseException | None] = queue.Queue(2 * most)

    def put(self, item: Piece | BaseException | None) -> None:
        """A piece, or how a thread ended: None for well; waits until there is room."""
        while not self.stopping.is_set():
            with suppress(queue.Full):
                self._found.put(item, timeout=0.5)
                return

    def pieces(self, work: Callable[[], None], pace: Pace, board: Board) -> Iterator[Piece]:
        """What the threads find until the last has stopped; then the first of their errors."""
        failed: BaseException | None = None
        ended = 0
        while not self.threads or ended < len(self.threads):
            while len(self.threads) < pace.threads and not board.is_closed and not ended:
                self._hire(work)
            item = self._found.get()
            if isinstance(item, Piece):
                yield item
                continue
            ended += 1
            failed = failed or item
        if failed is not None:
            raise failed

    def _hire(self, work: Callable[[], None]) -> None:
        name = f"page reader {len(self.threads) + 1}"
        self.threads.append(threading.Thread(target=work, name=name, daemon=True))
        self.threads[-1].start()
