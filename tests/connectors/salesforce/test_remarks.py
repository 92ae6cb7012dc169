"""What doctor says of an org: the very permission that is missing, and what a night will meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Remark
from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import RecordKind
from connectors.retry import RetryPolicy
from connectors.salesforce import plugin
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.preparing.asking import Asking
from connectors.salesforce.preparing.org_remarks import OrgRemarks
from connectors.salesforce.preparing.shape import Shape
from connectors.salesforce.wire.client import Client
from tests.connectors.salesforce.conftest import ENVIRONMENT, OUTPUTS, SalesforceWorld

ACCOUNTS = 60


@pytest.fixture
def world(org: SalesforceWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceWorld]:
    for name, variable in ENVIRONMENT.items():
        monkeypatch.setenv(variable, org.credentials[name])
    kept = {row["Id"]: row for row in org.crm.records("PermissionSet")}
    yield org
    org.crm.settings(hidden_fields="", read_only_fields="")
    for id, row in kept.items():
        org.crm.edit("PermissionSet", id, {k: v for k, v in row.items() if k.startswith("Permissions")})
    for row in org.crm.records("ObjectPermissions"):
        flags = {k: True for k in row if k.startswith("Permissions")}
        org.crm.edit("ObjectPermissions", row["Id"], flags)


def said(world: SalesforceWorld, *, writing: bool = True, **changes: Any) -> list[Remark]:
    mapping = plugin.default_fields().with_fields(RecordKind.ACCOUNTS, OUTPUTS)
    mine = SalesforceConnector(world.settings(**changes), mapping, RetryPolicy(sleep=lambda seconds: None))
    return mine.remarks(writing=writing)


def wrong(remarks: list[Remark]) -> list[str]:
    return [remark.message for remark in remarks if not remark.ok]


def about(remarks: list[Remark], what: str) -> list[str]:
    return [remark.message for remark in remarks if remark.what == what]


def take(world: SalesforceWorld, object: str, values: dict[str, Any], **where: Any) -> None:
    for row in world.crm.records(object):
        if all(row[name] == value for name, value in where.items()):
            world.crm.edit(object, row["Id"], values)


def test_an_org_that_lacks_nothing_stops_nothing(world: SalesforceWorld) -> None:
    found = said(world)
    assert wrong(found) == []
    assert about(found, "accounts")[0].startswith("our user sees ")


def test_a_permission_of_the_user_is_named_as_setup_shows_it(world: SalesforceWorld) -> None:
    take(world, "PermissionSet", {"PermissionsActivitiesAccess": False})
    [message] = wrong(said(world))
    assert message.startswith("our user lacks Access Activities (reading tasks and events): grant it in")


def test_transfer_record_is_not_needed_by_whom_may_modify_all_accounts(world: SalesforceWorld) -> None:
    take(world, "PermissionSet", {"PermissionsTransferAnyEntity": False})
    assert wrong(said(world)) == []
    take(world, "ObjectPermissions", {"PermissionsModifyAllRecords": False}, SobjectType="Account")
    found = said(world)
    assert [m.partition(" (")[0] for m in wrong(found)] == ["our user lacks Transfer Record"]
    assert any("lacks Account: Modify All" in m for m in about(found, "permission"))
    assert wrong(said(world, writing=False)) == [], "reading needs neither"


def test_view_all_that_is_missing_is_told(world: SalesforceWorld) -> None:
    flags = {"PermissionsViewAllRecords": False, "PermissionsModifyAllRecords": False}
    take(world, "ObjectPermissions", flags, SobjectType="Opportunity")
    assert any("lacks Opportunity: View All" in m for m in about(said(world), "permission"))


def test_a_hidden_field_is_named_with_the_access_to_grant(world: SalesforceWorld) -> None:
    world.crm.settings(
        hidden_fields="Account.Industry,Account.BillingCity", read_only_fields="Account.Score__c"
    )
    messages = wrong(said(world))
    assert any(
        m.startswith("Account.Industry is there and our user may not read it: grant Read") for m in messages
    )
    assert any(
        m.startswith("Account.BillingAddress is there") and "(it hides BillingCity)" in m for m in messages
    )
    assert any("Account.Score__c" in m and "grant Read and Edit" in m for m in messages)


def test_accounts_of_people_who_left_are_counted(world: SalesforceWorld) -> None:
    gone = {user["Id"] for user in world.crm.records("User") if not user["IsActive"]}
    inactive = sum(row["OwnerId"] in gone and not row["IsDeleted"] for row in world.crm.records("Account"))
    assert inactive
    assert f"{inactive:,} accounts belong to users who are inactive" in about(said(world), "owners")


class Counted(Asking):
    """An org whose accounts are counted per owner."""

    def records(self, query: str, *, tooling: bool = False) -> list[dict[str, Any]] | None:
        assert "HAVING COUNT(Id) > 8000" in query
        return [{"OwnerId": "005A", "held": 8_400}, {"OwnerId": "005B", "held": 31_000}]

    def count(self, query: str) -> int:
        return 0


def test_owners_with_more_accounts_than_salesforce_advises_are_named(world: SalesforceWorld) -> None:
    client = Client(world.settings(), RetryPolicy(sleep=lambda seconds: None))
    found = list(OrgRemarks(Counted(client), Shape(client), world.settings())._owners())
    assert [r.message.partition(";")[0] for r in found] == [
        "005A has 8,400 accounts",
        "005B has 31,000 accounts",
    ]


def test_kinds_of_orgs_are_told_as_they_are_switched_on(world: SalesforceWorld) -> None:
    assert about(said(world), "org") == []
    world.crm.settings(multi_currency=True, person_accounts=True)
    try:
        found = about(said(world), "org")
    finally:
        world.crm.settings(multi_currency=False, person_accounts=False)
    assert any("several currencies" in m for m in found)
    assert any("person accounts" in m for m in found)


def test_a_version_that_the_instance_does_not_serve_stops(world: SalesforceWorld) -> None:
    assert any("does not serve" in m for m in wrong(_version_only(world, "99.0")))
    assert any("46.0 is old" in m for m in about(_version_only(world, "46.0"), "API version"))


def _version_only(world: SalesforceWorld, version: str) -> list[Remark]:
    client = Client(world.settings(), RetryPolicy(sleep=lambda seconds: None))
    settings = world.settings(api_version=version)
    return list(OrgRemarks(Asking(client), Shape(client), settings)._version())


def test_the_way_of_owner_changes_is_told_and_one_that_loses_teams_stops(world: SalesforceWorld) -> None:
    assert about(said(world), "owner changes")[0].startswith("by soap: the org has account teams")
    refused = said(world, owner_change={"way": "collections"})
    assert any("deletes the account teams" in m for m in wrong(refused))
    assert about(said(world, writing=False), "owner changes") == []


def test_words_that_an_admin_changed_are_told_and_left(world: SalesforceWorld) -> None:
    labelled = MappedField(
        "score", "Score__c", FieldType.NUMBER, FieldRole.OUTPUT, "Score", "How good it is."
    )
    mapping = plugin.default_fields().with_fields(RecordKind.ACCOUNTS, [labelled])
    mine = SalesforceConnector(world.settings(), mapping, RetryPolicy(sleep=lambda seconds: None))
    [message] = [r.message for r in mine.remarks(writing=True) if r.what == "setup"]
    assert message == "Score__c has another label and inlineHelpText than setup would give it; left as it is"


def test_validation_rules_are_named_before_they_refuse_a_row(world: SalesforceWorld) -> None:
    assert about(said(world), "validation rules") == []
    world.crm.settings(validation_rules="Account|Industry|Industry = null|An industry, please")
    try:
        [message] = about(said(world), "validation rules")
        assert "of Account may refuse writes" in message and "the rule's words" in message
        assert about(said(world, writing=False), "validation rules") == []
    finally:
        world.crm.settings(validation_rules="")


class Demanding(Shape):
    """An org with a field of its own that no record may lack."""

    def fields(self, sobject: str) -> dict[str, dict[str, Any]]:
        field = {"name": "Region__c", "custom": True, "nillable": False, "type": "string"}
        return {"region__c": field} if sobject == "Account" else {}


def test_a_required_field_that_is_empty_somewhere_is_told(world: SalesforceWorld) -> None:
    asking = Asking(Client(world.settings(), RetryPolicy(sleep=lambda seconds: None)))

    class Empty(Asking):
        def count(self, query: str) -> int:
            assert query == "SELECT COUNT() FROM Account WHERE Region__c = null"
            return 1_200

    found = list(OrgRemarks(Empty(asking.client), Demanding(asking.client), world.settings())._required(()))
    assert [r.message.partition(":")[0] for r in found] == [
        "Region__c is required and empty in 1,200 accounts, which Salesforce refuses to save"
    ]


def test_territories_need_a_permission_of_their_own(world: SalesforceWorld) -> None:
    mapping = plugin.default_fields().with_fields(RecordKind.TERRITORIES, [MappedField("model", "")])
    mine = SalesforceConnector(world.settings(), mapping, RetryPolicy(sleep=lambda seconds: None))

    def told(*, writing: bool = True) -> list[str]:
        return [m for m in wrong(mine.remarks(writing=writing)) if "Territories" in m]

    assert told() == []
    take(world, "PermissionSet", {"PermissionsManageTerritories": False})
    [message] = told()
    assert message.startswith("our user lacks Manage Territories (keeping memberships in Salesforce's own")
    assert told(writing=False) == []
