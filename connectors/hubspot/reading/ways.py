"""By which way an object is read: listed, or searched; the quickest that the day's calls allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import structlog

from connectors.base import Quota
from connectors.hubspot.reading.batch import BATCH
from connectors.hubspot.reading.links import BATCH as LINKS

log = structlog.get_logger()
RESERVE = 0.2
"""Share of the day's calls that is left to writing and to others."""
FASTEST, SEARCHES = 25.0, 4.75
"""Calls a second at most that HubSpot sells, and searches a second."""


class Way(StrEnum):
    """How records come."""

    LIST = "list"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a reading takes, without what faults make necessary."""

    calls: float
    """A part of a page counts as a part of a call, so that small tables are chosen for like large ones."""
    seconds: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Rates:
    """What HubSpot allows, and the sizes of pages."""

    burst: float
    """Calls a second, searches aside."""
    list_page: int
    search_page: int

    def listing(self, records: int, *, fits: bool) -> Cost:
        """A list of so many records; where no address holds the properties, each page is read by batch too."""
        calls = records / self.list_page + (0 if fits else records / BATCH)
        return Cost(calls, calls / self.burst)

    def searching(self, records: int, *, fits: bool, links: int = 0) -> Cost:
        """A search of so many, and links to so many object types for each.

        Where no body holds the properties, it gives ids, and values are read by batch meanwhile.
        """
        searches = records / self.search_page
        others = (0 if fits else records / BATCH) + links * records / LINKS
        return Cost(searches + others, max(searches / SEARCHES, others / self.burst))


def choose(costs: Mapping[Way, Cost], quota: Quota, wish: str) -> Way:
    """The quickest way for which the day has calls left, the one with the fewest calls where it has for none."""
    if wish != "auto":
        return Way(wish)
    left = None if quota.remaining is None else quota.remaining - int((quota.limit or 0) * RESERVE)
    bearable = [way for way, cost in costs.items() if left is None or cost.calls <= left]
    if bearable:
        return min(bearable, key=lambda way: (costs[way].seconds, costs[way].calls))
    return min(costs, key=lambda way: costs[way].calls)


def tell(table: str, way: Way, costs: Mapping[Way, Cost], records: Mapping[Way, int]) -> None:
    """Say it, in a line of the log."""
    is_long = records[way] > 1_000
    (log.info if is_long else log.debug)(
        "how a table is read",
        table=table,
        by=way.value,
        records=records[way],
        calls=ceil(costs[way].calls),
        seconds=ceil(costs[way].seconds),
        instead_of={
            other.value: f"{ceil(cost.calls)} calls, {ceil(cost.seconds)} s"
            for other, cost in costs.items()
            if other is not way
        },
    )


def total(costs: Iterable[Cost]) -> Cost:
    """One after the other."""
    return sum(costs, Cost(0, 0.0))
