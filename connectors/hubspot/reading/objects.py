"""The records of a portal, of any object type: counted, listed, searched, or read by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.hubspot.reading.batch import BatchReader
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.listing import Listing, Wanted
from connectors.hubspot.reading.searching import ID, Search, Searching, Span, check_total
from connectors.hubspot.reading.side_by_side import Pace, Reading
from connectors.hubspot.reading.stretches import EVERYTHING, Piece, Stretch
from connectors.hubspot.reading.ways import FASTEST
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route

Pages = Callable[[str, Sequence[str], Sequence[str]], Iterator[list[Record]]]
"""Every living record of an object type with these properties, and with its links to these object types."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records a search finds, as its index knows them."""

    records: int
    top: int
    """The highest id among them; 0 where there is none."""
    at: datetime | None
    """When, by HubSpot's clock."""


@dataclass(frozen=True, slots=True)
class Left:
    """What of a list or a search is still to be read, and about how much that is."""

    expected: int
    top: int
    missing: Sequence[Stretch] = (EVERYTHING,)
    cursor: str | None = None
    """By which a list goes on that is read in turn."""


class Objects:
    """Every page is whole, or an error."""

    def __init__(self, client: Client, *, page_size: int, search_page_size: int, parallel: int = 1) -> None:
        self._client = client
        self.page_size = page_size
        self.search_page_size = search_page_size
        self._parallel = parallel

    def count(self, object_type: str, filters: Sequence[Mapping[str, Any]] = ()) -> Counted:
        """How many records there are that these filters let through."""
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": ID, "direction": "DESCENDING"}],
            "properties": [ID],
            "limit": 1,
        }
        answer = self._client.read(
            Route.SEARCH, body=body, check=lambda a: check_total(a, object_type), object=object_type
        )
        highest = [int(record["id"]) for record in answer.body["results"]]
        return Counted(int(answer.body["total"]), max(highest, default=0), answer.at)

    def listed(self, wanted: Wanted, left: Left) -> Iterator[Piece]:
        """Every record of a list, in pieces and in no order."""
        listing = Listing(self._client, wanted, self.page_size)
        if self._parallel == 1:
            return listing.in_turn(left.cursor)
        return self._reading(listing, left).pieces(left.missing)

    def goes_on(self, wanted: Wanted) -> bool:
        """Whether a list may be begun at the ids of which it is not read."""
        return Listing(self._client, wanted, self.page_size).jumps_anywhere()

    def searched(self, search: Search, left: Left) -> Iterator[Piece]:
        """Every record of a search, in pieces and in no order; without its links."""
        return self._reading(Searching(self._client, search, self.search_page_size), left).pieces(
            left.missing
        )

    def changed(self, object_type: str, properties: Sequence[str], span: Span) -> Iterator[list[Record]]:
        """Every record modified in a span."""
        return self.matching(object_type, properties, span.filter())

    def matching(
        self, object_type: str, properties: Sequence[str], wanted: Mapping[str, Any]
    ) -> Iterator[list[Record]]:
        """Every record that a filter of a search lets through; without its links."""
        counted = self.count(object_type, [wanted])
        search = Search(object_type, properties, [wanted])
        for piece in self.searched(search, Left(counted.records, counted.top)):
            if piece.records:
                yield list(piece.records)

    def read(self, object_type: str, ids: Sequence[str], properties: Sequence[str]) -> Iterator[Record]:
        """The records with these ids, in any order; those that are not there are left out."""
        return BatchReader(self._client, object_type, properties).read(ids)

    def _reading(self, source: Listing | Searching, left: Left) -> Reading:
        rate = min(FASTEST, self._client.limits.rate)
        return Reading(source, Pace(self._parallel, rate, self._client.clock), left.expected, left.top)
