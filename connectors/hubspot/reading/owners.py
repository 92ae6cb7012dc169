"""Owners: the active listing and the archived one, each page whole or an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from connectors.errors import Garbled
from connectors.hubspot.reading.columns import moment
from connectors.hubspot.wire.answers import Answer
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.tables import OWNERS


def owner_rows(client: Client, page_size: int) -> Iterator[pa.RecordBatch]:
    """Every owner once; one who left (archived) is inactive, and stays known by id.

    The id is HubSpot's owner `id`, which records hold; `userId` is another number and null once archived.
    """
    seen: set[str] = set()
    for archived in (False, True):
        for page in _pages(client, page_size, archived):
            fresh = [owner for owner in page if str(owner["id"]) not in seen]
            seen.update(str(owner["id"]) for owner in fresh)
            yield _rows(fresh, active=not archived)


def _pages(client: Client, page_size: int, archived: bool) -> Iterator[list[dict[str, Any]]]:
    query: dict[str, str | int] = {"limit": page_size, "archived": str(archived).lower()}
    while True:
        body = client.read(Route.OWNERS, query=query, check=lambda a: _check(a, page_size)).body
        yield body["results"]
        after = ((body.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            return
        query["after"] = str(after)


def _check(answer: Answer, page_size: int) -> None:
    results = answer.body.get("results")
    if not isinstance(results, list) or not all(isinstance(o, dict) and o.get("id") for o in results):
        raise Garbled("list owners: the answer holds no results, or an owner without an id")
    more = (answer.body.get("paging") or {}).get("next")
    if more and len(results) < page_size:
        raise Garbled(f"list owners: a page of {page_size} holds {len(results)} though others follow")


def _rows(owners: Sequence[dict[str, Any]], *, active: bool) -> pa.RecordBatch:
    columns = {
        "id": [str(owner["id"]) for owner in owners],
        "name": [_name(owner) for owner in owners],
        "email": [owner.get("email") or None for owner in owners],
        "active": [active] * len(owners),
        "person": [owner.get("type", "PERSON") == "PERSON" for owner in owners],
        "modified_at": [moment(owner.get("updatedAt")) for owner in owners],
        "deleted": [False] * len(owners),
    }
    return pa.RecordBatch.from_pydict(columns, schema=OWNERS)


def _name(owner: dict[str, Any]) -> str | None:
    parts = (owner.get("firstName"), owner.get("lastName"))
    return " ".join(part for part in parts if part) or None
