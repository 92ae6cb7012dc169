"""What a write does to an org, and what it is refused for."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import Crm


def account(org: Crm, id: str) -> dict[str, Any]:
    return next(row for row in org.records("Account") if row["Id"] == id)


def some_account(org: Crm, number: int = 0) -> str:
    return str(org.records("Account")[number]["Id"])


def rep(org: Crm, *, active: bool = True) -> str:
    return next(
        u["Id"] for u in org.records("User") if u["Username"].startswith("rep") and u["IsActive"] is active
    )


def admin(org: Crm) -> str:
    return next(u["Id"] for u in org.records("User") if u["Username"].startswith("admin"))


def test_an_owner_change_moves_the_account_and_nothing_else(org: Crm, raw: Any) -> None:
    id = next(t["AccountId"] for t in org.records("Task"))
    others = {kind: org.records(kind) for kind in ("Task", "Event", "Opportunity")}
    new = next(
        u["Id"] for u in org.records("User") if u["IsActive"] and u["Id"] != account(org, id)["OwnerId"]
    )
    assert raw.batch({"id": id, "OwnerId": new}) == [{"id": id, "success": True, "errors": []}]
    assert account(org, id)["OwnerId"] == new
    assert others == {kind: org.records(kind) for kind in others}


@pytest.mark.parametrize("header", [None, "TRUE"])
def test_a_client_that_forgets_auto_assign_sees_the_orgs_rule_undo_its_owner(
    org: Crm, raw: Any, header: str | None
) -> None:
    id, new = some_account(org), rep(org)
    raw.batch({"id": id, "OwnerId": new}, assign=header)
    assert account(org, id)["OwnerId"] == admin(org) != new
    assert org.history("Account", id)[-1]["actor"] == "assignment rule"
    org.settings(assignment_rule=False)
    raw.batch({"id": id, "OwnerId": new}, assign=header)
    assert account(org, id)["OwnerId"] == new


def test_an_accepted_update_moves_the_stamps_even_when_it_changes_nothing(org: Crm, raw: Any) -> None:
    id = some_account(org)
    before = account(org, id)
    assert raw.batch({"id": id, "Name": before["Name"]})[0]["success"]
    after = account(org, id)
    assert after["SystemModstamp"] == after["LastModifiedDate"] > before["SystemModstamp"]
    assert after["SystemModstamp"].endswith(".000Z")
    [row] = org.history("Account", id)
    assert (row["field"], row["old"], row["new"]) == ("Name", before["Name"], before["Name"])


def test_one_bad_row_leaves_the_others_written_and_results_keep_their_order(org: Crm, raw: Any) -> None:
    one, two, three = (some_account(org, n) for n in range(3))
    bad = {"id": two, "OwnerId": "005Su00000zzzzz"}
    first, second, third = raw.batch({"id": one, "Site": "a"}, bad, {"id": three, "Site": "c"})
    assert (first["id"], third["id"]) == (one, three)
    assert second["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert [account(org, id)["Site"] for id in (one, two, three)] == ["a", None, "c"]


def test_all_or_none_takes_back_what_was_written(org: Crm, raw: Any) -> None:
    one, two = some_account(org, 0), some_account(org, 1)
    first, second = raw.batch({"id": one, "Site": "a"}, {"id": two, "Name": ""}, all_or_none=True)
    assert first["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert second["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert account(org, one)["Site"] is None
    assert org.history() == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Name": "x" * 256}, "STRING_TOO_LONG"),
        ({"Name": None}, "REQUIRED_FIELD_MISSING"),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"CleanStatus": "Spotless"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"AnnualRevenue": 1e18}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"OwnerId": "not an id"}, "MALFORMED_ID"),
        ({"OwnerId": "001Su0000000001IAA"}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"OwnerId": "INACTIVE"}, "INACTIVE_OWNER_OR_USER"),
        ({"ParentId": "SELF"}, "CIRCULAR_DEPENDENCY"),
        ({"ParentId": "001Su0000000zzz"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"ParentId": "DELETED"}, "ENTITY_IS_DELETED"),
    ],
)
def test_a_row_is_refused_with_salesforces_code_and_left_alone(
    org: Crm, raw: Any, values: dict[str, Any], code: str
) -> None:
    id, deleted = some_account(org), some_account(org, 5)
    org.edit("Account", deleted, {"IsDeleted": True})
    named = {"INACTIVE": rep(org, active=False), "SELF": id, "DELETED": deleted}
    before = account(org, id)
    [result] = raw.batch({"id": id, **{k: named.get(str(v), v) for k, v in values.items()}})
    assert result["success"] is False
    assert result["errors"][0]["statusCode"] == code
    assert account(org, id) == before
    assert org.history("Account", id) == []


def test_missing_deleted_strange_and_repeated_ids_are_refused_row_by_row(org: Crm, raw: Any) -> None:
    good, deleted = some_account(org), some_account(org, 1)
    org.edit("Account", deleted, {"IsDeleted": True})
    user = rep(org)
    rows = [
        {"id": good},
        {"id": good[:15]},
        {"id": deleted},
        {"id": user},
        {"id": "x"},
        {},
        {"id": "001Su00000zzzzz"},
    ]
    found = [r["errors"][0]["statusCode"] if r["errors"] else "" for r in raw.batch(*rows)]
    assert found == [
        "", "DUPLICATE_VALUE", "ENTITY_IS_DELETED", "MALFORMED_ID", "MALFORMED_ID", "MISSING_ARGUMENT",
        "INVALID_CROSS_REFERENCE_KEY",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Nmae": "x"}, "INVALID_FIELD"),
        ({"Name": 5}, "JSON_PARSER_ERROR"),
        ({"NumberOfEmployees": "many"}, "JSON_PARSER_ERROR"),
        ({"NumberOfEmployees": 1.5}, "JSON_PARSER_ERROR"),
        ({"AnnualRevenue": True}, "JSON_PARSER_ERROR"),
        ({"attributes": {"type": "Acount"}}, "NOT_FOUND"),
        ({"attributes": {}}, "NOT_FOUND"),
    ],
)
def test_what_salesforces_parser_refuses_fails_the_whole_call(
    org: Crm, raw: Any, values: dict[str, Any], code: str
) -> None:
    rows = [
        {"attributes": {"type": "Account"}, "id": some_account(org), "Site": "a"},
        {"attributes": {"type": "Account"}, "id": some_account(org, 1), **values},
    ]
    answer = raw("PATCH", "/composite/sobjects", {"records": rows}, {"Sforce-Auto-Assign": "FALSE"})
    assert answer.status in (400, 404)
    assert answer.json()[0]["errorCode"] == code
    assert org.history() == []


def test_two_hundred_records_and_ten_chunks_are_the_most(org: Crm, raw: Any) -> None:
    row = {"attributes": {"type": "Account"}, "id": some_account(org)}
    other = {"attributes": {"type": "Contact"}, "id": "003Su0000000001"}
    for rows in ([row] * 201, [row, other] * 6, []):
        answer = raw("PATCH", "/composite/sobjects", {"records": rows})
        assert answer.status == 400, rows[:2]
    assert raw("PATCH", "/composite/sobjects", b"{not json").json()[0]["errorCode"] == "JSON_PARSER_ERROR"
    mixed = [row, {"attributes": {"type": "User"}, "id": rep(org)}]
    assert (
        raw("PATCH", "/composite/sobjects", {"records": mixed}).json()[0]["errorCode"]
        == "MIXED_DML_OPERATION"
    )


def test_numbers_are_taken_as_text_and_rounded_to_their_scale(org: Crm, raw: Any) -> None:
    id = some_account(org)
    assert raw.batch({"id": id, "NumberOfEmployees": "10000", "AnnualRevenue": 12.5})[0]["success"]
    assert (account(org, id)["NumberOfEmployees"], account(org, id)["AnnualRevenue"]) == (10_000, 13.0)


def test_an_etag_guards_one_account_against_a_change_in_between(org: Crm, raw: Any) -> None:
    id = some_account(org)
    path, no_rule = f"/sobjects/Account/{id}", {"Sforce-Auto-Assign": "FALSE"}
    tag = raw("GET", path).headers["etag"]
    assert raw("PATCH", path, {"Site": "a"}, {"If-Match": tag, **no_rule}).status == 204
    refused = raw("PATCH", path, {"Site": "b"}, {"If-Match": tag, **no_rule})
    assert (refused.status, account(org, id)["Site"]) == (412, "a")


def test_a_task_takes_its_account_from_what_it_is_about(org: Crm, raw: Any) -> None:
    deal = next(o for o in org.records("Opportunity") if o["AccountId"])
    made = raw(
        "POST", "/sobjects/Task", {"Subject": "Call", "WhatId": deal["Id"], "Status": "Completed"}
    ).json()["id"]
    task = next(t for t in org.records("Task") if t["Id"] == made)
    assert (task["AccountId"], task["IsClosed"]) == (deal["AccountId"], True)
    won = raw("PATCH", f"/sobjects/Opportunity/{deal['Id']}", {"StageName": "Closed Won"})
    deal = next(o for o in org.records("Opportunity") if o["Id"] == deal["Id"])
    assert (won.status, deal["IsWon"], deal["IsClosed"], deal["Probability"]) == (204, True, True, 100)


def test_a_person_is_not_bound_by_the_integration_users_rights(org: Crm, raw: Any) -> None:
    id = some_account(org)
    org.settings(read_only_fields="Account.Site")
    assert (
        raw.batch({"id": id, "Site": "api"})[0]["errors"][0]["statusCode"]
        == "INVALID_FIELD_FOR_INSERT_UPDATE"
    )
    org.edit("Account", id, {"Site": "mine"}, actor="kim")
    assert account(org, id)["Site"] == "mine"
    assert org.history("Account", id)[0]["actor"] == "kim"


def test_an_owner_change_by_api_deletes_the_accounts_team_and_manual_shares(org: Crm, raw: Any) -> None:
    one, other = some_account(org, 0), some_account(org, 1)
    for id in (one, other):
        raw("POST", "/sobjects/AccountTeamMember", {"AccountId": id, "UserId": rep(org)})
        share = {
            "AccountId": id,
            "UserOrGroupId": rep(org),
            "AccountAccessLevel": "Edit",
            "OpportunityAccessLevel": "None",
        }
        assert raw("POST", "/sobjects/AccountShare", {**share, "RowCause": "Manual"}).status == 201
    raw.batch({"id": one, "OwnerId": admin(org)}, {"id": other, "Site": "a"})
    assert [r["AccountId"] for r in org.records("AccountTeamMember")] == [other]
    shares = [(r["AccountId"], r["RowCause"]) for r in org.records("AccountShare")]
    assert sorted(shares) == [(other, "Manual"), (other, "Team")]


def test_the_duplicate_rule_yields_to_its_header(org: Crm, raw: Any) -> None:
    org.settings(duplicate_rule=True)
    one, two = org.records("Account")[:2]
    [refused] = raw.batch({"id": one["Id"], "Name": two["Name"].upper()})
    assert refused["errors"] == [
        {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    ]
    assert raw.batch({"id": one["Id"], "Name": one["Name"]})[0]["success"]
    headers = {"Sforce-Duplicate-Rule-Header": "allowSave=true", "Sforce-Auto-Assign": "FALSE"}
    assert raw("PATCH", f"/sobjects/Account/{one['Id']}", {"Name": two["Name"]}, headers).status == 204
