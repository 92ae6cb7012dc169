"""Pages joined, so that what costs the same for a hundred records and for a thousand is done once for the thousand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.links import BATCH


def together(pages: Iterable[Sequence[Record]], most: int = BATCH) -> Iterator[list[Record]]:
    """The same records in order, at most so many at a time where pages are smaller than that; none are empty."""
    waiting: list[Record] = []
    for page in pages:
        if waiting and len(waiting) + len(page) > most:
            yield waiting
            waiting = []
        waiting = [*waiting, *page]
    if waiting:
        yield waiting
