"""Workflows that a change of a company sets off are known before it is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.hubspot.wire.paths import VERSIONS
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from connectors.sandbox.hubspot.flows.shapes import by_change, by_filter, by_hand, flow
from tests.connectors.hubspot.world import HubSpotWorld

FLOWS = [
    flow("Welcome", "companies", by_change("hubspot_owner_id", only_where=["industry"])),
    flow("Tiers", "companies", by_filter("annualrevenue", "territory_tier", again=["country"])),
    flow("Off", "companies", by_filter("hubspot_owner_id"), enabled=False),
    flow("People", "contacts", by_filter("hubspot_owner_id")),
    flow("By hand", "companies", by_hand()),
]


@pytest.fixture(params=VERSIONS)
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=Seed(accounts=3)) as crm:
        crm.settings(flows=FLOWS, scopes=["automation", "crm.objects.companies.read"])
        made = HubSpotWorld(crm, request.param)
        yield made
        made.close()


def rows(world: HubSpotWorld) -> list[dict[str, Any]]:
    connector = world.connect()
    found = [row for batch in connector.pull(RecordKind.AUTOMATIONS).batches for row in batch.to_pylist()]
    connector.close()
    return found


def test_each_workflow_of_companies_tells_the_properties_that_enrol(world: HubSpotWorld) -> None:
    told = {row["name"]: (row["enabled"], set(filter(None, row["fields"].split(";")))) for row in rows(world)}
    assert told == {
        "Welcome": (True, {"hubspot_owner_id", "hs_value", "industry"}),
        "Tiers": (True, {"annualrevenue", "territory_tier", "country"}),
        "Off": (False, {"hubspot_owner_id"}),
        "By hand": (True, set()),
    }


def test_more_workflows_than_a_page_holds_all_come(world: HubSpotWorld) -> None:
    world.crm.settings(flows=[flow(f"W{n}", "companies", by_change("zip")) for n in range(230)])
    assert {row["name"] for row in rows(world)} == {f"W{n}" for n in range(230)}


def test_without_the_scope_a_row_says_that_nobody_knows(world: HubSpotWorld) -> None:
    world.crm.settings(scopes=["crm.objects.companies.read"])
    assert [row["id"] for row in rows(world)] == ["unreadable"]
