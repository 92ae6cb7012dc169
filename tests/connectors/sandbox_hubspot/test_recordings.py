"""Every family of recorded live calls, made against the sandbox: same status, same body, same headers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import running
from tests.connectors.sandbox_hubspot.client import Client, Reply, client_of

RECORDED = Path(__file__).parents[4] / "shared/recorded/hubspot/exchanges.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded calls are not here")
Exchange = dict[str, Any]
FIELDS = {"text_field": "string", "number_field": "number", "date_field": "date"}


def exchanges(kind: str, action: str, status: int) -> list[Exchange]:
    """The recorded calls of one family."""
    found = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    return [
        one for one in found if one["path"] == f"/crm/v3/objects/{kind}/{action}" and one["status"] == status
    ]


@pytest.fixture
def portal() -> Iterator[Client]:
    """An empty portal with the custom fields that the recorded one had."""
    fields = [(kind, name, type) for kind in ("companies", "contacts") for name, type in FIELDS.items()]
    with running("hubspot", fields=fields) as crm:
        crm.settings(search_lag=0.0, search_limit=1000)
        yield client_of(crm)


def shape(value: Any) -> Any:
    """A body without what differs from call to call: ids, instants and correlation ids by their form alone."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return sorted((shape(item) for item in value), key=repr)
    if isinstance(value, str):
        value = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", "INSTANT", value)
        value = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", value)
        return re.sub(r"^\d{6,}$", "ID", value)
    return value


def hubspot_headers(headers: dict[str, str]) -> set[str]:
    """The names of the headers that are HubSpot's own; those of the day come and go, but not on search."""
    names = {name for name in headers if name.startswith(("x-hubspot", "content-type"))}
    is_search = "x-hubspot-ratelimit-max" not in names
    return names if is_search else {name for name in names if "-daily" not in name}


def agree(reply: Reply, recorded: Exchange) -> None:
    """Status, body and header names are those that were recorded."""
    assert reply.status == recorded["status"], reply.body
    assert shape(reply.body or "") == shape(recorded["body"])
    assert hubspot_headers(reply.headers) == hubspot_headers(recorded["headers"])


def create(portal: Client, kind: str, results: list[dict[str, Any]]) -> dict[str, str]:
    """Makes the records of a recorded answer anew; their ids by the recorded ones."""
    own = {"COMPANY": "domain", "CONTACT": "email"}[kind]
    return {one["id"]: portal.create(kind, **{own: one["properties"][own]}) for one in results}


@pytest.mark.parametrize("kind", ["COMPANY", "CONTACT"])
def test_a_batch_create_answers_what_hubspot_answered(portal: Client, kind: str) -> None:
    for recorded in exchanges(kind, "batch/create", 201):
        reply = portal("POST", recorded["path"], recorded["req"])
        agree(reply, recorded)
        made = [{"id": one["id"]} for one in reply.body["results"]]
        agree(
            portal("POST", f"/crm/v3/objects/{kind}/batch/archive", {"inputs": made}),
            exchanges(kind, "batch/archive", 204)[0],
        )


@pytest.mark.parametrize("kind", ["COMPANY", "CONTACT"])
def test_a_batch_update_answers_what_hubspot_answered(portal: Client, kind: str) -> None:
    for recorded in exchanges(kind, "batch/update", 200):
        ids = create(portal, kind, recorded["body"]["results"])
        inputs = [{**one, "id": ids[one["id"]]} for one in recorded["req"]["inputs"]]
        agree(portal("POST", recorded["path"], {"inputs": inputs}), recorded)
        for id in ids.values():
            assert portal("DELETE", f"/crm/v3/objects/{kind}/{id}").status == 204


@pytest.mark.parametrize("kind", ["COMPANY", "CONTACT"])
def test_a_search_answers_what_hubspot_answered(portal: Client, kind: str) -> None:
    for recorded in exchanges(kind, "search", 200):
        if len(recorded["body"]["results"]) != recorded["body"]["total"]:
            continue
        ids = []
        for one in recorded["body"]["results"]:
            values = one["properties"]
            named = {k: v for k, v in values.items() if v and k in ("domain", "email", "firstname", "name")}
            ids.append(portal.create(kind, **named))
        agree(portal("POST", recorded["path"], recorded["req"]), recorded)
        for id in ids:
            portal("DELETE", f"/crm/v3/objects/{kind}/{id}")


def test_search_still_counts_what_was_archived_a_moment_ago(portal: Client) -> None:
    [recorded, *_] = [
        one for one in exchanges("CONTACT", "search", 200) if one["body"] == {"total": 1, "results": []}
    ]
    portal.crm.settings(search_lag=0.0)
    id = portal.create("contacts", email="grouparoo@demo.com")
    portal.crm.settings(search_lag=30.0)
    portal("DELETE", f"/crm/v3/objects/contacts/{id}")
    agree(portal("POST", recorded["path"], recorded["req"]), recorded)
    portal.crm.advance(31)
    assert portal("POST", recorded["path"], recorded["req"]).body == {"total": 0, "results": []}


@pytest.mark.parametrize("kind", ["COMPANY", "CONTACT"])
def test_the_sixth_search_in_a_second_is_refused_as_hubspot_refused_it(portal: Client, kind: str) -> None:
    for recorded in exchanges(kind, "search", 429)[:3]:
        portal.crm.settings(search_limit=0)
        agree(portal("POST", recorded["path"], recorded["req"]), recorded)
