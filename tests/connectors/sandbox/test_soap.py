"""The SOAP API as a client meets it: messages, headers, results and faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox import Crm
from tests.connectors.sandbox.soap import ENVELOPE, Soap


@pytest.fixture(params=["partner", "enterprise"])
def soap(org: Crm, request: pytest.FixtureRequest) -> Iterator[Soap]:
    made = Soap(org, request.param)
    yield made
    made.pool.clear()


def ids(org: Crm, count: int) -> list[str]:
    return [row["Id"] for row in org.records("Account")[:count]]


def value(org: Crm, id: str, field: str) -> object:
    return next(row for row in org.records("Account") if row["Id"] == id)[field]


def test_rows_are_written_and_answered_in_their_order(org: Crm, soap: Soap) -> None:
    one, two = ids(org, 2)
    answer = soap.update(
        {"Id": one, "Site": "a"}, {"Id": two, "Site": "x" * 81}, {"Id": two[:15], "Site": "b"}
    )
    first, second, third = answer.rows()
    assert (answer.status, first) == (200, {"errors": [], "id": one, "success": "true"})
    assert (second["success"], second["errors"][0]["statusCode"]) == ("false", "STRING_TOO_LONG")
    assert second["errors"][0]["fields"] == "Site"
    assert third["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert (value(org, one, "Site"), value(org, two, "Site")) == ("a", None)


def test_only_fields_to_null_empties_a_field(org: Crm, soap: Soap) -> None:
    [one] = ids(org, 1)
    soap.update({"Id": one, "Site": "a", "NumberOfEmployees": 7})
    nil = f'<s:type>Account</s:type><s:Id>{one}</s:Id><s:Site xsi:nil="true"/>'
    xsi = 'xsi:type="s:Account"' if soap.name == "enterprise" else ""
    soap.call(f"<u:update><u:sObjects {xsi}>{nil}</u:sObjects></u:update>")
    assert value(org, one, "Site") == "a"
    soap.update({"Id": one, "Site": None, "NumberOfEmployees": None})
    assert (value(org, one, "Site"), value(org, one, "NumberOfEmployees")) == (None, None)


def test_calls_are_counted_and_told_in_the_header(org: Crm, soap: Soap) -> None:
    [one] = ids(org, 1)
    first, second = (int(soap.update({"Id": one}).text("current")) for _ in range(2))
    assert second == first + 1
    org.settings(daily_limit=0)
    refused = soap.update({"Id": one, "Site": "a"})
    assert (refused.status, refused.text("faultcode")) == (500, "sf:REQUEST_LIMIT_EXCEEDED")
    assert value(org, one, "Site") is None


def test_a_session_that_ended_is_a_fault_with_status_500(org: Crm, soap: Soap) -> None:
    [one] = ids(org, 1)
    org.fault("expire_session", path="/services/Soap/")
    refused = soap.update({"Id": one, "Site": "a"})
    assert (refused.status, refused.text("exceptionCode")) == (500, "INVALID_SESSION_ID")
    assert refused.text("faultstring").startswith(
        "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader"
    )
    assert value(org, one, "Site") is None


def test_a_header_of_another_namespace_does_not_count(org: Crm, soap: Soap) -> None:
    [one] = ids(org, 1)
    header = f'<x:SessionHeader xmlns:x="urn:x"><x:sessionId>{soap.session}</x:sessionId></x:SessionHeader>'
    body = f"<u:update>{soap.row({'Id': one, 'Site': 'a'})}</u:update>"
    refused = soap.send(ENVELOPE.format(name=soap.name, headers=header, body=body).encode())
    assert refused.text("faultcode") == "sf:INVALID_SESSION_ID"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<a", "Unable to parse"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        (b"<a/>", "not a SOAP 1.1 envelope"),
    ],
)
def test_what_is_no_soap_is_the_clients_fault(org: Crm, soap: Soap, content: bytes, words: str) -> None:
    refused = soap.send(content)
    assert (refused.status, refused.text("faultcode")) == (500, "soapenv:Client")
    assert words in refused.text("faultstring")


def test_a_request_without_soapaction_is_refused(org: Crm, soap: Soap) -> None:
    assert (
        soap.send(b"<a/>", {"Content-Type": "text/xml"}).text("faultstring")
        == "SOAPAction HTTP header missing"
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("{type}Acount{end}", "sf:INVALID_TYPE"),
        ("{type}Account{end}<s:Id>{id}</s:Id><s:Nmae>x</s:Nmae>", "sf:INVALID_FIELD"),
        ("{type}Account{end}<s:Id>{id}</s:Id><s:NumberOfEmployees>x</s:NumberOfEmployees>", "soapenv:Client"),
    ],
)
def test_a_message_that_does_not_fit_the_wsdl_fails_whole(org: Crm, row: str, code: str) -> None:
    soap, [one] = Soap(org), ids(org, 1)
    given = row.format(type="<s:type>", end="</s:type>", id=one)
    good = soap.row({"Id": one, "Site": "a"})
    refused = soap.call(f"<u:update>{good}<u:sObjects>{given}</u:sObjects></u:update>")
    assert (refused.status, refused.text("faultcode")) == (500, code)
    assert org.history() == []


def test_two_hundred_records_are_the_most(org: Crm, soap: Soap) -> None:
    [one] = ids(org, 1)
    refused = soap.update(*[{"Id": one}] * 201)
    assert refused.text("faultcode") == "sf:EXCEEDED_ID_LIMIT"


def test_all_or_none_takes_back_what_was_written(org: Crm, soap: Soap) -> None:
    one, two = ids(org, 2)
    header = "<u:AllOrNoneHeader><u:allOrNone>true</u:allOrNone></u:AllOrNoneHeader>"
    rows = soap.update({"Id": one, "Site": "a"}, {"Id": two, "Name": None}, headers=header).rows()
    codes = [row["errors"][0]["statusCode"] for row in rows]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert org.history() == []


def test_the_assignment_rule_runs_unless_the_header_says_otherwise(org: Crm, soap: Soap) -> None:
    [one] = ids(org, 1)
    new = next(u["Id"] for u in org.records("User") if u["Username"].startswith("rep") and u["IsActive"])
    soap.update({"Id": one, "OwnerId": new}, assign=True)
    assert org.history("Account", one)[-1]["actor"] == "assignment rule"
    soap.update({"Id": one, "OwnerId": new})
    assert value(org, one, "OwnerId") == new
    org.settings(soap_auto_assign=False)
    soap.update({"Id": one, "OwnerId": new}, assign=True)
    assert value(org, one, "OwnerId") == new


def test_login_by_password_is_refused_and_gone_since_v65(org: Crm) -> None:
    login = "<u:login><u:username>a</u:username><u:password>b</u:password></u:login>"
    assert Soap(org, version="64.0").call(login).text("faultcode") == "sf:INVALID_LOGIN"
    gone = Soap(org, version="65.0").call(login)
    assert gone.text("faultstring").startswith(
        "No operation available for request {urn:partner.soap.sforce.com}login"
    )


def test_records_are_created_and_deleted(org: Crm, soap: Soap) -> None:
    [one] = ids(org, 1)
    contact = soap.row({"LastName": "Kim", "AccountId": one}, "Contact")
    [made] = soap.call(f"<u:create>{contact}</u:create>").rows()
    assert made["success"] == "true"
    [gone] = soap.call(f"<u:delete><u:ids>{made['id']}</u:ids></u:delete>").rows()
    assert gone == {"errors": [], "id": made["id"], "success": "true"}
    assert [c["IsDeleted"] for c in org.records("Contact")] == [True]


@pytest.mark.parametrize(
    ("kind", "details", "status", "code"),
    [
        ("quota", {}, 500, "sf:REQUEST_LIMIT_EXCEEDED"),
        ("rate_limit", {"shape": "concurrent"}, 500, "sf:REQUEST_LIMIT_EXCEEDED"),
        ("unavailable", {}, 503, "sf:SERVER_UNAVAILABLE"),
        ("status", {"status": 500}, 500, "sf:UNKNOWN_EXCEPTION"),
    ],
)
def test_a_refusal_comes_as_a_fault(
    org: Crm, kind: str, details: dict[str, Any], status: int, code: str
) -> None:
    org.fault(kind, path="/services/Soap/", **details)
    refused = Soap(org).update({"Id": ids(org, 1)[0], "Site": "a"})
    assert (refused.status, refused.text("faultcode")) == (status, code)
    assert org.history() == []


def test_row_locks_strike_soap_rows_too(org: Crm, soap: Soap) -> None:
    org.fault("row_lock", every=2)
    rows = soap.update(*({"Id": id, "Site": "a"} for id in ids(org, 4))).rows()
    assert [r["errors"][0]["statusCode"] if r["errors"] else "" for r in rows] == [
        "", "UNABLE_TO_LOCK_ROW", "", "UNABLE_TO_LOCK_ROW",
    ]  # fmt: skip
