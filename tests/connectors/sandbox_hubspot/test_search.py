"""What a search finds, how far it reaches, and what it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox_hubspot.client import Client, client_of, where

Row = dict[str, Any]


def found(http: Client, kind: str, *filters: dict[str, Any], **more: Any) -> list[str]:
    """The ids that a search finds, in its order."""
    reply = http.search(kind, *filters, limit=200, **more)
    assert reply.status == 200, reply.body
    assert reply.body["total"] == len(reply.body["results"])
    return [one["id"] for one in reply.body["results"]]


CASES: list[tuple[dict[str, Any], Callable[[Row], bool]]] = [
    (where("numberofemployees", "GTE", "50"), lambda r: r["numberofemployees"] is not None and float(r["numberofemployees"]) >= 50),
    (where("numberofemployees", "BETWEEN", "10", highValue="100"), lambda r: r["numberofemployees"] is not None and 10 <= float(r["numberofemployees"]) <= 100),
    (where("industry", "EQ", "BANKING"), lambda r: r["industry"] == "BANKING"),
    (where("industry", "EQ", "banking"), lambda r: False),
    (where("industry", "NEQ", "BANKING"), lambda r: r["industry"] != "BANKING"),
    (where("industry", "IN", values=["BANKING", "RETAIL"]), lambda r: r["industry"] in ("BANKING", "RETAIL")),
    (where("industry", "NOT_IN", values=["BANKING", "RETAIL"]), lambda r: r["industry"] not in ("BANKING", "RETAIL")),
    (where("hubspot_owner_id", "HAS_PROPERTY"), lambda r: bool(r["hubspot_owner_id"])),
    (where("hubspot_owner_id", "NOT_HAS_PROPERTY"), lambda r: not r["hubspot_owner_id"]),
    (where("country", "EQ", "UNITED STATES"), lambda r: (r["country"] or "").lower() == "united states"),
    (where("name", "CONTAINS_TOKEN", "ltd"), lambda r: "ltd" in r["name"].lower().replace(".", " ").split()),
    (where("domain", "CONTAINS_TOKEN", "*inc.com"), lambda r: (r["domain"] or "").endswith("inc.com")),
]  # fmt: skip


@pytest.mark.parametrize(
    "filter, holds", CASES, ids=[f"{c['operator']} {c['propertyName']}" for c, _ in CASES]
)
def test_a_filter_finds_what_it_says(
    http: Client, filter: dict[str, Any], holds: Callable[[Row], bool]
) -> None:
    expected = {row["id"] for row in http.crm.records("companies") if holds(row)}
    assert set(found(http, "companies", filter)) == expected


def test_groups_are_alternatives_and_filters_conditions(http: Client) -> None:
    groups = [
        {"filters": [where("industry", "EQ", "BANKING"), where("hubspot_owner_id", "HAS_PROPERTY")]},
        {"filters": [where("type", "EQ", "PARTNER")]},
    ]
    reply = http("POST", "/crm/v3/objects/companies/search", {"filterGroups": groups, "limit": 200})
    rows = http.crm.records("companies")
    expected = {
        r["id"]
        for r in rows
        if (r["industry"] == "BANKING" and r["hubspot_owner_id"]) or r["type"] == "PARTNER"
    }
    assert {one["id"] for one in reply.body["results"]} == expected


def test_ids_compare_as_numbers_where_they_grow_a_digit(http: Client) -> None:
    ids = sorted(int(row["id"]) for row in http.crm.records("companies"))
    assert len(str(ids[0])) < len(str(ids[-1]))
    walked: list[int] = []
    while True:
        last = walked[-1] if walked else 0
        reply = http.search(
            "companies",
            where("hs_object_id", "GT", str(last)),
            sorts=[{"propertyName": "hs_object_id"}],
            limit=7,
        )
        if not reply.body["results"]:
            break
        assert reply.body["total"] == len(ids) - len(walked)
        walked += [int(one["id"]) for one in reply.body["results"]]
    assert walked == ids


def test_a_write_in_the_middle_of_a_walk_changes_the_total_of_its_next_page(http: Client) -> None:
    ids = sorted(int(row["id"]) for row in http.crm.records("companies"))
    seen = where("name", "HAS_PROPERTY")
    first = http.search("companies", seen, where("hs_object_id", "GT", "0"), sorts=["hs_object_id"], limit=5)
    assert http("DELETE", f"/crm/v3/objects/companies/{ids[-1]}").status == 204
    after = where("hs_object_id", "GT", first.body["results"][-1]["id"])
    second = http.search("companies", seen, after, sorts=["hs_object_id"], limit=5)
    assert second.body["total"] == first.body["total"] - 5 - 1


@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
def test_a_sort_puts_missing_values_last_and_pages_without_loss(http: Client, direction: str) -> None:
    order = [{"propertyName": "annualrevenue", "direction": direction}]
    pages = [
        http.search("companies", sorts=order, limit=8, after=after, properties=["annualrevenue"]).body
        for after in range(0, 40, 8)
    ]
    values = [one["properties"]["annualrevenue"] for page in pages for one in page["results"]]
    known = [float(v) for v in values if v is not None]
    assert len(values) == 40
    assert known == sorted(known, reverse=direction == "DESCENDING")
    assert None not in values[: len(known)]


def test_archived_records_are_never_found(http: Client) -> None:
    [id, *_] = found(http, "companies")
    http("DELETE", f"/crm/v3/objects/companies/{id}")
    assert id not in found(http, "companies")


def test_search_sees_a_write_only_after_its_lag(http: Client) -> None:
    id = http.crm.records("companies")[0]["id"]
    http.crm.settings(search_lag=60.0)
    http.update("companies", id, name="Renamed")
    new = http.create("companies", name="Renamed")
    assert found(http, "companies", where("name", "EQ", "Renamed")) == []
    before = http.search("companies", where("hs_object_id", "EQ", id), properties=["name"]).body
    assert before["results"][0]["properties"]["name"] != "Renamed"
    assert http("GET", f"/crm/v3/objects/companies/{id}").body["properties"]["name"] == "Renamed"
    http.crm.advance(61)
    assert set(found(http, "companies", where("name", "EQ", "Renamed"))) == {id, new}


def test_the_lag_keeps_the_order_and_the_total_of_a_page(http: Client) -> None:
    http.crm.settings(search_lag=60.0)
    before = http.search("companies", sorts=["name"], limit=12, after=6).body
    for row in http.crm.records("companies")[::3]:
        http.update("companies", row["id"], name="Aaa", annualrevenue="1")
    http.create("companies", name="Aaa")
    assert http.search("companies", sorts=["name"], limit=12, after=6).body == before


def test_a_change_by_a_person_is_late_in_search_too(http: Client) -> None:
    id = http.crm.records("companies")[0]["id"]
    http.crm.settings(search_lag=10.0)
    http.crm.edit("companies", id, {"city": "Springfield"})
    assert found(http, "companies", where("city", "EQ", "Springfield")) == []
    http.crm.advance(11)
    assert found(http, "companies", where("city", "EQ", "springfield")) == [id]


def test_no_search_reaches_beyond_ten_thousand() -> None:
    with running("hubspot", seed=Seed(accounts=10_300, reps=3, activities_per_account=0)) as crm:
        crm.settings(search_limit=1000)
        http = client_of(crm)
        last = http.search("companies", limit=200, after="9800", properties=["name"])
        assert (last.status, last.body["total"], len(last.body["results"])) == (200, 10_300, 200)
        assert last.body["paging"]["next"]["after"] == "10000"
        refused = http.search("companies", limit=200, after="10000")
        assert (refused.status, refused.body["message"]) == (400, "There was a problem with the request.")


def test_a_mass_job_gave_one_stamp_to_a_ninth_of_the_companies_at_least() -> None:
    """So a portal of 100,000 holds more than 10,000 that no time cursor can tell apart."""
    with running("hubspot", seed=Seed(accounts=1_800, reps=3, activities_per_account=0)) as crm:
        stamps = Counter(row["hs_lastmodifieddate"] for row in crm.records("companies"))
        [(stamp, count)] = stamps.most_common(1)
        assert count > 200
        assert (
            client_of(crm).search("companies", where("hs_lastmodifieddate", "EQ", stamp)).body["total"]
            == count
        )


MANY = [where("name", "HAS_PROPERTY")]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"filterGroups": [{"filters": MANY}] * 6}, "No more than 5 filterGroups"),
    ({"filterGroups": [{"filters": MANY * 7}]}, "No more than 6 filters"),
    ({"filterGroups": [{"filters": MANY * 5}] * 4}, "No more than 18 filters"),
    ({"filterGroups": [{"filters": [{"propertyName": "name"}]}]}, "[propertyName, operator]"),
    ({"filterGroups": [{"filters": [where("name", "LIKE", "x")]}]}, "Operator"),
    ({"filterGroups": [{"filters": [where("nmae", "EQ", "x")]}]}, "There was a problem with the request."),
    ({"filterGroups": [{"filters": [where("name", "BETWEEN", "a")]}]}, "BETWEEN requires a highValue"),
    ({"filterGroups": [{"filters": [where("name", "IN", "a")]}]}, "IN requires values"),
    ({"filterGroups": [{"filters": [where("annualrevenue", "GT", "lots")]}]}, "There was a problem"),
    ({"filterGroups": [{"filters": [where("createdate", "GT", "yesterday")]}]}, "There was a problem"),
    ({"filterGroups": {"filters": []}}, "java.util.HashSet"),
    ({"limit": 201}, "limit must be between 1 and 200"),
    ({"limit": 0}, "limit must be between"),
    ({"sorts": ["name", "domain"]}, "Only one sort"),
    ({"sorts": ["nmae"]}, "There was a problem"),
    ({"after": "next"}, "(after)"),
    ({"query": "x" * 3_000}, "must not exceed 3000 characters"),
]


@pytest.mark.parametrize("body, words", REFUSED, ids=[words for _, words in REFUSED])
def test_a_search_that_hubspot_would_refuse_is_refused(
    http: Client, body: dict[str, Any], words: str
) -> None:
    reply = http("POST", "/crm/v3/objects/companies/search", body)
    assert reply.status == 400
    assert words in reply.body["message"]
    assert reply.body["correlationId"]


def test_free_text_looks_into_names(http: Client) -> None:
    name = http.crm.records("companies")[0]["name"].split()[0]
    expected = {
        row["id"]
        for row in http.crm.records("companies")
        if any(name.lower() in (row[field] or "").lower() for field in ("name", "domain", "website", "phone"))
    }
    assert set(found(http, "companies", query=name)) == expected


def test_in_on_a_text_matches_lower_case_values_only(http: Client, crm: Crm) -> None:
    name = crm.records("companies")[0]["name"]
    assert found(http, "companies", where("name", "IN", values=[name])) == []
    assert crm.records("companies")[0]["id"] in found(
        http, "companies", where("name", "IN", values=[name.lower()])
    )
