"""Setup against the local org: what is created, what is left alone, and how a failure is told and gone on from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.errors import AuthFailed, ConnectorError, MissingPermission, OutcomeUnknown, Refused
from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import Write
from connectors.salesforce.preparing.rights import PERMISSION_SET
from connectors.sandbox import Seed, running
from tests.connectors.salesforce.conftest import ENVIRONMENT, SalesforceWorld


def output(name: str, type: FieldType = FieldType.TEXT, **more: Any) -> MappedField:
    source = f"Territory_{name}__c"
    return MappedField(
        f"out_{name}", source, type, FieldRole.OUTPUT, name, f"What {name} says & means.", **more
    )


TIER, SCORE = output("Tier"), output("Score", FieldType.NUMBER)
LOOKUP = MappedField(
    "role_csm",
    "Success_Manager__c",
    FieldType.TEXT,
    FieldRole.OUTPUT,
    "CSM owner",
    "Who is CSM.",
    holds_user=True,
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceWorld]:
    """An org of one test's own: setup changes orgs for good."""
    with running("salesforce", seed=Seed(accounts=20, reps=3, seed=5)) as crm:
        made = SalesforceWorld(crm)
        for name, variable in ENVIRONMENT.items():
            monkeypatch.setenv(variable, made.credentials[name])
        yield made
        made.close()


def connect(world: SalesforceWorld, *fields: MappedField, **changes: Any) -> Any:
    from connectors.records import RecordKind
    from connectors.retry import RetryPolicy
    from connectors.salesforce import plugin
    from connectors.salesforce.connector import SalesforceConnector

    mapping = plugin.default_fields().with_fields(RecordKind.ACCOUNTS, fields)
    return SalesforceConnector(world.settings(**changes), mapping, RetryPolicy(sleep=lambda seconds: None))


def records(world: SalesforceWorld, object: str, **where: Any) -> list[Any]:
    found = world.crm.records(object)
    return [row for row in found if all(row[name] == value for name, value in where.items())]


def granted(world: SalesforceWorld) -> dict[str, tuple[bool, bool]]:
    [ours] = records(world, "PermissionSet", Name=PERMISSION_SET)
    rows = records(world, "FieldPermissions", ParentId=ours["Id"])
    return {row["Field"]: (row["PermissionsRead"], row["PermissionsEdit"]) for row in rows}


def test_what_is_missing_is_planned_created_and_then_there(world: SalesforceWorld) -> None:
    mine = connect(world, TIER, SCORE, LOOKUP)
    steps = mine.setup_steps([TIER, SCORE, LOOKUP])
    assert [step.description for step in steps[:3]] == [
        "create the Text field Account.Territory_Tier__c (Tier)",
        "create the Number field Account.Territory_Score__c (Score)",
        "create the user lookup Account.Success_Manager__c (CSM owner)",
    ]
    assert [step.description.partition(" (")[0] for step in steps[3:]] == [
        "create the permission set Territory_Sync",
        "give Territory_Sync to our user",
        "create the list view Territory Sync of accounts",
        "create the report type Accounts with Territory Sync",
    ]
    assert records(world, "PermissionSet", Name=PERMISSION_SET) == [], "planning changes nothing"
    mine.setup(steps)
    assert mine.setup_steps([TIER, SCORE, LOOKUP]) == []
    assert mine.check(writing=True) == []
    assert len(records(world, "ListView")) == 1


def test_what_was_created_can_be_written_a_lookup_with_a_user(world: SalesforceWorld) -> None:
    mine = connect(world, TIER, LOOKUP)
    mine.setup(mine.setup_steps([TIER, LOOKUP]))
    [account, *_], [rep, *_] = sorted(world.ids()), world.owners()
    values = {"out_Tier": "A", "role_csm": rep}
    [result] = mine.write([Write(account, values, {"out_Tier": None, "role_csm": None})])
    assert result.outcome == "written", result
    [row] = records(world, "Account", Id=account)
    assert (row["Territory_Tier__c"], row["Success_Manager__c"]) == ("A", rep)


