"""The dated paths beside v3 and v4: one portal, three versions, and where they differ."""

from __future__ import annotations

import pytest

from tests.connectors.sandbox_hubspot.client import Client, where

DATED = ["2026-03", "2026-09"]


@pytest.mark.parametrize("version", DATED)
def test_every_family_of_paths_answers_alike_in_every_version(http: Client, version: str) -> None:
    pairs = [
        ("/crm/v3/objects/companies?limit=3&properties=name", f"/crm/objects/{version}/companies?limit=3&properties=name"),
        ("/crm/v3/owners", f"/crm/owners/{version}"),
        ("/crm/v3/properties/deals", f"/crm/properties/{version}/deals"),
        ("/crm/v3/properties/deals/groups", f"/crm/properties/{version}/deals/groups"),
        ("/crm/v3/pipelines/deals", f"/crm/pipelines/{version}/deals"),
        ("/account-info/v3/details", f"/account-info/{version}/details"),
    ]  # fmt: skip
    for old, new in pairs:
        before, after = http("GET", old), http("GET", new)
        assert before.status == after.status == 200
        assert {**before.body, "paging": None} == {**after.body, "paging": None}


@pytest.mark.parametrize("version", DATED)
def test_records_are_written_and_searched_under_a_dated_path(http: Client, version: str) -> None:
    start = f"/crm/objects/{version}/companies"
    [made] = http("POST", f"{start}/batch/create", {"inputs": [{"properties": {"name": "Dated"}}]}).body[
        "results"
    ]
    change = {"inputs": [{"id": made["id"], "properties": {"city": "Ulm"}}]}
    assert http("POST", f"{start}/batch/update", change).status == 200
    assert http("PATCH", f"{start}/{made['id']}", {"properties": {"zip": "89073"}}).status == 200
    asked = {"filterGroups": [{"filters": [where("name", "EQ", "Dated")]}], "properties": ["city", "zip"]}
    [found] = http("POST", f"{start}/search", asked).body["results"]
    assert (found["properties"]["city"], found["properties"]["zip"]) == ("Ulm", "89073")
    assert http("POST", f"{start}/batch/archive", {"inputs": [{"id": made["id"]}]}).status == 204


@pytest.mark.parametrize(
    "path", ["/crm/v4/associations", "/crm/associations/2026-03", "/crm/associations/2026-09"]
)
def test_links_say_which_company_a_call_belongs_to(http: Client, path: str) -> None:
    calls = [row["id"] for row in http.crm.records("calls")]
    asked = {"inputs": [{"id": id} for id in calls]}
    reply = http("POST", f"{path}/calls/companies/batch/read", asked)
    assert reply.status == 200
    companies = {row["id"] for row in http.crm.records("companies")}
    assert {one["from"]["id"] for one in reply.body["results"]} == set(calls)
    for one in reply.body["results"]:
        [link] = one["to"]
        assert str(link["toObjectId"]) in companies
        assert isinstance(link["toObjectId"], int) == ("v4" in path)
        assert link["associationTypes"] == [{"category": "HUBSPOT_DEFINED", "typeId": 182, "label": None}]


def test_a_missing_record_is_a_row_in_v3_and_2026_03_and_the_whole_batch_in_2026_09(http: Client) -> None:
    id = http.crm.records("companies")[0]["id"]
    change = {
        "inputs": [{"id": id, "properties": {"city": "Ulm"}}, {"id": "12", "properties": {"city": "Ulm"}}]
    }
    for start in ("/crm/v3/objects", "/crm/objects/2026-03"):
        reply = http("POST", f"{start}/companies/batch/update", change)
        assert (reply.status, reply.body["numErrors"]) == (207, 1)
        assert reply.body["errors"][0]["context"] == {"ids": ["12"]}
        assert [one["id"] for one in reply.body["results"]] == [id]
    before = http.crm.history("companies", id)
    refused = http("POST", "/crm/objects/2026-09/companies/batch/update", change)
    assert (refused.status, refused.body["context"]) == (400, {"ids": ["12"]})
    assert http.crm.history("companies", id) == before


def test_validation_rules_of_the_admin_count_from_2026_09_on(http: Client) -> None:
    http.crm.settings(validation_rules={"companies.zip": r"\d{5}"})
    id = http.crm.records("companies")[0]["id"]
    change = {"inputs": [{"id": id, "properties": {"zip": "ABC"}}]}
    assert http("POST", "/crm/v3/objects/companies/batch/update", change).status == 200
    refused = http("POST", "/crm/objects/2026-09/companies/batch/update", change)
    assert refused.body["errors"][0]["code"] == "VALIDATION_RULE_FAILED"


@pytest.mark.parametrize("path", ["/crm/v3/objects/2-3604285", "/crm/objects/2026-03/tickets"])
def test_an_object_that_is_not_there_cannot_be_inferred(http: Client, path: str) -> None:
    reply = http("GET", path)
    assert (reply.status, reply.body["message"]) == (
        400,
        f"Unable to infer object type from: {path.split('/')[-1]}",
    )


@pytest.mark.parametrize("path", ["/crm/v9/objects/companies", "/crm/objects/2026-04/companies", "/"])
def test_a_path_that_is_not_there_is_not_found(http: Client, path: str) -> None:
    reply = http("GET", path)
    assert (reply.status, reply.body["message"]) == (404, "resource not found")
