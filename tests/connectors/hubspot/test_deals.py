"""Deals: their primary company, and what their stage says, the same by list and by search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.mapping import FieldType, MappedField
from connectors.records import RecordKind, Watermark
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.calls import made
from tests.connectors.hubspot.world import FIELDS, NO_WAITS, HubSpotWorld


@pytest.fixture(params=["v3", "2026-09"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=Seed(accounts=30, reps=3, seed=6), fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000, search_lag=0)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


def read(connector: HubSpotConnector, since: Watermark | None = None) -> dict[str, dict[str, Any]]:
    batches = list(connector.pull(RecordKind.OPPORTUNITIES, since).batches)
    return {row["id"]: row for row in pa.Table.from_batches(batches).to_pylist()}


def test_a_deal_belongs_to_its_primary_company_and_to_none_without_one(world: HubSpotWorld) -> None:
    connector = world.connect()
    pull = connector.pull(RecordKind.OPPORTUNITIES)
    list(pull.batches)
    world.advance(3600)
    first, second, third = sorted(world.ids())[:3]
    contact = made(world, "contacts", {"email": "a@x.com"}, primary=first)
    companies = [("companies", first), ("companies", second), ("companies", third)]
    expected = {
        made(world, "deals", {"dealname": "of three"}, companies, primary=third): third,
        made(world, "deals", {"dealname": "of one"}, [("companies", second)]): second,
        made(world, "deals", {"dealname": "of nobody"}): None,
        made(world, "deals", {"dealname": "of a contact"}, [("contacts", contact)]): None,
    }
    world.advance(60)
    by_search, by_list = read(connector, pull.watermark), read(connector)
    connector.close()
    for found in (by_search, by_list):
        assert {id: found[id]["account_id"] for id in expected} == expected


def test_a_stage_that_is_in_no_pipeline_says_nothing(
    world: HubSpotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Null, and not open or lost: the deal's stage is told as it is."""
    monkeypatch.setattr("connectors.hubspot.reading.rows.read_stages", lambda client: {})
    connector = world.connect()
    found = read(connector).values()
    connector.close()
    assert {(row["probability"], row["closed"], row["won"]) for row in found} == {(None, None, None)}
    assert None not in {row["stage"] for row in found}


def test_the_deals_own_properties_are_taken_where_the_config_maps_them(world: HubSpotWorld) -> None:
    own = [
        MappedField("probability", "hs_deal_stage_probability", FieldType.NUMBER),
        MappedField("closed", "hs_is_closed", FieldType.BOOLEAN),
        MappedField("won", "hs_is_closed_won", FieldType.BOOLEAN),
    ]
    mapping = world.mapping().with_fields(RecordKind.OPPORTUNITIES, own)
    connector = HubSpotConnector(world.settings(), mapping, NO_WAITS)
    found = read(connector)
    connector.close()
    told = {deal["id"]: deal for deal in world.crm.records("deals")}
    assert set(found) == set(told)
    for id, row in found.items():
        assert row["closed"] is (told[id]["hs_is_closed"] == "true")
        assert row["won"] is (told[id]["hs_is_closed_won"] == "true")
        assert row["probability"] == float(told[id]["hs_deal_stage_probability"])
