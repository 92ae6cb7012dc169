"""Custom objects: defined by the schemas API, then read and written like any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm import objects, schemas

from connectors.sandbox import running
from tests.connectors.sandbox_hubspot.client import Client, client_of, where

V3 = "/crm-object-schemas/v3/schemas"
SCOPES = [f"crm.{part}.custom.{mode}" for part in ("schemas", "objects") for mode in ("read", "write")]
TERRITORY = {
    "name": "territory",
    "labels": {"singular": "Territory", "plural": "Territories"},
    "primaryDisplayProperty": "label",
    "requiredProperties": ["label"],
    "searchableProperties": ["label"],
    "associatedObjects": ["COMPANY"],
    "properties": [
        {"name": "label", "label": "Label", "type": "string", "fieldType": "text"},
        {"name": "key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True},
        {"name": "accounts", "label": "Accounts", "type": "number", "fieldType": "number"},
    ],
}


def enterprise(http: Client) -> None:
    """The portal has custom objects, and the app may use them."""
    http.crm.settings(custom_objects=True, scopes=[*http.crm.settings()["scopes"], *SCOPES])


@pytest.fixture
def portal(http: Client) -> Iterator[Client]:
    enterprise(http)
    yield http


def made(http: Client, start: str = V3, **more: Any) -> dict[str, Any]:
    """A new custom object."""
    reply = http("POST", start, {**TERRITORY, **more})
    assert reply.status == 201, reply.body
    return dict(reply.body)


def test_a_custom_object_is_defined_and_read_by_all_its_names(portal: Client) -> None:
    schema = made(portal)
    number = portal.crm.credentials["portal_id"]
    assert schema["objectTypeId"] == f"2-{schema['id']}"
    assert schema["fullyQualifiedName"] == f"p{number}_territory"
    names = [schema["objectTypeId"], schema["fullyQualifiedName"], "territory", "p_territory"]
    assert [portal("GET", f"{V3}/{name}").body for name in names] == [schema] * 4
    assert portal("GET", "/crm/v3/schemas").body["results"] == [schema]
    own = {one["name"]: one for one in schema["properties"] if not one["hubspotDefined"]}
    assert (own["key"]["hasUniqueValue"], own["label"]["groupName"]) == (True, "territory_information")
    assert {"hs_object_id", "hs_createdate", "hubspot_owner_id"} <= {p["name"] for p in schema["properties"]}
    [tie] = schema["associations"]
    assert (tie["fromObjectTypeId"], tie["toObjectTypeId"]) == (schema["objectTypeId"], "0-2")


def test_its_records_are_written_found_and_put_away(portal: Client) -> None:
    type = made(portal)["objectTypeId"]
    path = f"/crm/v3/objects/{type}"
    given = {
        "inputs": [{"properties": {"label": f"East {n}", "key": f"e{n}", "accounts": n}} for n in range(3)]
    }
    created = portal("POST", f"{path}/batch/create", given)
    assert created.status == 201
    assert portal("GET", f"{path}?properties=key").body["results"][1]["properties"]["key"] == "e1"
    assert portal("GET", "/crm/v3/objects/territory?limit=1").body["results"][0]["properties"].keys() == {
        "hs_createdate", "hs_lastmodifieddate", "hs_object_id"
    }  # fmt: skip
    upsert = {"inputs": [
        {"id": "e1", "idProperty": "key", "properties": {"accounts": "9"}},
        {"id": "e9", "idProperty": "key", "properties": {"label": "East 9"}},
    ]}  # fmt: skip
    results = portal("POST", f"{path}/batch/upsert", upsert).body["results"]
    assert sorted(one["new"] for one in results) == [False, True]
    found = portal.search(type, where("accounts", "GTE", "2"), properties=["key"]).body
    assert {one["properties"]["key"] for one in found["results"]} == {"e1", "e2"}
    keyed = portal(
        "POST", f"{path}/batch/read", {"idProperty": "key", "inputs": [{"id": "e9"}], "properties": ["key"]}
    )
    [nine] = keyed.body["results"]
    assert portal("DELETE", f"{path}/{nine['id']}").status == 204
    assert len(portal("GET", f"{path}?archived=true").body["results"]) == 1
    history = portal.crm.history(f"p{portal.crm.credentials['portal_id']}_territory", results[0]["id"])
    assert {row["actor"] for row in history} == {"api"}


def test_a_unique_value_is_held_by_one_record_alone(portal: Client) -> None:
    made(portal)
    path = "/crm/v3/objects/territory"
    one, two = (
        portal.create("territory", label="x", key="k1"),
        portal.create("territory", label="y", key="k2"),
    )

    def code(reply: Any) -> str:
        assert reply.status == 400, reply.body
        return str(reply.body["errors"][0]["code"])

    taken = "CONFLICTING_UNIQUE_VALUE"
    assert code(portal("POST", path, {"properties": {"label": "z", "key": "K1"}})) == taken
    assert code(portal("PATCH", f"{path}/{two}", {"properties": {"key": "k1"}})) == taken
    assert code(portal.update("territory", two, key="k1")) == taken
    twice = {"inputs": [{"properties": {"label": "z", "key": "k3"}}] * 2}
    assert code(portal("POST", f"{path}/batch/create", twice)) == taken
    moved = {"inputs": [{"id": "k2", "idProperty": "key", "properties": {"key": "k1"}}]}
    assert code(portal("POST", f"{path}/batch/upsert", moved)) == taken
    assert len(portal("GET", path).body["results"]) == 2
    assert portal.update("territory", one, key="k1").status == 200
    portal("DELETE", f"{path}/{one}")
    assert portal.update("territory", two, key="k1").status == 200


def test_what_is_required_must_be_there_and_unknown_properties_are_refused(portal: Client) -> None:
    made(portal)
    refused = portal("POST", "/crm/v3/objects/territory", {"properties": {"accounts": "1"}})
    assert (refused.status, refused.body["context"]) == (400, {"properties": ["label"]})
    wrong = portal("POST", "/crm/v3/objects/territory", {"properties": {"label": "x", "city": "Ulm"}})
    assert wrong.body["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"


def test_its_records_belong_to_companies_by_types_of_the_portals_own(portal: Client) -> None:
    made(portal)
    type = portal("GET", V3).body["results"][0]["associations"][0]
    company = portal.crm.records("companies")[0]["id"]
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": int(type["id"])}]
    body = {"properties": {"label": "East"}, "associations": [{"to": {"id": company}, "types": types}]}
    id = portal("POST", "/crm/v3/objects/territory", body).body["id"]
    read = portal(
        "POST", "/crm/v4/associations/companies/territory/batch/read", {"inputs": [{"id": company}]}
    )
    [to] = read.body["results"][0]["to"]
    assert str(to["toObjectId"]) == id
    assert to["associationTypes"] == [
        {"category": "USER_DEFINED", "typeId": int(type["id"]) + 1, "label": None}
    ]
    refused = portal("POST", "/crm/v4/associations/contacts/territory/batch/read", {"inputs": [{"id": "1"}]})
    assert refused.status == 400
    more = {"fromObjectTypeId": type["fromObjectTypeId"], "toObjectTypeId": "0-1", "name": "people"}
    assert portal("POST", f"{V3}/territory/associations", more).body["name"] == "people"
    again = portal("POST", "/crm/v4/associations/contacts/territory/batch/read", {"inputs": [{"id": "1"}]})
    assert again.status == 207
    assert portal("DELETE", f"/crm/v3/objects/territory/{id}").status == 204
    gone = portal(
        "POST", "/crm/v4/associations/companies/territory/batch/read", {"inputs": [{"id": company}]}
    )
    assert gone.status == 207


def test_an_archived_company_leaves_no_link_behind(portal: Client) -> None:
    type = made(portal)["associations"][0]
    company = portal.create("companies", name="Acme")
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": int(type["id"])}]
    body = {"properties": {"label": "East"}, "associations": [{"to": {"id": company}, "types": types}]}
    id = portal("POST", "/crm/v3/objects/territory", body).body["id"]
    path = f"/crm/v4/objects/territory/{id}/associations/companies"
    assert [str(one["toObjectId"]) for one in portal("GET", path).body["results"]] == [company]
    portal("DELETE", f"/crm/v3/objects/companies/{company}")
    assert portal("GET", path).body["results"] == []


def test_a_portal_without_them_lists_none_and_makes_none(http: Client) -> None:
    http.crm.settings(scopes=[*http.crm.settings()["scopes"], *SCOPES])
    assert http("GET", V3).body == {"results": []}
    refused = http("POST", V3, TERRITORY)
    assert (refused.status, refused.body["category"]) == (403, "FORBIDDEN")
    assert http("GET", "/crm/v3/objects/territory").status == 400


@pytest.mark.parametrize(
    "method, path, scope",
    [
        ("GET", V3, "crm.schemas.custom.read"),
        ("POST", V3, "crm.schemas.custom.write"),
        ("GET", "/crm/v3/objects/territory", "crm.objects.custom.read"),
        ("POST", "/crm/v3/objects/p_territory/batch/create", "crm.objects.custom.write"),
        ("GET", "/crm/v3/properties/territory", "crm.schemas.custom.read"),
    ],
)
def test_each_call_asks_for_its_scope(portal: Client, method: str, path: str, scope: str) -> None:
    made(portal)
    portal.crm.settings(scopes=[])
    refused = portal(method, path, {} if method == "POST" else None)
    assert refused.status == 403
    assert scope in refused.body["errors"][0]["context"]["requiredGranularScopes"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "9lives"}, "Invalid name"),
    ({"name": "company"}, "already exists"),
    ({"labels": {"singular": "x"}}, "plural"),
    ({"properties": []}, "properties"),
    ({"primaryDisplayProperty": "nmae"}, "nmae"),
    ({"requiredProperties": ["nmae"]}, "nmae"),
    ({"associatedObjects": ["UNICORN"]}, "UNICORN"),
    ({"associatedObjects": None}, "associatedObjects"),
    ({"properties": [{"name": "label", "label": "L", "type": "money", "fieldType": "text"}]}, "money"),
]


@pytest.mark.parametrize("more, words", WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_definition_leaves_nothing_behind(portal: Client, more: dict[str, Any], words: str) -> None:
    refused = portal("POST", V3, {**TERRITORY, **more})
    assert refused.status == 400
    assert words in refused.body["message"]
    assert portal("GET", V3).body == {"results": []}
    made(portal)
    assert portal("POST", V3, TERRITORY).status == 400


def test_it_is_changed_and_put_away_once_it_is_empty(portal: Client) -> None:
    made(portal)
    patch = {"requiredProperties": ["label", "key"], "labels": {"singular": "Patch", "plural": "Patches"}}
    assert portal("PATCH", f"{V3}/territory", patch).body["labels"]["plural"] == "Patches"
    assert portal("POST", "/crm/v3/objects/territory", {"properties": {"label": "x"}}).status == 400
    id = portal.create("territory", label="x", key="k")
    assert portal("DELETE", f"{V3}/territory").status == 400
    portal("DELETE", f"/crm/v3/objects/territory/{id}")
    assert portal("DELETE", f"{V3}/territory").status == 204
    assert portal("GET", f"{V3}/territory").status == 404
    assert portal("GET", f"{V3}?archived=true").body["results"][0]["name"] == "territory"
    assert portal("GET", "/crm/v3/objects/territory").status == 400


def test_more_properties_are_added_like_those_of_any_object(portal: Client) -> None:
    made(portal)
    body = {"name": "quota", "label": "Quota", "type": "number", "fieldType": "number", "groupName": "territory_information"}  # fmt: skip
    assert portal("POST", "/crm/v3/properties/territory", body).status == 201
    id = portal.create("territory", label="x", quota="12.5")
    assert (
        portal("GET", f"/crm/v3/objects/territory/{id}?properties=quota").body["properties"]["quota"]
        == "12.5"
    )
    portal.crm.add_field("territory", "tier", "string")
    assert portal.update("territory", id, tier="gold").status == 200


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_the_dated_paths_do_the_same(portal: Client, version: str) -> None:
    type = made(portal, f"/crm-object-schemas/{version}/schemas")["objectTypeId"]
    reply = portal("POST", f"/crm/objects/{version}/{type}", {"properties": {"label": "x"}})
    assert reply.status == 201
    assert portal("GET", f"/crm/objects/{version}/{type}").body["results"][0]["id"] == reply.body["id"]


def test_it_outlives_a_restart(tmp_path: Path) -> None:
    store = tmp_path / "portal.db"
    for again in (False, True):
        with running("hubspot", state=store) as crm:
            http = client_of(crm)
            enterprise(http)
            if not again:
                made(http)
                http.create("territory", label="East", accounts="4")
            read = http("GET", "/crm/v3/objects/p_territory?properties=accounts").body["results"]
            http.pool.clear()
            assert [one["properties"]["accounts"] for one in read] == ["4"]


def test_the_vendors_own_client_defines_and_fills_it(portal: Client) -> None:
    client: Any = HubSpot(access_token=portal.token, host=portal.crm.url, base_url=portal.crm.url)
    property = schemas.ObjectTypePropertyCreate(name="label", label="Label", type="string", field_type="text")
    egg = schemas.ObjectSchemaEgg(
        name="territory",
        labels=schemas.ObjectTypeDefinitionLabels(singular="Territory", plural="Territories"),
        primary_display_property="label",
        required_properties=["label"],
        associated_objects=["COMPANY"],
        properties=[property],
    )
    schema = client.crm.schemas.core_api.create(egg)
    assert client.crm.schemas.core_api.get_by_id("territory").object_type_id == schema.object_type_id
    assert [one.name for one in client.crm.schemas.core_api.get_all().results] == ["territory"]
    record = objects.SimplePublicObjectInputForCreate(properties={"label": "East"})
    created = client.crm.objects.basic_api.create(schema.object_type_id, record)
    page = client.crm.objects.basic_api.get_page(schema.object_type_id, properties=["label"])
    assert [(one.id, one.properties["label"]) for one in page.results] == [(created.id, "East")]
