"""Owners: the active listing and the archived one, each page whole or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors.errors import Garbled
from connectors.hubspot.config import TEAMS
from connectors.hubspot.reading.columns import moment
from connectors.hubspot.wire.answers import Answer, clean
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.mapping import FieldMap
from connectors.records import RecordKind


def owner_rows(client: Client, page_size: int, mapping: FieldMap) -> Iterator[pa.RecordBatch]:
    """Every owner once; one who left (archived) is inactive, and stays known by id.

    The id is HubSpot's owner `id`, which records hold; `userId` is another number and null once archived. An owner
    may have no e-mail, and two may have the same (one of them archived, or a queue): both are told as they are.
    """
    seen: set[str] = set()
    for archived in (False, True):
        for page in _pages(client, page_size, archived):
            fresh = [owner for owner in page if str(owner["id"]) not in seen]
            seen.update(str(owner["id"]) for owner in fresh)
            yield _rows(fresh, mapping, active=not archived)


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


def _rows(owners: Sequence[dict[str, Any]], mapping: FieldMap, *, active: bool) -> pa.RecordBatch:
    columns = {
        "id": [str(owner["id"]) for owner in owners],
        "name": [_name(owner) for owner in owners],
        "email": [owner.get("email") or None for owner in owners],
        "active": [active] * len(owners),
        "person": [owner.get("type", "PERSON") == "PERSON" for owner in owners],
        "modified_at": [moment(owner.get("updatedAt")) for owner in owners],
        "deleted": [False] * len(owners),
    }
    for mapped in mapping.of(RecordKind.OWNERS):
        if mapped.source in _OF_TEAMS:
            columns[mapped.name] = [_OF_TEAMS[mapped.source](_teams(owner)) or None for owner in owners]
    return pa.RecordBatch.from_pydict(columns, schema=mapping.schema(RecordKind.OWNERS))


def _teams(owner: dict[str, Any]) -> list[dict[str, Any]]:
    """The primary team first, then the further ones by name."""
    return sorted(owner.get("teams") or (), key=lambda t: (not t.get("primary"), str(t.get("name"))))


def _primary(teams: Sequence[dict[str, Any]], key: str) -> str:
    return clean(teams[0].get(key)) if teams and teams[0].get("primary") else ""


_OF_TEAMS: Mapping[str, Callable[[Sequence[dict[str, Any]]], str]] = {
    "team": lambda teams: _primary(teams, "name"),
    "team_id": lambda teams: _primary(teams, "id"),
    "teams": lambda teams: ";".join(clean(team.get("name")) for team in teams),
}
assert set(_OF_TEAMS) == set(TEAMS)


def _name(owner: dict[str, Any]) -> str | None:
    parts = (owner.get("firstName"), owner.get("lastName"))
    return " ".join(part for part in parts if part) or None
