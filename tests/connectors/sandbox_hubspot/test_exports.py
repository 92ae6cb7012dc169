"""Exports: files of whole objects, made in turn, from a link that expires."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.exports import PublicExportViewRequest

from tests.connectors.sandbox_hubspot.client import Client, Reply

START = "/crm/v3/exports/export/async"


@pytest.fixture(autouse=True)
def _granted(http: Client) -> None:
    """The app may export, and an export takes no time."""
    http.crm.settings(scopes=[*http.crm.settings()["scopes"], "crm.export"], export_seconds=0.0)
    http.crm.settings(export_rows_per_second=1_000_000_000)


def asked(**more: Any) -> dict[str, Any]:
    """An export of companies by their internal names and values."""
    return {
        "exportType": "VIEW",
        "format": "CSV",
        "exportName": "companies",
        "objectType": "COMPANY",
        "objectProperties": ["name", "hubspot_owner_id", "annualrevenue", "hs_lastmodifieddate"],
        "language": "EN",
        "exportInternalValuesOptions": ["NAMES", "VALUES"],
        **more,
    }


def started(http: Client, path: str = START, **more: Any) -> str:
    """The id of a new export."""
    reply = http("POST", path, asked(**more))
    assert reply.status == 202, reply.body
    return str(reply.body["id"])


def status(http: Client, id: str) -> dict[str, Any]:
    """How far it is."""
    return dict(http("GET", f"{START}/tasks/{id}/status").body)


def finished(http: Client, id: str) -> dict[str, Any]:
    """Its last status; the file is made between the calls."""
    for _ in range(200):
        body = status(http, id)
        if body["status"] in ("COMPLETE", "CANCELED"):
            return body
    raise AssertionError(body)


def fetched(http: Client, id: str) -> tuple[bytes, str]:
    """The file and its content type, fetched without a token."""
    answer = http.pool.request("GET", finished(http, id)["result"])
    assert answer.status == 200
    return answer.data, answer.headers["content-type"]


def table(data: bytes) -> list[list[str]]:
    """The rows of a CSV."""
    return list(csv.reader(io.StringIO(data.decode())))


def test_a_view_holds_every_living_record_by_its_internal_values(http: Client) -> None:
    gone = http.crm.records("companies")[3]["id"]
    http("DELETE", f"/crm/v3/objects/companies/{gone}")
    id = started(http)
    data, type = fetched(http, id)
    head, *rows = table(data)
    assert http("GET", f"/crm/v3/exports/export/{id}").body["recordCount"] == 39
    assert type.startswith("text/csv")
    assert head == ["hs_object_id", "name", "hubspot_owner_id", "annualrevenue", "hs_lastmodifieddate"]
    living = [row for row in http.crm.records("companies") if not row["archived"]]
    wanted = [
        [r["id"], r["name"] or "", r["hubspot_owner_id"] or "", r["annualrevenue"] or ""] for r in living
    ]
    assert [row[:4] for row in rows] == wanted
    assert gone not in {row[0] for row in rows}


def test_labels_stand_in_place_of_values_where_they_are_not_asked_for(http: Client) -> None:
    wanted = {"objectProperties": ["industry", "hubspot_owner_id"], "exportInternalValuesOptions": []}
    head, *rows = table(fetched(http, started(http, **wanted))[0])
    assert head == ["Record ID", "Industry", "Company owner"]
    people = {o["id"]: f"{o['firstName']} {o['lastName']}" for o in http.owners()}
    by_id = {row["id"]: row for row in http.crm.records("companies")}
    for id, industry, owner in rows:
        held = by_id[id]["hubspot_owner_id"]
        assert owner.removesuffix(" (Deactivated User)") == people.get(held, "") or owner.endswith(")")
        assert industry.upper() != industry or not industry
    assert any(owner in people.values() for _, _, owner in rows)


@pytest.mark.parametrize(
    "way, pattern",
    [("minutes", "2026-01-01 07:00"), ("iso", "2026-01-01T12:00:30Z"), ("milliseconds", "1767268830000")],
)
def test_an_instant_may_lose_its_seconds(http: Client, way: str, pattern: str) -> None:
    http.crm.settings(export_instants=way)
    id = http.create("deals", dealname="One", closedate="1767268830000")
    only = {"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": id}]}
    export = started(http, objectType="DEAL", objectProperties=["closedate"], publicCrmSearchRequest=only)
    assert table(fetched(http, export)[0])[1] == [id, pattern]


def test_a_filter_and_an_order_narrow_a_view(http: Client) -> None:
    rows = [row for row in http.crm.records("companies") if row["country"] == "United States"]
    request = {
        "filters": [{"propertyName": "country", "operator": "EQ", "value": "United States"}],
        "sorts": [{"propertyName": "name", "direction": "DESCENDING"}],
    }
    found = table(fetched(http, started(http, publicCrmSearchRequest=request))[0])[1:]
    assert [row[1] for row in found] == sorted((row["name"] for row in rows), reverse=True)


def test_a_list_is_exported_by_its_id(http: Client) -> None:
    ids = [row["id"] for row in http.crm.records("companies")][5:8]
    http.crm.settings(lists={"12": {"object": "companies", "ids": ids}})
    found = table(fetched(http, started(http, exportType="LIST", listId="12"))[0])[1:]
    assert [row[0] for row in found] == ids
    assert http("POST", START, asked(exportType="LIST", listId="13")).status == 400


def test_associated_records_are_two_columns_at_most(http: Client) -> None:
    id = started(http, objectType="CONTACT", objectProperties=["email"], associatedObjectType="COMPANY")
    head, *rows = table(fetched(http, id)[0])
    assert head == ["hs_object_id", "email", "Associated Company IDs"]
    held = {row["id"]: row["associatedcompanyid"] for row in http.crm.records("contacts")}
    assert {row[0]: row[2] for row in rows} == held
    path = "/crm/exports/2026-03/export/async"
    dated = {"associatedObjectType": ["COMPANY"], "includePrimaryDisplayPropertyForAssociatedObjects": True}
    id = started(http, path, objectType="CONTACT", objectProperties=[], **dated)
    head, *rows = table(fetched(http, id)[0])
    names = {row["id"]: row["name"] for row in http.crm.records("companies")}
    assert head == ["hs_object_id", "Associated Company IDs", "Associated Company"]
    assert all(names[row[1]] == row[2] for row in rows)


def test_a_row_holds_a_thousand_associated_records_unless_the_limit_is_lifted(http: Client) -> None:
    company = http.create("companies", name="Many")
    inputs = [
        {"properties": {"email": f"p{n}@many.com"}, "associations": [
            {"to": {"id": company}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]}]}
        for n in range(1_050)
    ]  # fmt: skip
    for start in range(0, len(inputs), 100):
        made = http("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": inputs[start : start + 100]})
        assert made.status == 201
    only = {"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": company}]}
    common = {"associatedObjectType": "CONTACT", "objectProperties": [], "publicCrmSearchRequest": only}
    lifted = {**common, "overrideAssociatedObjectsPerDefinitionPerRowLimit": True}
    found = [table(fetched(http, started(http, **more))[0])[1][1].split(";") for more in (common, lifted)]
    assert [len(ids) for ids in found] == [1_000, 1_050]


def test_large_files_come_zipped_and_the_largest_in_parts(http: Client) -> None:
    http.crm.settings(export_zip_bytes=100)
    data, type = fetched(http, started(http))
    assert type == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["companies.csv"]
    http.crm.settings(export_part_rows=25)
    archive = zipfile.ZipFile(io.BytesIO(fetched(http, started(http))[0]))
    parts = [table(archive.read(name)) for name in archive.namelist()]
    assert archive.namelist() == ["companies-1.csv", "companies-2.csv"]
    assert [len(part) for part in parts] == [26, 16]
    assert parts[0][0] == parts[1][0]


def test_exports_are_made_one_after_the_other(http: Client) -> None:
    http.crm.settings(export_seconds=60.0)
    one, two = started(http), started(http)
    assert (status(http, one)["status"], status(http, two)["status"]) == ("PROCESSING", "PENDING")
    http.crm.advance(61)
    assert finished(http, one)["status"] == "COMPLETE"
    assert status(http, two)["status"] == "PROCESSING"
    assert status(http, two)["startedAt"] == status(http, one)["completedAt"]
    http.crm.advance(60)
    assert finished(http, two)["status"] == "COMPLETE"
    details = http("GET", f"/crm/v3/exports/export/{two}").body
    assert (details["exportState"], details["recordCount"], details["objectType"]) == ("DONE", 40, "COMPANY")


def test_thirty_exports_fit_into_a_day(http: Client) -> None:
    ids = [started(http) for _ in range(30)]
    refused = http("POST", START, asked())
    assert (refused.status, refused.body["category"]) == (429, "RATE_LIMITS")
    assert finished(http, ids[-1])["status"] == "COMPLETE"
    http.crm.advance(24 * 3600)
    assert http("POST", START, asked()).status == 202


def test_a_link_works_for_five_minutes_and_every_look_gives_a_new_one(http: Client) -> None:
    id = started(http)
    old = finished(http, id)["result"]
    http.crm.advance(301)
    expired = http.pool.request("GET", old)
    assert expired.status == 403
    assert b"Request has expired" in expired.data
    new = status(http, id)["result"]
    assert new != old
    assert http.pool.request("GET", new).status == 200
    guessed = http.pool.request("GET", new.rpartition("/")[0] + "/guess")
    assert guessed.status == 403


def test_an_export_can_fail_or_never_end(http: Client) -> None:
    http.crm.fault("job_fails", path="exports")
    body = finished(http, started(http))
    assert (body["status"], body["numErrors"]) == ("CANCELED", 1)
    http.crm.fault("job_stuck", path="exports")
    stuck = started(http)
    http.crm.advance(7 * 24 * 3600)
    assert status(http, stuck)["status"] == "PROCESSING"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"exportType": "ALL"}, "exportType"),
    ({"format": "XLSX"}, "no spreadsheets"),
    ({"objectType": "NOTHING"}, "Unable to infer"),
    ({"objectProperties": ["nmae"]}, "nmae"),
    ({"objectProperties": None}, "objectProperties"),
    ({"exportInternalValuesOptions": ["ALL"]}, "ExportInternalValues"),
    ({"associatedObjectType": ["COMPANY"]}, "associatedObjectType"),
    ({"exportName": ""}, "exportName"),
    ({"language": "KLINGON"}, "language"),
]


@pytest.mark.parametrize("more, words", WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_request_is_refused(http: Client, more: dict[str, Any], words: str) -> None:
    refused = http("POST", START, asked(**more))
    assert refused.status == 400
    assert words in refused.body["message"]


def test_what_is_sensitive_is_not_exported(http: Client) -> None:
    http.crm.add_field("companies", "diagnosis", "sensitive string")
    assert http("POST", START, asked(objectProperties=["diagnosis"])).status == 400


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_the_dated_paths_do_the_same(http: Client, version: str) -> None:
    path = f"/crm/exports/{version}/export/async"
    id = started(http, path)
    finished(http, id)
    assert http("GET", f"{path}/tasks/{id}/status").body["status"] == "COMPLETE"
    assert http("GET", f"{path}/tasks/12/status").status == 404


def test_without_the_scope_nothing_is_exported(http: Client) -> None:
    http.crm.settings(scopes=[one for one in http.crm.settings()["scopes"] if one != "crm.export"])
    refused: Reply = http("POST", START, asked())
    assert refused.status == 403
    assert refused.body["errors"][0]["context"]["requiredGranularScopes"] == ["crm.export"]


def test_the_vendors_own_client_starts_and_watches_an_export(http: Client) -> None:
    client: Any = HubSpot(access_token=http.token, host=http.crm.url, base_url=http.crm.url)
    request = PublicExportViewRequest(
        export_type="VIEW",
        format="CSV",
        export_name="companies",
        object_properties=["name"],
        object_type="COMPANY",
        language="EN",
        export_internal_values_options=["NAMES"],
        override_associated_objects_per_definition_per_row_limit=False,
    )
    api = client.crm.exports.public_exports_api
    task = api.start(public_export_request=request, _request_timeout=(5, 30))
    assert finished(http, task.id)["status"] == "COMPLETE"
    read = api.get_status(task_id=int(task.id), _request_timeout=(5, 30))
    assert (read.status, read.completed_at >= read.started_at) == ("COMPLETE", True)
    api.api_client.rest_client.pool_manager.clear()
