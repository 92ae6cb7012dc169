"""Held to what real orgs answered: the same status, content type, members and error bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.sandbox import Crm

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "salesforce"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings are not on this machine")
BASE = "/services/data/v62.0"

UNMODELLED = {
    "extraTypeInfo",
    "compoundFieldName",
    "defaultValue",
    "inlineHelpText",
    "label",
    "picklistValues",
    "referenceTo",
}
"""Members of a field whose values differ from org to org, or that stand for person accounts."""
ODD = {
    ("Account", "MasterRecordId", "searchPrefilterable"), ("Account", "JigsawCompanyId", "relationshipName"), ("Event", "ActivityDate", "aggregatable"),
    ("Opportunity", "Name", "idLookup"), ("Opportunity", "ContactId", "searchPrefilterable"),
    ("Opportunity", "Fiscal", "byteLength"),
}  # fmt: skip
"""What no rule explains, and no client of ours looks at."""


def interactions() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((RECORDED / "cumulusci").glob("*.json")) if RECORDED.is_dir() else ():
        content = json.loads(file.read_text())
        for interaction in content.get("interactions", []):
            if interaction.get("method") and interaction.get("status"):
                yield file.name, interaction


def path_of(interaction: dict[str, Any]) -> str:
    return re.sub(r"/services/data/v[^/]+", "", urlsplit(interaction["uri"]).path).rstrip("/")


def queries() -> list[Any]:
    found: dict[str, Any] = {}
    for name, i in interactions():
        if i["method"] == "GET" and path_of(i) == "/query" and i["status"] == 200:
            soql = parse_qs(urlsplit(i["uri"]).query)["q"][0]
            try:
                found.setdefault(
                    soql, pytest.param(soql, json.loads(i["response_body"]), id=f"{name[:30]} {soql[:40]}")
                )
            except json.JSONDecodeError:
                continue  # a body that was elided
    return list(found.values())


def batches() -> list[Any]:
    found = []
    for name, i in interactions():
        if path_of(i) == "/composite/sobjects" and i["status"] == 200:
            found.append(pytest.param(i["method"], i["request_body"], i["response_body"], id=name[:40]))
    return found


def error_body(number: int) -> Any:
    return json.loads((RECORDED / "error_bodies.json").read_text())[number]


def restforce(name: str) -> Any:
    return json.loads((RECORDED / "restforce" / f"{name}_response.json").read_text())


@pytest.mark.parametrize("object", ["Account", "Opportunity", "Event", "Contact"])
def test_describe_has_every_member_and_each_field_the_type_it_has_in_a_real_org(
    ask: Any, object: str
) -> None:
    file = RECORDED / "cumulusci" / f"GET_sobjects_{object}_describe.json"
    [interaction] = json.loads(file.read_text())["interactions"]
    real = json.loads(interaction["response_body"])
    answer = ask("GET", f"/sobjects/{object}/describe")
    ours = answer.json()
    assert answer.status == interaction["status"]
    assert answer.headers["content-type"] == interaction["response_headers"]["Content-Type"][0]
    assert set(real) <= set(ours)
    fields = {field["name"]: field for field in real["fields"]}
    for field in ours["fields"]:
        assert field["name"] in fields
        expected = fields[field["name"]]
        assert set(expected) == set(field)
        different = {
            key: (expected[key], field[key])
            for key in set(expected) - UNMODELLED
            if expected[key] != field[key] and (object, field["name"], key) not in ODD
        }
        assert different == {}, field["name"]


def test_the_global_describe_lists_objects_as_a_real_org_does(ask: Any) -> None:
    file = RECORDED / "cumulusci" / "GET_sobjects_Global_describe.json"
    [interaction] = json.loads(file.read_text())["interactions"]
    real, ours = json.loads(interaction["response_body"]), ask("GET", "/sobjects").json()
    assert {k: v for k, v in real.items() if k != "sobjects"} == {
        k: v for k, v in ours.items() if k != "sobjects"
    }
    expected = {o["name"]: o for o in real["sobjects"]}
    for name in ("Account", "User"):
        [object] = [o for o in ours["sobjects"] if o["name"] == name]
        assert {k: v for k, v in object.items() if k != "urls"} == {
            k: v for k, v in expected[name].items() if k != "urls"
        }


@pytest.mark.parametrize(("soql", "real"), queries())
def test_a_recorded_query_is_answered_in_the_same_shape(ask: Any, soql: str, real: dict[str, Any]) -> None:
    answer = ask.query(soql)
    if answer.status == 400:
        [error] = answer.json()
        assert error["errorCode"] in ("MALFORMED_QUERY", "INVALID_FIELD", "INVALID_TYPE")
        pytest.skip(f"beyond the sandbox: {error['message'].splitlines()[-1][:80]}")
    ours = answer.json()
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert list(ours)[:2] == ["totalSize", "done"]
    assert list(real)[:2] == ["totalSize", "done"]
    if ours["records"] and real["records"]:
        one, other = ours["records"][0], real["records"][0]
        assert list(one) == list(other)
        assert list(one["attributes"]) == list(other["attributes"])


def with_our_ids(body: str, org: Crm, raw: Any) -> str:
    """The recorded body, its ids replaced by those of records that our org has."""
    accounts = (row["Id"] for row in org.records("Account"))
    for old in dict.fromkeys(re.findall(r"\b00[13][A-Za-z0-9]{15}\b", body)):
        contact = old.startswith("003")
        new = raw("POST", "/sobjects/Contact", {"LastName": "x"}).json()["id"] if contact else next(accounts)
        body = body.replace(old, new)
    return body


@pytest.mark.parametrize(("method", "body", "real"), batches())
def test_a_recorded_batch_is_answered_in_the_same_shape(
    org: Crm, raw: Any, method: str, body: str, real: str
) -> None:
    sent = json.loads(with_our_ids(body, org, raw))
    if not {record["attributes"]["type"] for record in sent["records"]} <= {
        "Account",
        "Contact",
        "Opportunity",
        "Event",
        "Task",
    }:
        pytest.skip("an object that the sandbox does not have")
    answer = raw(method, "/composite/sobjects", sent, {"Sforce-Auto-Assign": "FALSE"})
    ours, theirs = answer.json(), json.loads(real)
    assert answer.status == 200, ours
    assert len(ours) == len(theirs) == len(sent["records"])
    for one, other in zip(ours, theirs, strict=True):
        assert one["success"] == other["success"], one
        assert list(one) == list(other)


def test_a_lost_session_is_worded_as_recorded(ask: Any) -> None:
    answer = ask("GET", "/limits", headers={"Authorization": "Bearer gone"})
    assert answer.json() == restforce("expired_session") == error_body(0)["body"]
    assert answer.status == error_body(0)["http"]


def test_spent_calls_are_worded_as_recorded(org: Crm, raw: Any) -> None:
    for number, details in ((1, {"kind": "quota"}), (2, {"kind": "rate_limit", "shape": "concurrent"})):
        org.fault(**details)
        answer = raw("GET", "/limits")
        assert (answer.status, answer.json()) == (error_body(number)["http"], error_body(number)["body"])


def test_what_is_missing_is_worded_as_recorded(ask: Any) -> None:
    missing = ask("GET", "/sobjects/Account/rid")
    assert (missing.status, missing.json()) == (404, error_body(3)["body"])
    unknown = ask("GET", "/sobjects/Whizbang/describe")
    assert (unknown.status, unknown.json()) == (404, restforce("sobject__sobject_describe_error"))


def test_an_unknown_field_and_an_unknown_object_are_worded_as_recorded(ask: Any) -> None:
    [id] = ask.ids("SELECT Id FROM Account LIMIT 1")
    [real] = error_body(4)["body"]
    [ours] = ask("PATCH", f"/sobjects/Account/{id}", {"foo": 1}).json()
    assert ours == {**real, "message": real["message"].replace("Bar", "Account")}
    assert ask.query("select count() from XYZZY").json() == error_body(5)["body"]


def test_a_deleted_record_is_worded_as_recorded(org: Crm, raw: Any) -> None:
    [id] = raw.ids("SELECT Id FROM Account LIMIT 1")
    org.edit("Account", id, {"IsDeleted": True})
    answer = raw("PATCH", f"/sobjects/Account/{id}", {"Name": "x"})
    assert (answer.status, answer.json()) == (error_body(6)["http"], error_body(6)["body"])


def test_replication_and_creation_have_the_recorded_members(org: Crm, raw: Any) -> None:
    gone = raw.ids("SELECT Id FROM Account LIMIT 1")[0]
    org.edit("Account", gone, {"IsDeleted": True})
    window = f"start={org.now()[:10]}T00:00:00Z&end=2100-01-01T00:00:00Z"
    assert set(raw("GET", f"/sobjects/Account/updated/?{window}").json()) == set(
        restforce("sobject__get_updated_success")
    )
    deleted, real = (
        raw("GET", f"/sobjects/Account/deleted/?{window}").json(),
        restforce("sobject__get_deleted_success"),
    )
    assert set(deleted) == set(real)
    assert set(deleted["deletedRecords"][0]) == set(real["deletedRecords"][0])
    made = raw("POST", "/sobjects/Account", {"Name": "x"})
    assert (made.status, set(made.json())) == (201, set(restforce("sobject__create_success")))
    assert set(raw("GET", "/services/data").json()[0]) == set(restforce("services_data_success")[0])
