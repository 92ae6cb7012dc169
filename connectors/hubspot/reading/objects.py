"""Pages of CRM objects: listed, searched or read by id, each either whole or an error."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.errors import Garbled, Refused
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.wire.answers import Answer
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route

BATCH = 100
"""Inputs that a batch call takes."""
LONGEST_LIST = 4_000
"""Characters of property names that still go into an address; a longer list is read by batch."""
LONGEST_SEARCH = 2_800
"""Bytes of a search body; HubSpot takes 3,000 characters."""
SETTLING = 15.0
"""Seconds before a search that contradicts itself is asked again; four of them are the lag of its index."""
ID = "hs_object_id"
MODIFIED = "hs_lastmodifieddate"


Pages = Callable[[str, Sequence[str], Sequence[str]], Iterator[list[Record]]]
"""Every living record of an object type with these properties, and with its links to these object types."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another, both included."""

    low: datetime
    high: datetime

    def filter(self) -> dict[str, str]:
        """The filter of a search for records modified in this span."""
        low, high = (str(round(at.timestamp() * 1000)) for at in (self.low, self.high))
        return {"propertyName": MODIFIED, "operator": "BETWEEN", "value": low, "highValue": high}


class Objects:
    """The records of a portal, of any object type."""

    def __init__(self, client: Client, *, page_size: int, search_page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self._search_size = search_page_size
        self._short_pages_are_normal = False

    def listed(
        self,
        object_type: str,
        properties: Sequence[str],
        *,
        linked: Sequence[str] = (),
        archived: bool = False,
    ) -> Iterator[list[Record]]:
        """Every record that is (or is not) archived, page by page; with its links to the object types asked for.

        No search counts the archived ones, so that their last page is asked for twice: one that lost rows
        looks like any last page. A page that loses the same rows both times is not noticed.
        """
        inline = len(",".join(properties)) <= LONGEST_LIST
        query: dict[str, str | int] = {
            "limit": self._page_size,
            "archived": str(archived).lower(),
            "properties": ",".join(properties) if inline else ID,
        }
        if linked:
            query["associations"] = ",".join(linked)
        while True:
            body = self._page(object_type, query)
            page = body["results"]
            yield page if inline else self._filled(object_type, page, properties, archived)
            after = _after(body)
            if after is None:
                return
            if after == query.get("after"):
                raise Garbled(f"list {object_type}: the page after {after} names itself as the next")
            query["after"] = after

    def _page(self, object_type: str, query: dict[str, str | int]) -> dict[str, Any]:
        """One page of a list; a page that is short though others follow is asked for once more.

        HubSpot does not promise full pages, so that the count at the end of a list decides; asking again
        mends the page that lost rows on its way.
        """
        body = self._read_page(object_type, query)
        short = len(body["results"]) < self._page_size
        if short and _after(body) is None and query["archived"] == "true":
            return max(body, self._read_page(object_type, query), key=lambda b: len(b["results"]))
        if short and _after(body) is not None and not self._short_pages_are_normal:
            again = self._read_page(object_type, query)
            self._short_pages_are_normal = len(again["results"]) == len(body["results"])
            return max(body, again, key=lambda b: len(b["results"]))
        return body

    def _read_page(self, object_type: str, query: dict[str, str | int]) -> dict[str, Any]:
        return self._client.read(
            Route.LIST, query=query, check=lambda a: _check_results(a, object_type), object=object_type
        ).body

    def _filled(
        self, object_type: str, page: Sequence[Record], properties: Sequence[str], archived: bool
    ) -> list[Record]:
        """The records of a page with their values, read by batch; those that vanished meanwhile left out."""
        ids = [record["id"] for record in page]
        found = {r["id"]: r for r in self.read(object_type, ids, properties, archived=archived)}
        return [
            {**record, "properties": found[record["id"]].get("properties")}
            for record in page
            if record["id"] in found
        ]

    def count(self, object_type: str, span: Span | None = None) -> tuple[int, datetime | None]:
        """How many records are there (or were modified in a span), and what HubSpot's clock said."""
        filters = [span.filter()] if span else []
        body = {
            "filterGroups": [{"filters": filters}] if filters else [],
            "properties": [ID],
            "limit": 1,
        }
        answer = self._client.read(
            Route.SEARCH, body=body, check=lambda a: _check_search(a, object_type, 1, 0), object=object_type
        )
        return int(answer.body["total"]), answer.at

    def changed(self, object_type: str, properties: Sequence[str], span: Span) -> Iterator[list[Record]]:
        """Every record modified in a span, by ascending id."""
        return self.matching(object_type, properties, span.filter())

    def matching(
        self, object_type: str, properties: Sequence[str], wanted: Mapping[str, Any]
    ) -> Iterator[list[Record]]:
        """Every record that a filter of a search lets through, by ascending id; without its companies.

        Paged by id, not by time: a mass job gives one stamp to more records than a search will page over.
        """
        last = 0
        inline = len(orjson.dumps(self._search(properties, wanted, last))) <= LONGEST_SEARCH
        while True:
            body = self._search(properties if inline else [ID], wanted, last)
            floor = last
            answer = self._client.read(
                Route.SEARCH,
                body=body,
                check=lambda a, floor=floor: _check_search(a, object_type, self._search_size, floor),  # type: ignore[misc]
                object=object_type,
            )
            page = answer.body["results"]
            if page:
                last = int(page[-1]["id"])
                yield page if inline else self._filled(object_type, page, properties, archived=False)
            if len(page) >= int(answer.body["total"]):
                return

    def _search(self, properties: Sequence[str], wanted: Mapping[str, Any], last: int) -> dict[str, Any]:
        beyond = {"propertyName": ID, "operator": "GT", "value": str(last)}
        return {
            "filterGroups": [{"filters": [wanted, beyond]}],
            "sorts": [{"propertyName": ID, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": self._search_size,
        }

    def read(
        self, object_type: str, ids: Sequence[str], properties: Sequence[str], *, archived: bool = False
    ) -> Iterator[Record]:
        """The records with these ids, in any order; those that are not there are left out."""
        distinct = list(dict.fromkeys(ids))
        for start in range(0, len(distinct), BATCH):
            yield from self._read_batch(object_type, distinct[start : start + BATCH], properties, archived)

    def _read_batch(
        self, object_type: str, ids: Sequence[str], properties: Sequence[str], archived: bool
    ) -> list[Record]:
        body = {"inputs": [{"id": id} for id in ids], "properties": list(properties)}
        query = {"archived": "true"} if archived else {}
        try:
            answer = self._client.read(
                Route.BATCH_READ,
                query=query,
                body=body,
                check=lambda a: _check_batch(a, object_type, ids),
                object=object_type,
            )
        except Refused as error:
            return self._read_halves(error, object_type, ids, properties, archived)
        asked = set(ids)
        found = [record for record in answer.body["results"] if record["id"] in asked]
        silent = sorted(asked - {r["id"] for r in found}) if answer.status == 200 else []
        if silent and len(silent) < len(ids):
            # An answer that names nothing as missing may have lost rows on its way: absent is who is twice.
            found += self._read_batch(object_type, silent, properties, archived)
        return found

    def _read_halves(
        self, error: Refused, object_type: str, ids: Sequence[str], properties: Sequence[str], archived: bool
    ) -> list[Record]:
        """A batch refused for an id in it: the others are read all the same."""
        if error.status not in (400, 404):
            raise error
        if len(ids) == 1:
            if error.status == 404 or "NOT_FOUND" in error.code:
                return []
            raise error
        middle = len(ids) // 2
        return [
            *self._read_batch(object_type, ids[:middle], properties, archived),
            *self._read_batch(object_type, ids[middle:], properties, archived),
        ]


def _after(body: dict[str, Any]) -> str | None:
    after = ((body.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def _check_results(answer: Answer, object_type: str) -> None:
    results = answer.body.get("results")
    if not isinstance(results, list) or not all(isinstance(r, dict) and r.get("id") for r in results):
        raise Garbled(f"{object_type}: the answer holds no results, or results without an id")


def _check_search(answer: Answer, object_type: str, limit: int, floor: int) -> None:
    """A search tells how many records match: a page must hold them all, or be full, and go upwards.

    The count takes up to a minute to notice that a record was archived (in recordings of 2022-02), so that
    a page may be short for so long; only a page that stays short is an error in the end.
    """
    _check_results(answer, object_type)
    total, page = answer.body.get("total"), answer.body["results"]
    if not isinstance(total, int):
        raise Garbled(f"search {object_type}: the answer tells no total")
    if limit == 1:
        return
    if len(page) != min(limit, total):
        raise Garbled(
            f"search {object_type}: {total} records match, and a page of {limit} holds {len(page)} of them",
            retry_after=SETTLING,
        )
    ids = [int(record["id"]) for record in page]
    if any(low >= high for low, high in itertools.pairwise([floor, *ids])):
        raise Garbled(f"search {object_type}: the page beyond id {floor} is not in ascending order of id")


def _check_batch(answer: Answer, object_type: str, ids: Sequence[str]) -> None:
    """Each id asked for is in the results, or named as missing; an answer 200 names nothing as missing.

    A record that was merged comes under the id of the one it lives on in, and so is no silent loss.
    Version 2026-09 documents no 207, so that an answer 200 may leave out what is not there.
    """
    _check_results(answer, object_type)
    if answer.status != 207:
        return
    told = {record["id"] for record in answer.body["results"]}
    silent = set(ids) - told - set(named_ids(answer.body))
    if len(silent) > len(told - set(ids)):
        raise Garbled(
            f"batch read {object_type}: {len(silent)} of {len(ids)} records are neither there nor named as"
            f" missing, the first is {min(silent)}"
        )


def named_ids(body: dict[str, Any]) -> list[str]:
    """The ids that the errors of a batch's answer name."""
    return [
        str(id)
        for error in body.get("errors") or ()
        if isinstance(error, dict)
        for id in (error.get("context") or {}).get("ids") or ()
    ]