def test_the_permission_set_grants_the_least_that_is_needed(world: SalesforceWorld) -> None:
    mine = connect(world, TIER)
    mine.setup(mine.setup_steps([TIER]))
    given = granted(world)
    assert given["Account.Territory_Tier__c"] == (True, True)
    assert given["Account.Industry"] == (True, False)
    assert given["Account.BillingAddress"] == (True, False), "parts of an address go by the whole"
    assert not {"Account.Name", "Account.OwnerId", "Account.BillingCity", "Account.Id"} & set(given)
    [ours] = records(world, "PermissionSet", Name=PERMISSION_SET)
    users = {name for name, value in ours.items() if name.startswith("Permissions") and value}
    assert users == {"PermissionsApiEnabled", "PermissionsActivitiesAccess", "PermissionsTransferAnyEntity"}
    objects = {row["SobjectType"]: row for row in records(world, "ObjectPermissions", ParentId=ours["Id"])}
    assert set(objects) == {"Account", "Contact", "Opportunity", "Case"}
    assert objects["Account"]["PermissionsModifyAllRecords"]
    assert not any(row["PermissionsCreate"] for row in objects.values())
    assert not any(row["PermissionsEdit"] for name, row in objects.items() if name != "Account")


def test_what_is_to_move_along_needs_more(world: SalesforceWorld) -> None:
    moved = {"open_opportunities": True, "open_activities": True}
    mine = connect(world, TIER, owner_change={"transfer": moved})
    mine.setup(mine.setup_steps([TIER]))
    [ours] = records(world, "PermissionSet", Name=PERMISSION_SET)
    assert ours["PermissionsEditTask"]
    assert ours["PermissionsEditEvent"]
    [deals] = records(world, "ObjectPermissions", ParentId=ours["Id"], SobjectType="Opportunity")
    assert deals["PermissionsModifyAllRecords"]


def test_what_an_admin_changed_stays_and_only_what_lacks_is_added(world: SalesforceWorld) -> None:
    first = connect(world, TIER)
    first.setup(first.setup_steps([TIER]))
    [ours] = records(world, "PermissionSet", Name=PERMISSION_SET)
    world.crm.edit("PermissionSet", ours["Id"], {"Label": "Reworded by Kim"})
    second = connect(world, TIER, SCORE)
    steps = second.setup_steps([TIER, SCORE])
    assert [step.description for step in steps] == [
        "create the Number field Account.Territory_Score__c (Score)",
        "let Territory_Sync read and edit Account.Territory_Score__c",
    ]
    second.setup(steps)
    [after] = records(world, "PermissionSet", Name=PERMISSION_SET)
    assert after["Label"] == "Reworded by Kim"
    assert granted(world)["Account.Territory_Tier__c"] == (True, True)
    assert second.setup_steps([TIER, SCORE]) == []


def test_a_hidden_field_that_rules_read_is_granted(world: SalesforceWorld) -> None:
    world.crm.settings(hidden_fields="Account.Industry")
    steps = connect(world).setup_steps([])
    [made, _] = steps
    fields = {one["field"]: one["editable"] for one in made.payload["definition"]["fieldPermissions"]}
    assert fields["Account.Industry"] is False


def test_nothing_is_to_do_where_our_user_lacks_nothing(world: SalesforceWorld) -> None:
    assert connect(world).setup_steps([]) == []


