"""What a write may hold, what it leaves behind, and what is refused as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.sandbox_hubspot.client import Client, Reply

SEARCH = "/crm/v3/objects/companies"


def company(http: Client, place: int = 0) -> dict[str, Any]:
    """One company as the CRM itself knows it."""
    return http.crm.records("companies")[place]


def codes(reply: Reply) -> list[tuple[str, str]]:
    """(property, code) of every wrong value; both places where HubSpot says it agree."""
    assert reply.status == 400, reply.body
    inner = json.loads(reply.body["message"].removeprefix("Property values were not valid: "))
    found = [(one["name"], one["error"]) for one in inner]
    assert found == [(one["context"]["propertyName"][0], one["code"]) for one in reply.body["errors"]]
    return found


WRONG = [
    ("nmae", "Acme", "PROPERTY_DOESNT_EXIST"),
    ("hs_object_id", "5", "READ_ONLY_VALUE"),
    ("hs_lastmodifieddate", "0", "READ_ONLY_VALUE"),
    ("industry", "Computer Software", "INVALID_OPTION"),
    ("industry", "computer_software", "INVALID_OPTION"),
    ("annualrevenue", "1,000", "INVALID_INTEGER"),
    ("annualrevenue", "nan", "INVALID_INTEGER"),
    ("annualrevenue", " 5", "INVALID_INTEGER"),
    ("is_public", "yes", "INVALID_OPTION"),
    ("hubspot_owner_id", "12", "INVALID_OWNER_ID"),
    ("hubspot_owner_id", "rep0@example.com", "INVALID_OWNER_ID"),
    ("description", "x" * 65_537, "PROPERTY_VALUE_TOO_LONG"),
]


@pytest.mark.parametrize("name, value, code", WRONG, ids=[f"{n}={v[:12]}" for n, v, _ in WRONG])
def test_a_wrong_value_refuses_the_batch_and_writes_nothing(
    http: Client, name: str, value: str, code: str
) -> None:
    good, bad = company(http, 0)["id"], company(http, 1)["id"]
    inputs = [{"id": good, "properties": {"city": "Ulm"}}, {"id": bad, "properties": {name: value}}]
    reply = http("POST", f"{SEARCH}/batch/update", {"inputs": inputs})
    assert codes(reply) == [(name, code)]
    assert http.crm.history() == []


def test_an_owner_who_left_and_a_user_id_are_no_owners(http: Client) -> None:
    id = company(http)["id"]
    [gone, *_] = http.owners(archived=True)
    person = http.owners()[0]
    for wrong in (gone["id"], str(person["userId"]), str(gone["userIdIncludingInactive"])):
        assert codes(http.update("companies", id, hubspot_owner_id=wrong)) == [
            ("hubspot_owner_id", "INVALID_OWNER_ID")
        ]
    assert http.update("companies", id, hubspot_owner_id=person["id"]).status == 200
    http.crm.edit("owners", person["id"], {"archived": True})
    assert http.update("companies", id, hubspot_owner_id=person["id"]).status == 400


def test_days_and_instants_are_read_strictly_and_answered_as_strings(empty: Client) -> None:
    field = {
        "name": "renewal",
        "label": "Renewal",
        "type": "date",
        "fieldType": "date",
        "groupName": "dealinformation",
    }
    assert empty("POST", "/crm/v3/properties/deals", field).status == 201
    id = empty.create(
        "deals", dealname="One", renewal="2026-02-28", closedate="2026-03-01T12:00:00.500Z", amount="12.50"
    )
    read = empty("GET", f"/crm/v3/objects/deals/{id}?properties=renewal,closedate,amount").body["properties"]
    assert (read["renewal"], read["closedate"], read["amount"]) == (
        "2026-02-28",
        "2026-03-01T12:00:00.500Z",
        "12.5",
    )
    assert codes(empty.update("deals", id, renewal="1772366400001")) == [("renewal", "INVALID_DATE")]
    assert codes(empty.update("deals", id, renewal="28.02.2026")) == [("renewal", "INVALID_LONG")]
    assert codes(empty.update("deals", id, closedate="2026-03-01T12:00:00")) == [
        ("closedate", "INVALID_LONG")
    ]
    assert empty.update("deals", id, renewal="1772323200000").status == 200
    assert (
        empty("GET", f"/crm/v3/objects/deals/{id}?properties=renewal").body["properties"]["renewal"]
        == "2026-03-01"
    )


def test_an_empty_value_clears(http: Client) -> None:
    row = next(
        row for row in http.crm.records("companies") if row["annualrevenue"] and row["hubspot_owner_id"]
    )
    reply = http.update("companies", row["id"], annualrevenue="", hubspot_owner_id="", city=None)
    assert reply.body["results"][0]["properties"]["annualrevenue"] == ""
    read = http("GET", f"{SEARCH}/{row['id']}?properties=annualrevenue,hubspot_owner_id").body["properties"]
    assert (read["annualrevenue"], read["hubspot_owner_id"]) == (None, "")


def test_every_write_is_stamped_and_kept_even_when_nothing_changes(http: Client) -> None:
    row = company(http)
    http.crm.advance(5)
    [result] = http.update("companies", row["id"], name=row["name"]).body["results"]
    assert result["updatedAt"] > row["hs_lastmodifieddate"]
    [change] = http.crm.history("companies", row["id"])
    assert (change["field"], change["old"], change["new"], change["actor"]) == (
        "name",
        row["name"],
        row["name"],
        "api",
    )


def test_archiving_moves_a_record_to_the_other_list_and_leaves_its_stamp(http: Client) -> None:
    row = company(http)
    http.crm.advance(5)
    assert (
        http("POST", f"{SEARCH}/batch/archive", {"inputs": [{"id": row["id"]}, {"id": "12"}]}).status == 204
    )
    [archived] = http("GET", f"{SEARCH}?archived=true").body["results"]
    assert (archived["id"], archived["archived"], archived["updatedAt"]) == (
        row["id"],
        True,
        row["hs_lastmodifieddate"],
    )
    assert archived["archivedAt"] > archived["updatedAt"]
    assert row["id"] not in {one["id"] for one in http("GET", f"{SEARCH}?limit=100").body["results"]}
    assert http.update("companies", row["id"], name="x").status == 207
    links = http("POST", "/crm/v4/associations/companies/calls/batch/read", {"inputs": [{"id": row["id"]}]})
    assert (links.status, links.body["errors"][0]["subCategory"]) == (
        207,
        "crm.associations.NO_ASSOCIATIONS_FOUND",
    )


def test_a_merged_record_reads_as_the_one_it_lives_on_in(http: Client) -> None:
    kept, gone = company(http, 0)["id"], company(http, 1)["id"]
    merge = {"primaryObjectId": kept, "objectIdToMerge": gone}
    assert http("POST", f"{SEARCH}/merge", merge).status == 200
    read = http("GET", f"{SEARCH}/{gone}?properties=hs_merged_object_ids").body
    assert (read["id"], read["properties"]["hs_merged_object_ids"]) == (kept, gone)
    assert len(http("GET", f"{SEARCH}?limit=100").body["results"]) == 39
    twice = {"inputs": [{"id": id, "properties": {"city": "Ulm"}} for id in (kept, gone)]}
    assert "Duplicate IDs" in http("POST", f"{SEARCH}/batch/update", twice).body["message"]


BATCHES: list[tuple[str, Any, str]] = [
    ("batch/update", {"inputs": []}, "must not be empty"),
    ("batch/update", {"inputs": [{"id": "1", "properties": {}}] * 101}, "is 100"),
    ("batch/update", {"inputs": [{"id": "1", "properties": {}}] * 2}, "Duplicate IDs found"),
    ("batch/update", {"inputs": [{"properties": {}}]}, "[id]"),
    ("batch/update", {"inputs": [{"id": "1"}]}, "(properties)"),
    ("batch/update", {"inputs": {"id": "1"}}, "(inputs)"),
    ("batch/update", b"{not json", "Invalid input JSON"),
    ("batch/update", {"inputs": [{"id": "1", "properties": {"name": ["a"]}}]}, "java.lang.String"),
    ("batch/read", {"inputs": [{"id": "1"}] * 101}, "is 100"),
    ("batch/read", {"inputs": [{"id": "1"}] * 51, "propertiesWithHistory": ["name"]}, "property histories is 50"),
    ("batch/update", {"inputs": [{"id": "1", "idProperty": "name", "properties": {}}]}, "non-unique 0-2 property name"),
]  # fmt: skip


@pytest.mark.parametrize("action, body, words", BATCHES, ids=[words for _, _, words in BATCHES])
def test_a_batch_that_hubspot_would_refuse_is_refused(
    http: Client, action: str, body: Any, words: str
) -> None:
    reply = http("POST", f"{SEARCH}/{action}", body)
    assert reply.status == 400
    assert words in reply.body["message"]


def test_a_batch_read_tells_the_missing_from_the_found_in_no_order(http: Client) -> None:
    ids = [row["id"] for row in http.crm.records("companies")][:20]
    body = {"inputs": [{"id": id} for id in [*ids, "12", "x"]], "properties": ["name", "no_such_property"]}
    reply = http("POST", f"{SEARCH}/batch/read", body)
    assert (reply.status, reply.body["errors"][0]["context"]["ids"]) == (207, ["12", "x"])
    answered = [one["id"] for one in reply.body["results"]]
    assert set(answered) == set(ids)
    assert answered != ids
    assert "no_such_property" not in reply.body["results"][0]["properties"]


def test_history_tells_a_person_from_the_app_and_from_what_was_imported(http: Client) -> None:
    row = next(row for row in http.crm.records("companies") if row["hubspot_owner_id"])
    one, two = [owner["id"] for owner in http.owners()[:2]]
    http.update("companies", row["id"], hubspot_owner_id=one)
    http.crm.advance(60)
    http.crm.edit("companies", row["id"], {"hubspot_owner_id": two})
    body = {"inputs": [{"id": row["id"]}], "propertiesWithHistory": ["hubspot_owner_id"]}
    [read] = http("POST", f"{SEARCH}/batch/read", body).body["results"]
    past = read["propertiesWithHistory"]["hubspot_owner_id"]
    assert [(e["value"], e["sourceType"]) for e in past] == [
        (two, "CRM_UI"),
        (one, "INTEGRATION"),
        (row["hubspot_owner_id"], "IMPORT"),
    ]
    assert past[0]["updatedByUserId"] and past[0]["timestamp"] > past[1]["timestamp"] > past[2]["timestamp"]


def test_two_contacts_cannot_share_an_address(http: Client) -> None:
    there = http.crm.records("contacts")[0]
    reply = http("POST", "/crm/v3/objects/contacts", {"properties": {"email": there["email"].upper()}})
    assert (reply.status, reply.body["category"]) == (409, "CONFLICT")
    assert reply.body["message"] == f"Contact already exists. Existing ID: {there['id']}"


def test_an_activity_needs_its_time_and_may_belong_to_two_companies(http: Client) -> None:
    one, two = company(http, 0)["id"], company(http, 1)["id"]
    refused = http("POST", "/crm/v3/objects/notes", {"properties": {"hs_note_body": "x"}})
    assert (refused.status, refused.body["context"]) == (400, {"properties": ["hs_timestamp"]})
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 190}]
    body = {
        "properties": {"hs_timestamp": "1767225600000"},
        "associations": [{"to": {"id": id}, "types": types} for id in (one, two)],
    }
    made = http("POST", "/crm/v3/objects/notes", body)
    assert made.status == 201
    page = http("GET", f"/crm/v3/objects/notes/{made.body['id']}?associations=companies").body
    assert [link["id"] for link in page["associations"]["companies"]["results"]] == sorted(
        (one, two), key=int
    )


def test_a_deals_stage_must_belong_to_its_pipeline(http: Client) -> None:
    reply = http(
        "POST", "/crm/v3/objects/deals", {"properties": {"pipeline": "default", "dealstage": "146783201"}}
    )
    assert codes(reply) == [("dealstage", "INVALID_OPTION")]
    won = http.create("deals", dealname="Won", dealstage="closedwon")
    read = http("GET", f"/crm/v3/objects/deals/{won}?properties=hs_is_closed_won,pipeline").body["properties"]
    assert (read["hs_is_closed_won"], read["pipeline"]) == ("true", "default")


def test_the_callers_mark_of_an_input_comes_back_with_its_result(http: Client) -> None:
    inputs = [
        {"id": row["id"], "properties": {"city": "Ulm"}, "objectWriteTraceId": f"t{row['id']}"}
        for row in http.crm.records("companies")[:5]
    ]
    results = http("POST", f"{SEARCH}/batch/update", {"inputs": inputs}).body["results"]
    assert all(one["objectWriteTraceId"] == f"t{one['id']}" for one in results)


PROPERTIES: list[tuple[dict[str, Any], int]] = [
    ({"name": "Tier"}, 400),
    ({"name": "9tier"}, 400),
    ({"name": "hs_tier"}, 400),
    ({"name": "tier", "groupName": "nowhere"}, 400),
    ({"name": "tier", "type": "money"}, 400),
    ({"name": "tier", "fieldType": "number"}, 400),
    ({"name": "industry"}, 409),
    ({"name": "tier", "options": [{"label": "A", "value": "a"}]}, 400),
    ({"name": "tier"}, 201),
]


@pytest.mark.parametrize("given, status", PROPERTIES, ids=[json.dumps(given) for given, _ in PROPERTIES])
def test_a_property_is_created_only_as_hubspot_would(
    http: Client, given: dict[str, Any], status: int
) -> None:
    body = {
        "label": "Tier",
        "type": "string",
        "fieldType": "text",
        "groupName": "companyinformation",
        **given,
    }
    assert http("POST", "/crm/v3/properties/companies", body).status == status
    assert http("GET", "/crm/v3/properties/companies/tier").status == (200 if status == 201 else 404)


def test_a_batch_of_properties_is_created_whole_or_not_at_all(http: Client) -> None:
    good = {
        "name": "tier",
        "label": "Tier",
        "type": "string",
        "fieldType": "text",
        "groupName": "companyinformation",
    }
    refused = http(
        "POST", "/crm/v3/properties/companies/batch/create", {"inputs": [good, {**good, "name": "Bad"}]}
    )
    assert refused.status == 400
    assert http("GET", "/crm/v3/properties/companies/tier").status == 404
    assert http("POST", "/crm/v3/properties/companies/batch/create", {"inputs": [good]}).status == 201
    assert http.update("companies", company(http)["id"], tier="gold").status == 200
