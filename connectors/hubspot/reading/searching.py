"""A search of an object, page by page, by ascending id; with values where its body holds their names."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.errors import Garbled
from connectors.hubspot.reading.batch import BatchReader, check_results
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.stretches import Page
from connectors.hubspot.wire.answers import Answer
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route

LONGEST_SEARCH = 2_800
"""Bytes of a search body; HubSpot takes 3,000 characters."""
SETTLING = 15.0
"""Seconds before a search that contradicts itself is asked again; four of them are the lag of its index."""
ID = "hs_object_id"
MODIFIED = "hs_lastmodifieddate"
_HIGHEST = 10**18


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another, both included."""

    low: datetime
    high: datetime

    def filter(self) -> dict[str, str]:
        """The filter of a search for records modified in this span."""
        low, high = (str(round(at.timestamp() * 1000)) for at in (self.low, self.high))
        return {"propertyName": MODIFIED, "operator": "BETWEEN", "value": low, "highValue": high}


@dataclass(frozen=True, slots=True)
class Search:
    """What is to be searched: the records that all filters let through."""

    object_type: str
    properties: Sequence[str]
    filters: Sequence[Mapping[str, Any]] = ()

    @property
    def fits_a_body(self) -> bool:
        """Whether the search itself can give the values."""
        return len(orjson.dumps(self.body(_HIGHEST, _HIGHEST, 200, self.properties))) <= LONGEST_SEARCH

    def body(self, at: int, high: int | None, limit: int, properties: Sequence[str]) -> dict[str, Any]:
        """The search for ids above `at`, up to and with `high`."""
        beyond = {"propertyName": ID, "operator": "GT", "value": str(at)}
        upto = [] if high is None else [{"propertyName": ID, "operator": "LTE", "value": str(high)}]
        return {
            "filterGroups": [{"filters": [*self.filters, beyond, *upto]}],
            "sorts": [{"propertyName": ID, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": limit,
        }


@dataclass(frozen=True, slots=True)
class Searching:
    """A `Source` of one search, which may begin at any id.

    Paged by id, not by time: a mass job gives one stamp to more records than a search will page over.
    """

    client: Client
    search: Search
    page_size: int

    def page(self, at: int, high: int | None, cursor: str | None) -> Page:
        """Garbled where it contradicts its own count."""
        search = self.search
        names = search.properties if search.fits_a_body else [ID]
        answer = self.client.read(
            Route.SEARCH,
            body=search.body(at, high, self.page_size, names),
            check=lambda a: _check_search(a, search.object_type, self.page_size, at),
            object=search.object_type,
        )
        records = answer.body["results"]
        ids = [int(record["id"]) for record in records]
        return Page(records, ids, str(ids[-1]) if len(ids) < int(answer.body["total"]) else None)

    def jumps(self, page: Page) -> bool:
        """Always: a filter says where it begins."""
        return True

    def filled(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records with their values, read by batch where the search could not give them."""
        if self.search.fits_a_body or not records:
            return records
        return BatchReader(self.client, self.search.object_type, self.search.properties).filled(records)

    def began(self, low: int, ids: Sequence[int]) -> None:
        """A filter is believed."""

    def ended(self, high: int, beyond: Sequence[int]) -> None:
        """Nothing beyond is ever seen."""


def _check_search(answer: Answer, object_type: str, limit: int, floor: int) -> None:
    """A search tells how many records match: a page must hold them all, or be full, and go upwards.

    The count takes up to a minute to notice that a record was archived (in recordings of 2022-02), so that
    a page may be short for so long; only a page that stays short is an error in the end.
    """
    check_total(answer, object_type)
    total, page = answer.body["total"], answer.body["results"]
    if len(page) != min(limit, total):
        raise Garbled(
            f"search {object_type}: {total} records match, and a page of {limit} holds {len(page)} of them",
            retry_after=SETTLING,
        )
    ids = [int(record["id"]) for record in page]
    if any(low >= high for low, high in itertools.pairwise([floor, *ids])):
        raise Garbled(f"search {object_type}: the page beyond id {floor} is not in ascending order of id")


def check_total(answer: Answer, object_type: str) -> None:
    """Garbled where a search tells no count."""
    check_results(answer, object_type)
    if not isinstance(answer.body.get("total"), int):
        raise Garbled(f"search {object_type}: the answer tells no total")
