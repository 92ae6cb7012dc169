"""Workflows as a reader sees them: listed without criteria, read with all of it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.hubspot.flows.shapes import by_change, by_filter, by_hand, flow
from tests.connectors.sandbox_hubspot.client import Client

START = "/automation/v4/flows"
FLOWS = [
    flow("Welcome", "companies", by_change("hubspot_owner_id", only_where=["industry"])),
    flow("Tiers", "companies", by_filter("annualrevenue", "country", again=["annualrevenue"])),
    flow("Old", "contacts", by_filter("hubspot_owner_id"), enabled=False),
    flow("By hand", "2-145001", by_hand()),
]


@pytest.fixture
def portal(empty: Client) -> Client:
    """A portal with four workflows whose app may read them."""
    empty.crm.settings(flows=FLOWS, scopes=["automation"])
    return empty


def named(value: Any) -> set[str]:
    """Every property that stands anywhere in criteria."""
    if isinstance(value, list):
        return {name for one in value for name in named(one)}
    if not isinstance(value, dict):
        return set()
    own = {value["property"]} if "property" in value else set()
    if value.get("property") == "hs_name":
        own = {value["operation"]["value"]}
    return own.union(*(named(one) for one in value.values()))


@pytest.mark.parametrize("start", [START, "/automation/2026-09-beta/flows"])
def test_the_list_tells_no_criteria_and_goes_on_page_by_page(portal: Client, start: str) -> None:
    page = portal("GET", f"{start}?limit=3").body
    rest = portal("GET", f"{start}?limit=3&after={page['paging']['next']['after']}").body
    found = page["results"] + rest["results"]
    assert [(one["name"], one["isEnabled"], one["objectTypeId"]) for one in found] == [
        ("Welcome", True, "0-2"), ("Tiers", True, "0-2"), ("Old", False, "0-1"), ("By hand", True, "2-145001")
    ]  # fmt: skip
    assert "paging" not in rest
    assert not [one for one in found if "enrollmentCriteria" in one]


def test_each_tells_the_properties_that_enrol_a_record(portal: Client) -> None:
    ids = [one["id"] for one in portal("GET", START).body["results"]]
    single = [portal("GET", f"{START}/{id}").body for id in ids]
    batch = {"inputs": [{"type": "FLOW_ID", "flowId": id} for id in [*ids, "12"]]}
    assert portal("POST", f"{START}/batch/read", batch).body["results"] == single
    assert [named(one["enrollmentCriteria"]) for one in single] == [
        {"hubspot_owner_id", "hs_value", "industry"},
        {"annualrevenue", "country"},
        {"hubspot_owner_id"},
        set(),
    ]
    assert [one["type"] for one in single] == [
        "PLATFORM_FLOW",
        "PLATFORM_FLOW",
        "CONTACT_FLOW",
        "PLATFORM_FLOW",
    ]


def test_what_is_not_there_or_not_allowed_is_refused(portal: Client) -> None:
    assert portal("GET", f"{START}/12").status == 404
    assert portal("POST", f"{START}/batch/read", {"inputs": [{"flowId": "12"}]}).status == 400
    portal.crm.settings(scopes=[])
    refused = portal("GET", START)
    assert (refused.status, refused.body["errors"][0]["context"]["requiredGranularScopes"]) == (
        403,
        ["automation"],
    )