def test_a_field_that_is_refused_is_named_with_its_step_and_the_rest_goes_on_later(
    world: SalesforceWorld,
) -> None:
    bad = MappedField("bad", "Territory__Bad__c", FieldType.TEXT, FieldRole.OUTPUT, "Bad", "Bad.")
    mine = connect(world, TIER, bad)
    with pytest.raises(Refused) as stopped:
        mine.setup(mine.setup_steps([TIER, bad]))
    said = str(stopped.value)
    assert (
        "Account.Territory__Bad__c: FIELD_INTEGRITY_EXCEPTION, invalid field name: Territory__Bad__c" in said
    )
    assert "setup stopped in steps 1 to 2 of 6" in said
    assert stopped.value.code == "FIELD_INTEGRITY_EXCEPTION"
    again = connect(world, TIER)
    left = again.setup_steps([TIER])
    assert not any("create the Text field" in step.description for step in left), "the good one stays"
    again.setup(left)
    assert again.setup_steps([TIER]) == []


def test_fields_are_created_ten_a_call(world: SalesforceWorld) -> None:
    fields = [output(f"F{n}") for n in range(23)]
    mine = connect(world, *fields)
    steps = mine.setup_steps(fields)
    before = world.crm.calls().get("POST /services/Soap/m/{version}", 0)
    mine.setup(steps)
    assert world.crm.calls()["POST /services/Soap/m/{version}"] - before == 3 + 3
    assert mine.setup_steps(fields) == []


def test_a_user_without_the_permission_is_told_which_one(world: SalesforceWorld) -> None:
    world.crm.settings(metadata_api=False)
    with pytest.raises(
        MissingPermission, match="Modify Metadata Through Metadata API Functions and Customize"
    ):
        connect(world, TIER).setup_steps([TIER])


def test_a_session_that_ends_in_the_middle_costs_one_login(world: SalesforceWorld) -> None:
    mine = connect(world, TIER)
    steps = mine.setup_steps([TIER])
    world.crm.fault("expire_session", method="POST", path="/services/Soap/m/")
    mine.setup(steps)
    assert mine.calls()["login"] == 2
    assert mine.setup_steps([TIER]) == []


def test_a_session_that_is_never_good_ends_after_two_logins(world: SalesforceWorld) -> None:
    mine = connect(world, TIER)
    steps = mine.setup_steps([TIER])
    world.crm.fault("expire_session", method="POST", path="/services/Soap/m/", times=None)
    with pytest.raises(AuthFailed, match="INVALID_SESSION_ID"):
        mine.setup(steps)
    assert mine.calls()["login"] == 2


@pytest.mark.parametrize("kind", ["applied_torn", "torn", "drop", "html", "unavailable", "status"])
def test_an_answer_that_never_came_is_not_sent_again_and_setting_up_again_does_the_rest(
    world: SalesforceWorld, kind: str
) -> None:
    mine = connect(world, TIER, SCORE)
    steps = mine.setup_steps([TIER, SCORE])
    details = {"status": 502, "body": "<html>Bad gateway</html>"} if kind == "status" else {}
    world.crm.fault(kind, method="POST", path="/services/Soap/m/", **details)
    with pytest.raises((OutcomeUnknown, ConnectorError), match=r"setup stopped in steps 1 to 2 of 6"):
        mine.setup(steps)
    world.mend()
    mine.setup(mine.setup_steps([TIER, SCORE]))
    assert mine.setup_steps([TIER, SCORE]) == []
    assert len(records(world, "CustomField", DeveloperName="Territory_Tier")) == 1


@pytest.mark.parametrize("kind", ["torn", "drop", "html", "unavailable"])
def test_a_view_that_could_not_be_looked_for_is_looked_for_again(world: SalesforceWorld, kind: str) -> None:
    world.crm.fault(kind, method="POST", path="/services/Soap/m/")
    assert len(connect(world, TIER).setup_steps([TIER])) == 5


def test_steps_that_were_done_meanwhile_do_nothing(world: SalesforceWorld) -> None:
    one, two = connect(world, TIER), connect(world, TIER)
    steps, same = one.setup_steps([TIER]), two.setup_steps([TIER])
    one.setup(steps)
    history = len(world.crm.history("PermissionSet"))
    two.setup(same)
    assert len(world.crm.history("PermissionSet")) == history
    assert len(records(world, "PermissionSetAssignment")) == 2
