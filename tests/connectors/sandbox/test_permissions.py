"""What the connecting user may not do, and what it is told: objects, fields, records, transfers, the API itself."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import Crm
from tests.connectors.sandbox.soap import Soap


def take(org: Crm, object: str, where: dict[str, Any], *flags: str) -> None:
    """Sets permissions to false in the records that hold them."""
    [row] = [r for r in org.records(object) if all(r[k] == v for k, v in where.items())]
    org.edit(object, row["Id"], {f"Permissions{flag}": False for flag in flags})


def take_from_user(org: Crm, *flags: str) -> None:
    take(org, "PermissionSet", {"IsOwnedByProfile": True}, *flags)


def take_from_object(org: Crm, object: str, *flags: str) -> None:
    take(org, "ObjectPermissions", {"SobjectType": object}, *flags)


def least(org: Crm) -> None:
    """Reads and edits accounts as sharing allows, and transfers none."""
    take_from_object(org, "Account", "ModifyAllRecords", "ViewAllRecords")
    take_from_user(org, "TransferAnyEntity")


def users(org: Crm) -> tuple[str, str]:
    """The connecting user and a rep."""
    by_name = {u["Username"].partition("@")[0]: u["Id"] for u in org.records("User")}
    return by_name["integration"], by_name["rep1"]


def theirs(org: Crm) -> str:
    me, _ = users(org)
    return next(str(a["Id"]) for a in org.records("Account") if a["OwnerId"] != me)


def code(result: dict[str, Any]) -> str:
    return str(result["errors"][0]["statusCode"]) if result["errors"] else ""


def test_an_object_that_may_not_be_read_does_not_exist(org: Crm, raw: Any) -> None:
    take_from_object(
        org, "Opportunity", "Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords"
    )
    assert raw.query("SELECT Id FROM Opportunity").json()[0]["errorCode"] == "INVALID_TYPE"
    assert raw("GET", "/sobjects/Opportunity/describe").status == 404
    assert "Opportunity" not in [o["name"] for o in raw("GET", "/sobjects").json()["sobjects"]]
    assert len(org.records("Opportunity")) > 0


def test_describe_says_what_may_be_done_with_an_object(org: Crm, raw: Any) -> None:
    take_from_object(org, "Account", "Create", "Edit", "Delete", "ModifyAllRecords")
    told = raw("GET", "/sobjects/Account/describe").json()
    assert [told[k] for k in ("queryable", "createable", "updateable", "deletable")] == [
        True,
        False,
        False,
        False,
    ]
    assert not any(field["updateable"] for field in told["fields"])


def test_without_edit_no_row_is_written_whichever_way_it_comes(org: Crm, raw: Any) -> None:
    take_from_object(org, "Account", "Edit", "Delete", "ModifyAllRecords")
    id = theirs(org)
    assert code(raw.batch({"id": id, "Site": "a"})[0]) == "INSUFFICIENT_ACCESS_OR_READONLY"
    [row] = Soap(org).update({"Id": id, "Site": "a"}).rows()
    assert row["errors"][0]["message"] == "insufficient access rights on object id"
    assert (
        raw("PATCH", f"/sobjects/Account/{id}", {"Site": "a"}).json()[0]["errorCode"]
        == "INSUFFICIENT_ACCESS_OR_READONLY"
    )
    assert org.history("Account") == []


def test_somebody_elses_account_is_given_away_only_with_the_right_to_transfer(org: Crm, raw: Any) -> None:
    me, rep = users(org)
    mine = next(a["Id"] for a in org.records("Account") if a["OwnerId"] == me)
    least(org)
    refused, kept = raw.batch({"id": theirs(org), "OwnerId": rep}, {"id": mine, "OwnerId": rep})
    assert (code(refused), code(kept)) == ("INSUFFICIENT_ACCESS_OR_READONLY", "")
    assert code(raw.batch({"id": theirs(org), "Site": "a"})[0]) == ""


@pytest.mark.parametrize("sharing", ["private", "read", "read_write"])
def test_sharing_says_which_accounts_are_seen_and_which_are_changed(org: Crm, raw: Any, sharing: str) -> None:
    me, _ = users(org)
    id, everything = theirs(org), {a["Id"] for a in org.records("Account")}
    own = {a["Id"] for a in org.records("Account") if a["OwnerId"] == me}
    least(org)
    org.settings(account_sharing=sharing)
    private = sharing == "private"
    assert set(raw.ids("SELECT Id FROM Account")) == (own if private else everything)
    assert raw("GET", f"/sobjects/Account/{id}").status == (404 if private else 200)
    told = code(raw.batch({"id": id, "Site": "a"})[0])
    assert told == {"private": "INVALID_CROSS_REFERENCE_KEY", "read": "INSUFFICIENT_ACCESS_OR_READONLY"}.get(
        sharing, ""
    )


def test_a_share_opens_a_private_account_as_far_as_it_says(org: Crm, raw: Any) -> None:
    me, _ = users(org)
    id = theirs(org)
    share = {
        "AccountId": id,
        "UserOrGroupId": me,
        "AccountAccessLevel": "Read",
        "OpportunityAccessLevel": "None",
    }
    made = raw("POST", "/sobjects/AccountShare", share).json()["id"]
    least(org)
    org.settings(account_sharing="private")
    assert id in raw.ids("SELECT Id FROM Account")
    assert code(raw.batch({"id": id, "Site": "a"})[0]) == "INSUFFICIENT_ACCESS_OR_READONLY"
    org.edit("AccountShare", made, {"AccountAccessLevel": "Edit"})
    assert code(raw.batch({"id": id, "Site": "a"})[0]) == ""


def test_a_row_may_not_lead_to_a_record_that_is_not_seen(org: Crm, raw: Any) -> None:
    least(org)
    org.settings(account_sharing="private")
    made = raw("POST", "/sobjects/Contact", {"LastName": "Kim", "AccountId": theirs(org)})
    assert made.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"


def test_deals_of_private_accounts_are_hidden_with_them_also_inside_other_queries(org: Crm, raw: Any) -> None:
    me, _ = users(org)
    least(org)
    take_from_object(org, "Opportunity", "ViewAllRecords", "ModifyAllRecords")
    org.settings(account_sharing="private")
    own = {a["Id"] for a in org.records("Account") if a["OwnerId"] == me}
    seen = {o["Id"] for o in org.records("Opportunity") if o["OwnerId"] == me or o["AccountId"] in own}
    assert set(raw.ids("SELECT Id FROM Opportunity")) == seen
    inside = "SELECT Id FROM User WHERE Id IN (SELECT OwnerId FROM Account)"
    assert raw.ids(inside) == [me]


def test_an_owner_who_may_not_read_accounts_is_refused_unless_nobody_asks(org: Crm, raw: Any) -> None:
    _, rep = users(org)
    org.settings(owners_without_read=rep)
    change = {"id": theirs(org), "OwnerId": rep}
    [refused] = raw.batch(change)
    assert refused["errors"][0]["message"] == "The new owner must have read permission"
    enforced = Soap(org).update(
        {"Id": change["id"], "OwnerId": rep}, options=["EnforceNewOwnerHasReadAccess"]
    )
    assert enforced.texts("statusCode") == ["TRANSFER_REQUIRES_READ"]
    assert Soap(org).update({"Id": change["id"], "OwnerId": rep}, options=["KeepAccountTeam"]).texts(
        "success"
    ) == ["true"]


def test_without_the_api_permission_nothing_is_answered(org: Crm, raw: Any) -> None:
    take_from_user(org, "ApiEnabled")
    assert (raw("GET", "/limits").status, raw("GET", "/limits").json()[0]["errorCode"]) == (
        403,
        "API_CURRENTLY_DISABLED",
    )
    assert Soap(org).update({"Id": theirs(org)}).text("faultcode") == "sf:API_CURRENTLY_DISABLED"


def test_another_permission_set_adds_what_the_profile_lacks(org: Crm, raw: Any) -> None:
    me, rep = users(org)
    least(org)
    change = {"id": theirs(org), "OwnerId": rep}
    assert code(raw.batch(change)[0]) == "INSUFFICIENT_ACCESS_OR_READONLY"
    more = {"Name": "Mover", "Label": "Mover", "PermissionsTransferAnyEntity": True}
    made = raw("POST", "/sobjects/PermissionSet", more).json()["id"]
    assert (
        raw("POST", "/sobjects/PermissionSetAssignment", {"PermissionSetId": made, "AssigneeId": me}).status
        == 201
    )
    assert code(raw.batch(change)[0]) == ""


def test_a_person_in_the_screens_is_not_the_connecting_user(org: Crm) -> None:
    _, rep = users(org)
    least(org)
    take_from_object(org, "Account", "Edit", "Delete")
    org.edit("Account", theirs(org), {"OwnerId": rep}, actor="kim")
    assert org.history("Account")[0]["actor"] == "kim"
