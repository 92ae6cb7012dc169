"""Activities that are on no company themselves: they count through their contacts, else through their deals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.reading import through
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.calls import made
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

WHEN = {"hs_timestamp": "2026-01-05T10:00:00Z"}


@pytest.fixture(params=["v3", "2026-09"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    seed = Seed(accounts=12, reps=3, seed=4, activities_per_account=2)
    with running("hubspot", seed=seed, fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000, search_lag=0)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


def accounts(connector: HubSpotConnector, since: Any = None) -> dict[str, list[str | None]]:
    """The companies of each activity, in order."""
    found: dict[str, list[str | None]] = {}
    pull = connector.pull(RecordKind.ACTIVITIES, since)
    for row in pa.Table.from_batches(list(pull.batches)).to_pylist():
        if not row["deleted"]:
            found.setdefault(row["id"], []).append(row["account_id"])
    return found


def five(world: HubSpotWorld) -> dict[str, list[str | None]]:
    """Activities that lead to companies in every way there is, with the companies they should count for."""
    a, b, c, d = sorted(world.ids())[:4]
    ana = made(world, "contacts", {"email": "ana@x.com"}, [("companies", a)], primary=b)
    lee = made(world, "contacts", {"email": "lee@x.com"}, primary=c)
    nobody = made(world, "contacts", {"email": "nobody@x.com"})
    deal = made(world, "deals", {"dealname": "D"}, [("companies", a)], primary=d)
    contacts = [("contacts", ana), ("contacts", lee)]
    return {
        "call-" + made(world, "calls", WHEN, [("companies", a), *contacts]): [a],
        "call-" + made(world, "calls", WHEN, [("companies", a), ("companies", d)]): [a, d],
        "note-" + made(world, "notes", WHEN, contacts): [b, c],
        "email-" + made(world, "emails", WHEN, [("contacts", ana)]): [b],
        "meeting-" + made(world, "meetings", WHEN, [("contacts", nobody)]): [None],
        "task-" + made(world, "tasks", WHEN, [("contacts", nobody), ("deals", deal)]): [d],
        "call-" + made(world, "calls", WHEN, [("contacts", lee), ("deals", deal)]): [c],
        "call-" + made(world, "calls", WHEN, [("deals", deal)]): [d],
        "note-" + made(world, "notes", WHEN): [None],
    }


def test_an_activity_on_a_contact_counts_for_the_contacts_primary_company(world: HubSpotWorld) -> None:
    connector = world.connect()
    since = connector.pull(RecordKind.ACTIVITIES)
    list(since.batches)
    world.advance(3600)
    expected = five(world)
    world.advance(3600)
    by_search = accounts(connector, since.watermark)
    by_list = accounts(connector)
    connector.close()
    for found in (by_search, by_list):
        assert {id: sorted(found[id], key=str) for id in expected} == {
            id: sorted(companies, key=str) for id, companies in expected.items()
        }


def test_links_are_asked_for_a_thousand_at_a_time(world: HubSpotWorld) -> None:
    """One call for all contacts of a page of activities, one for all deals; and none where nobody is alone."""
    connector = world.connect()
    accounts(connector)
    assert connector.calls().get("associations batch read", 0) == 0, "the list tells them"
    five(world)
    accounts(connector)
    # calls: contacts and deals; emails, meetings, notes, tasks: their contacts are known by then, as is the deal.
    assert connector.calls()["associations batch read"] <= 5
    connector.close()


def test_companies_are_looked_up_anew_where_too_many_are_known(
    world: HubSpotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(through, "_KNOWN", 2)
    expected = five(world)
    connector = world.connect(page_size=2)
    found = accounts(connector)
    connector.close()
    assert {id: set(found[id]) for id in expected} == {id: set(c) for id, c in expected.items()}


def test_only_companies_of_their_own_count_where_the_config_says_so(world: HubSpotWorld) -> None:
    expected = five(world)
    connector = world.connect(activities_through=False)
    found = accounts(connector)
    connector.close()
    alone = [id for id in expected if not id.startswith("call") or len(expected[id]) == 1]
    assert sum(found[id] == [None] for id in alone) == 7
