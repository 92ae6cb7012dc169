"""Pages, limits, faults, field-level security and paths that do not exist."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import Crm

FIELD = {
    "FullName": "Account.Touches__c",
    "Metadata": {
        "type": "Number",
        "label": "Touches",
        "precision": 18,
        "scale": 0,
        "inlineHelpText": "In 30 days",
    },
}


def test_pages_hold_what_was_asked_for_between_200_and_2000(ask: Any) -> None:
    for asked, size in (("batchSize=200", 200), ("batchSize=10", 200), ("batchSize=300", 300), ("", 450)):
        page = ask.query("SELECT Id FROM Account", Sforce_Query_Options=asked).json()
        assert len(page["records"]) == size
        assert page["totalSize"] == 450
        assert page["done"] is (size == 450)


def test_the_pages_of_a_cursor_are_the_records_of_its_start(org: Crm, raw: Any) -> None:
    org.settings(page_size=20)
    first = raw.query("SELECT Id, Name FROM Account").json()
    raw("POST", "/sobjects/Account", {"Name": "late"})
    second = raw("GET", first["nextRecordsUrl"]).json()
    assert second["done"] is True
    assert len({r["Id"] for r in first["records"] + second["records"]}) == 30
    assert raw("GET", first["nextRecordsUrl"]).json() == second


def test_the_eleventh_cursor_closes_the_first(org: Crm, raw: Any) -> None:
    org.settings(page_size=20)
    urls = [raw.query("SELECT Id FROM Account").json()["nextRecordsUrl"] for _ in range(11)]
    closed = raw("GET", urls[0])
    assert (closed.status, closed.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
    assert all(raw("GET", url).status == 200 for url in urls[1:])


def test_when_the_days_calls_are_spent_every_call_says_so_until_a_day_has_passed(org: Crm, raw: Any) -> None:
    raw.ids("SELECT Id FROM Organization")
    org.settings(daily_limit=1)
    spent = raw.query("SELECT Id FROM Organization")
    assert spent.status == 403
    assert spent.json() == [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ]
    assert spent.headers["sforce-limit-info"] == "api-usage=1/1"
    org.settings(session_seconds=200_000)
    org.advance(86_400 + 60)
    assert raw.query("SELECT Id FROM Organization").status == 200


def test_long_addresses_are_414_and_long_headers_431(ask: Any) -> None:
    fits = "SELECT Id FROM Account WHERE Name = '" + "x" * 3_900 + "'"
    assert ask.query(fits).status == 200
    many = "SELECT Id FROM Account WHERE Name IN (" + ",".join(f"'{'x' * 1000}'" for _ in range(17)) + ")"
    assert ask.query(many).status == 414
    assert ask("GET", "/limits", headers={"X-Long": "x" * 16_400}).status == 431


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/services/Soap/x/62.0"),
        ("GET", "/sobjects/Territory2/describe"),
        ("GET", "/nowhere"),
        ("GET", "/services/data/v99.0/limits"),
    ],
)
def test_what_is_not_there_is_not_found(ask: Any, method: str, path: str) -> None:
    assert ask(method, path, {}).status == 404


def test_a_wrong_method_and_a_wrong_media_type_are_refused(ask: Any) -> None:
    assert ask("DELETE", "/limits").json()[0]["errorCode"] == "METHOD_NOT_ALLOWED"
    answer = ask("POST", "/sobjects/Account", {"Name": "x"}, {"Content-Type": "text/plain"})
    assert answer.status == 415


def test_without_a_session_nothing_is_answered(ask: Any) -> None:
    for header in ("", "Bearer wrong", "Basic " + ask.session):
        answer = ask("GET", "/limits", headers={"Authorization": header})
        assert (answer.status, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_hidden_field_is_as_good_as_absent_and_a_read_only_one_says_so(org: Crm, raw: Any) -> None:
    org.settings(hidden_fields="Account.Phone", read_only_fields="Account.Site")
    fields = {f["name"]: f for f in raw("GET", "/sobjects/Account/describe").json()["fields"]}
    assert "Phone" not in fields
    assert (fields["Site"]["updateable"], fields["Fax"]["updateable"]) == (False, True)
    assert "No such column 'Phone'" in raw.query("SELECT Phone FROM Account").json()[0]["message"]
    assert raw.query("SELECT Id FROM Account WHERE Phone = null").status == 400
    assert raw("PATCH", "/composite/sobjects", {
        "records": [{"attributes": {"type": "Account"}, "id": raw.ids("SELECT Id FROM Account")[0], "Phone": "1"}]
    }).json()[0]["errorCode"] == "INVALID_FIELD"  # fmt: skip


def test_a_field_made_by_tooling_is_invisible_until_a_permission_set_grants_it(org: Crm, raw: Any) -> None:
    made = raw("POST", "/tooling/sobjects/CustomField/", FIELD)
    assert made.status == 201
    assert raw.query("SELECT Touches__c FROM Account").json()[0]["errorCode"] == "INVALID_FIELD"
    user = raw.ids("SELECT Id FROM User WHERE Username = 'integration@sandbox.example.com'")[0]
    granted = {"Name": "Territory", "Label": "Territory"}
    set_id = raw("POST", "/sobjects/PermissionSet", granted).json()["id"]
    rights = {"SobjectType": "Account", "Field": "Account.Touches__c", "PermissionsRead": True}
    permissions = raw(
        "POST", "/sobjects/FieldPermissions", {"ParentId": set_id, "PermissionsEdit": False, **rights}
    )
    assert raw.query("SELECT Touches__c FROM Account").status == 400
    raw("POST", "/sobjects/PermissionSetAssignment", {"PermissionSetId": set_id, "AssigneeId": user})
    assert raw.query("SELECT Touches__c FROM Account").status == 200
    id = raw.ids("SELECT Id FROM Account")[0]
    refused = raw.batch({"id": id, "Touches__c": 5})[0]["errors"][0]
    assert refused["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    raw("PATCH", f"/sobjects/FieldPermissions/{permissions.json()['id']}", {"PermissionsEdit": True})
    assert raw.batch({"id": id, "Touches__c": 5})[0]["success"]
    assert raw.records(f"SELECT Touches__c FROM Account WHERE Id = '{id}'")[0]["Touches__c"] == 5


def test_tooling_finds_the_fields_that_were_made_and_makes_none_twice(org: Crm, raw: Any) -> None:
    raw("POST", "/tooling/sobjects/CustomField", FIELD)
    found = raw(
        "GET", "/tooling/query/?q=SELECT+Id,FullName,Metadata+FROM+CustomField+WHERE+DeveloperName='Touches'"
    )
    [record] = found.json()["records"]
    assert (record["FullName"], record["Metadata"]["label"]) == ("Account.Touches__c", "Touches")
    again = raw("POST", "/tooling/sobjects/CustomField", FIELD)
    assert (again.status, again.json()[0]["errorCode"]) == (400, "DUPLICATE_DEVELOPER_NAME")
    for wrong in (
        {"FullName": "Account.touches"},
        {"FullName": "Acount.A__c"},
        {"Metadata": {"type": "Number", "label": "x"}},
    ):
        assert (
            raw(
                "POST", "/tooling/sobjects/CustomField", {**FIELD, "FullName": "Account.B__c", **wrong}
            ).status
            == 400
        )


def test_locked_rows_are_named_one_by_one_or_every_nth(org: Crm, raw: Any) -> None:
    ids = raw.ids("SELECT Id FROM Account")[:6]
    rows = [{"id": id, "Site": "a"} for id in ids]
    org.fault("row_lock", path="/composite", ids=[ids[2][:15]])
    assert [r["success"] for r in raw.batch(*rows)] == [True, True, False, True, True, True]
    org.fault("row_lock", path="/composite", every=3)
    results = raw.batch(*rows)
    assert [r["success"] for r in results] == [True, True, False, True, True, False]
    assert results[2]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


def test_half_a_batch_is_carried_out_before_a_500(org: Crm, raw: Any) -> None:
    ids = raw.ids("SELECT Id FROM Account")[:4]
    org.fault("half_batch", path="/composite")
    rows = [{"attributes": {"type": "Account"}, "id": id, "Site": "half"} for id in ids]
    answer = raw("PATCH", "/composite/sobjects", {"records": rows}, {"Sforce-Auto-Assign": "FALSE"})
    assert answer.status == 500
    sites = {row["Id"]: row["Site"] for row in org.records("Account")}
    assert [sites[id] for id in ids] == ["half", "half", None, None]


def test_pages_can_come_short_and_results_in_the_wrong_order(org: Crm, raw: Any) -> None:
    org.fault("short_page", path="/query")
    short = raw.query("SELECT Id FROM Account").json()
    assert (short["totalSize"], len(short["records"]), short["done"]) == (30, 15, True)
    ids = raw.ids("SELECT Id FROM Account")
    org.fault("wrong_order", path="/composite")
    results = [r["id"] for r in raw.batch(*({"id": id, "Site": "a"} for id in ids))]
    assert results != ids
    assert sorted(results) == sorted(ids)


@pytest.mark.parametrize(
    ("kind", "details", "status", "code"),
    [
        ("unavailable", {}, 503, "SERVER_UNAVAILABLE"),
        ("quota", {}, 403, "REQUEST_LIMIT_EXCEEDED"),
        ("rate_limit", {}, 429, "REQUEST_LIMIT_EXCEEDED"),
        ("rate_limit", {"shape": "concurrent"}, 403, "REQUEST_LIMIT_EXCEEDED"),
        ("status", {"status": 502}, 502, "UNKNOWN_EXCEPTION"),
    ],
)
def test_faults_speak_salesforces_words(
    org: Crm, raw: Any, kind: str, details: dict[str, Any], status: int, code: str
) -> None:
    org.fault(kind, **details)
    answer = raw("GET", "/limits")
    assert (answer.status, answer.json()[0]["errorCode"]) == (status, code)
    assert raw("GET", "/limits").status == 200


def test_a_new_checkbox_is_false_on_every_record_there_was(org: Crm, raw: Any) -> None:
    metadata = {"type": "Checkbox", "label": "Named", "defaultValue": False}
    raw("POST", "/tooling/sobjects/CustomField", {"FullName": "Account.Named__c", "Metadata": metadata})
    profile = raw.ids("SELECT Id FROM PermissionSet")[0]
    right = {"ParentId": profile, "SobjectType": "Account", "Field": "Account.Named__c"}
    raw("POST", "/sobjects/FieldPermissions", {**right, "PermissionsRead": True, "PermissionsEdit": True})
    assert len(raw.ids("SELECT Id FROM Account WHERE Named__c = false")) == 30
