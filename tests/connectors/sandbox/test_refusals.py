"""What an org's own admin forbids: validation rules, required and unique fields; and what its set-up lists say."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from connectors.sandbox import Crm
from tests.connectors.sandbox.soap import Soap

RULE = "Account|OwnerId|Industry = null AND Site = 'new'|An account without an industry stays where it is"


def tooling(raw: Any, query: str) -> list[dict[str, Any]]:
    answer = raw("GET", "/tooling/query/?" + urlencode({"q": query}))
    assert answer.status == 200, answer.data
    return list(answer.json()["records"])


def bare(org: Crm) -> str:
    id = str(org.records("Account")[0]["Id"])
    org.edit("Account", id, {"Industry": None})
    return id


def custom(raw: Any, org: Crm, name: str, **metadata: Any) -> None:
    body = {
        "FullName": f"Account.{name}",
        "Metadata": {"type": "Text", "label": name, "length": 40, **metadata},
    }
    assert raw("POST", "/tooling/sobjects/CustomField", body).status == 201
    [set_id] = [s["Id"] for s in org.records("PermissionSet") if s["IsOwnedByProfile"]]
    grant = {"ParentId": set_id, "SobjectType": "Account", "Field": f"Account.{name}", "PermissionsRead": True,
             "PermissionsEdit": True}  # fmt: skip
    raw("POST", "/sobjects/FieldPermissions", grant)


def test_a_validation_rule_refuses_the_row_that_meets_it_and_no_other(org: Crm, raw: Any) -> None:
    one, two = bare(org), str(org.records("Account")[1]["Id"])
    org.edit("Account", two, {"Industry": "Banking"})
    org.settings(validation_rules=RULE)
    before = len(org.history("Account"))
    refused, written = raw.batch({"id": one, "Site": "new"}, {"id": two, "Site": "new"})
    assert refused["errors"] == [
        {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["OwnerId"],
         "message": "An account without an industry stays where it is"}
    ]  # fmt: skip
    assert written["success"] is True
    assert [row["id"] for row in org.history("Account")[before:]] == [two]


def test_a_rule_takes_an_owner_change_back_with_all_that_followed_it(org: Crm) -> None:
    id, soap = bare(org), Soap(org)
    new = next(u["Id"] for u in org.records("User") if u["Username"].startswith("rep1@"))
    member = soap.row({"AccountId": id, "UserId": new}, "AccountTeamMember")
    soap.call(f"<u:create>{member}</u:create>")
    org.settings(validation_rules="Account||Industry = null|No industry")
    [row] = soap.update({"Id": id, "OwnerId": new}).rows()
    assert row["errors"][0]["statusCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert len(org.records("AccountTeamMember")) == 1


def test_tooling_lists_the_validation_rules_of_an_object(org: Crm, raw: Any) -> None:
    query = "SELECT ValidationName, Active, ErrorDisplayField, ErrorMessage FROM ValidationRule WHERE {}"
    of_accounts = query.format("EntityDefinition.QualifiedApiName = 'Account'")
    assert tooling(raw, of_accounts) == []
    org.settings(validation_rules=RULE)
    [rule] = tooling(raw, of_accounts)
    assert (rule["Active"], rule["ErrorDisplayField"]) == (True, "OwnerId")
    assert tooling(raw, query.format("EntityDefinition.QualifiedApiName = 'Opportunity'")) == []


def test_tooling_lists_the_options_of_an_owner_change(org: Crm, raw: Any) -> None:
    query = (
        "SELECT Id, Name, Label, IsEditable, DefaultValue, EntityDefinition.QualifiedApiName"
        " FROM OwnerChangeOptionInfo WHERE EntityDefinition.QualifiedApiName = 'Account'"
    )
    rows = {row["Name"]: row for row in tooling(raw, query)}
    others = rows["TransferOthersOpenOpportunities"]
    assert others["Id"] == "000000000000000AAA"
    assert others["EntityDefinition"]["QualifiedApiName"] == "Account"
    assert (others["IsEditable"], others["DefaultValue"]) == (True, False)
    assert "KeepAccountTeam" in rows
    org.settings(account_teams=False)
    assert "KeepAccountTeam" not in {row["Name"] for row in tooling(raw, query)}


def test_a_required_field_is_demanded_and_a_unique_one_is_guarded(org: Crm, raw: Any) -> None:
    custom(raw, org, "Code__c", unique=True)
    custom(raw, org, "Needed__c", required=True)
    one, two = (str(a["Id"]) for a in org.records("Account")[:2])
    assert raw.batch({"id": one, "Code__c": "x"})[0]["success"]
    [twice] = raw.batch({"id": two, "Code__c": "X"})
    assert twice["errors"][0] == {
        "statusCode": "DUPLICATE_VALUE", "fields": ["Code__c"],
        "message": f"duplicate value found: Code__c duplicates value on record with id: {one}",
    }  # fmt: skip
    assert raw.batch({"id": one, "Code__c": "x"})[0]["success"]
    missing = raw("POST", "/sobjects/Account", {"Name": "Kim & Co"}).json()[0]
    assert (missing["errorCode"], missing["fields"]) == ("REQUIRED_FIELD_MISSING", ["Needed__c"])
    described = {f["name"]: f for f in raw("GET", "/sobjects/Account/describe").json()["fields"]}
    assert (described["Code__c"]["unique"], described["Needed__c"]["nillable"]) == (True, False)


def test_a_validation_rule_holds_for_new_records_but_not_for_the_one_who_keeps_the_org(
    org: Crm, raw: Any
) -> None:
    before = len(org.records("Account"))
    org.settings(validation_rules="Account||Industry = null|No industry")
    refused = raw("POST", "/sobjects/Account", {"Name": "Kim & Co"})
    assert refused.json()[0]["errorCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert len(org.records("Account")) == before
    assert raw("POST", "/sobjects/Account", {"Name": "Kim & Co", "Industry": "Banking"}).status == 201
    bare(org)
