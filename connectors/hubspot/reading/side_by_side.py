"""One object read by several threads, each at a stretch of its ids."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.stretches import Board, Page, Piece, Stretch, Task

ALONE = 5
"""Pages that are read one after the other before it is worth while to read side by side."""
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


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads stretches of a source with so many threads; `expected` records are about to come, `top` is the highest id."""

    source: Source
    threads: int
    expected: int
    top: int

    def pieces(self, missing: Sequence[Stretch]) -> Iterator[Piece]:
        """All records of these stretches, in no order; the first error of a thread is raised when all have stopped."""
        size = self.source.page_size
        board = Board(
            [Task.of(stretch) for stretch in missing],
            top=self.top,
            page_size=size,
            most_splits=max(self.threads, int(self.expected / size * SPLIT_SHARE)),
        )
        if not (yield from self._alone(board)):
            yield from self._together(board)

    def _alone(self, board: Board) -> Generator[Piece, None, bool]:
        """The first pages, in this thread; True where these are all."""
        pages = 0
        while (task := board.take()) is not None:
            is_done = False
            while not is_done:
                page, is_done, piece = self._step(board, task)
                yield piece
                pages += 1
                if pages == ALONE and self.threads > 1 and self._is_long() and self.source.jumps(page):
                    if not is_done:
                        board.put_back(task)
                    return False
        return True

    def _is_long(self) -> bool:
        return self.expected > 2 * ALONE * self.source.page_size

    def _step(self, board: Board, task: Task) -> tuple[Page, bool, Piece]:
        source, is_first, jumped = self.source, task.cursor is None, task.low > 0
        page = source.page(task.at, task.high, task.cursor)
        if is_first and jumped:
            source.began(task.low, page.ids)
        advance = board.advance(task, page)
        end = advance.piece.stretch.high if advance.piece.stretch else None
        if advance.is_done and end is not None:
            source.ended(end, advance.beyond)
        return page, advance.is_done, Piece(source.filled(advance.piece.records), advance.piece.stretch)

    def _together(self, board: Board) -> Iterator[Piece]:
        found: queue.Queue[Piece | BaseException | None] = queue.Queue(2 * self.threads)
        stopping = threading.Event()

        def put(item: Piece | BaseException | None) -> None:
            while not stopping.is_set():
                with suppress(queue.Full):
                    found.put(item, timeout=0.5)
                    return

        threads = [
            threading.Thread(target=self._work, args=(board, put), name=f"page reader {n}", daemon=True)
            for n in range(self.threads)
        ]
        for thread in threads:
            thread.start()
        try:
            yield from _taken(found, len(threads))
        finally:
            stopping.set()
            board.close()
            for thread in threads:
                thread.join()

    def _work(self, board: Board, put: Callable[[Piece | BaseException | None], None]) -> None:
        try:
            while (task := board.take()) is not None:
                is_done = False
                while not is_done and not board.is_closed:
                    _, is_done, piece = self._step(board, task)
                    put(piece)
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the pieces are taken
            board.close()
            put(error)


def _taken(found: queue.Queue[Piece | BaseException | None], working: int) -> Iterator[Piece]:
    """What the threads find until the last has stopped; then the first of their errors."""
    failed: BaseException | None = None
    while working:
        item = found.get()
        if isinstance(item, Piece):
            yield item
            continue
        working -= 1
        failed = failed or item
    if failed is not None:
        raise failed
