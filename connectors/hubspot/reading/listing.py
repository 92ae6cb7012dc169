"""A list of an object, page by page: by HubSpot's own cursor, and from the middle where that cursor is an id."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import gt
from typing import Any

import structlog

from connectors.errors import Garbled, Refused
from connectors.hubspot.reading.batch import BatchReader, check_results
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.stretches import Page, Piece
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route

log = structlog.get_logger()
LONGEST_LIST = 4_000
"""Characters of property names that still go into an address; a longer list is read by batch."""
ID = "hs_object_id"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be listed."""

    object_type: str
    properties: Sequence[str]
    linked: Sequence[str] = ()
    """The object types to which the list tells the links."""
    archived: bool = False

    @property
    def fits_an_address(self) -> bool:
        """Whether the list itself can give the values."""
        return len(",".join(self.properties)) <= LONGEST_LIST

    def query(self, limit: int) -> dict[str, str | int]:
        """What is asked of each page."""
        query: dict[str, str | int] = {
            "limit": limit,
            "archived": str(self.archived).lower(),
            "properties": ",".join(self.properties) if self.fits_an_address else ID,
        }
        if self.linked:
            query["associations"] = ",".join(self.linked)
        return query


@dataclass(slots=True)
class Listing:
    """A `Source` of one list.

    HubSpot documents the cursor as opaque. What it sends is the id of the last record, or the number behind it;
    that is tried before it is relied on, and every stretch is held against the one below it.
    """

    client: Client
    wanted: Wanted
    page_size: int
    _begun: dict[int, Sequence[int]] = field(default_factory=dict)
    """First ids of stretches, by the id above which they begin."""
    _ended: dict[int, Sequence[int]] = field(default_factory=dict)
    """Ids seen beyond the end of stretches, by that end."""
    _short_pages_are_normal: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, at: int, high: int | None, cursor: str | None) -> Page:
        """Garbled where the list goes back to lower ids, or names a page as its own next one."""
        after = cursor if cursor is not None else str(at) if at else None
        body = self._whole(after)
        records = body["results"]
        ids = [int(record["id"]) for record in records]
        if any(map(gt, ids, ids[1:])):
            records = sorted(records, key=_id)
            ids.sort()
        if ids and ids[0] < at:
            raise Garbled(
                f"list {self.wanted.object_type}: {ids[0]} comes after {at}, and lists are in order of id;"
                " set parallel: 1 if this stays so"
            )
        return Page(records, ids, after_of(body))

    def in_turn(self, after: str | None) -> Iterator[Piece]:
        """The whole list behind a cursor, page after page, with no thought of ids."""
        while True:
            body = self._whole(after)
            after = after_of(body)
            yield Piece(self.filled(body["results"]), None, after)
            if after is None:
                return

    def jumps(self, page: Page) -> bool:
        """Whether the cursor is an id: told by its looks, then by asking for the second half of this page so."""
        middle = len(page.ids) // 2
        if page.cursor is None or not middle:
            return False
        found = _is_id(page.cursor, page.ids[-1]) and self._answers_to(page.ids[middle - 1 : middle + 1])
        log.debug("whether a list can be read side by side", object=self.wanted.object_type, found=found)
        return found

    def jumps_anywhere(self) -> bool:
        """The same, asked before anything is read, at the cost of two calls."""
        return self.jumps(self.page(0, None, None))

    def filled(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records with their values, read by batch where no address holds the properties; vanished ones left out."""
        wanted = self.wanted
        if wanted.fits_an_address or not records:
            return records
        reader = BatchReader(self.client, wanted.object_type, wanted.properties, archived=wanted.archived)
        return reader.filled(records)

    def began(self, low: int, ids: Sequence[int]) -> None:
        """Garbled where the stretch below this one ended at other records than this one begins with."""
        with self._lock:
            self._begun[low] = ids
        self._check_seam(low)

    def ended(self, high: int, beyond: Sequence[int]) -> None:
        """Garbled where the stretch above this one began with other records than follow this one."""
        with self._lock:
            self._ended[high] = beyond
        self._check_seam(high)

    def _whole(self, after: str | None) -> dict[str, Any]:
        """One page of the list; one that is short though others follow is asked for once more.

        HubSpot does not promise full pages, so that the count at the end of a list decides; asking again
        mends the page that lost rows on its way. No search counts archived records, so that their last page
        is asked for twice: one that loses the same rows both times is not noticed.
        """
        body = self._read(after)
        is_short, is_last = len(body["results"]) < self.page_size, after_of(body) is None
        if is_short and is_last and self.wanted.archived:
            return max(body, self._read(after), key=lambda b: len(b["results"]))
        if is_short and not is_last and not self._short_pages_are_normal:
            again = self._read(after)
            self._short_pages_are_normal = len(again["results"]) == len(body["results"])
            return max(body, again, key=lambda b: len(b["results"]))
        return body

    def _read(self, after: str | None) -> dict[str, Any]:
        query = self.wanted.query(self.page_size)
        if after is not None:
            query["after"] = after
        object_type = self.wanted.object_type
        answer = self.client.read(
            Route.LIST, query=query, check=lambda a: check_results(a, object_type), object=object_type
        )
        if after is not None and after_of(answer.body) == after:
            raise Garbled(f"list {object_type}: the page after {after} names itself as the next")
        return answer.body

    def _answers_to(self, pair: Sequence[int]) -> bool:
        """Whether the list, asked for what comes after the first of two neighbours, begins with the second."""
        first, second = pair
        # A number that is no record's, where there is room for one: stretches begin anywhere.
        after = first + 1 if first + 1 < second else first
        try:
            records = self._read(str(after))["results"]
        except Refused:
            return False
        ids = [int(record["id"]) for record in records[:2]]
        return second in ids and min(ids) >= first

    def _check_seam(self, at: int) -> None:
        with self._lock:
            above, beyond = self._begun.get(at), self._ended.get(at)
        # Between the two calls a record may have gone or come, but never all of them.
        if above is not None and beyond and not set(beyond) & set(above):
            raise Garbled(
                f"list {self.wanted.object_type}: asked for ids above {at} it begins with"
                f" {above[0] if above else 'nothing'}, and {beyond[0]} should follow;"
                " set parallel: 1 if this stays so"
            )


def after_of(body: dict[str, Any]) -> str | None:
    """The cursor to the next page; None where there is none."""
    after = ((body.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def _id(record: Record) -> int:
    return int(record["id"])


def _is_id(cursor: str, last: int) -> bool:
    return cursor.isascii() and cursor.isdigit() and int(cursor) in (last, last + 1)
