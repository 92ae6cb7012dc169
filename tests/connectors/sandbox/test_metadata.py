"""The Metadata API of the sandbox, by simple-salesforce's own mdapi: unmodified but for the adapter of its session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from zeep.exceptions import Fault

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox.conftest import Local, Raw


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Crm, Any]]:
    """An org and its mdapi: reading the WSDL takes seconds, so that all tests of this file share one."""
    with running("salesforce", seed=Seed(accounts=5, reps=2, seed=7)) as org, requests.Session() as session:
        session.mount("https://", Local(org.url))
        client = Salesforce(
            instance="acme.my.salesforce.com",
            session_id=org.credentials["session_id"],
            session=session,
            version="62.0",
        )
        api = client.mdapi
        # mdapi does not take the session that it is given (1.12.10)
        api._client.transport.session.mount("https://", Local(org.url))
        yield org, api


@pytest.fixture
def org(shared: tuple[Crm, Any]) -> Iterator[Crm]:
    shared[0].clear_faults()
    yield shared[0]
    shared[0].settings(metadata_api=True)


@pytest.fixture
def api(shared: tuple[Crm, Any]) -> Any:
    return shared[1]


def text_field(api: Any, name: str, **more: Any) -> Any:
    given = {"label": name, "type": api._client.get_type("ns0:FieldType")("Text"), "length": 80} | more
    return api.CustomField(fullName=f"Account.{name}__c", **given)


def describes(org: Crm, name: str) -> bool:
    fields = Raw(org)("GET", "/sobjects/Account/describe").json()["fields"]
    return any(field["name"] == name for field in fields)


def grant(org: Crm, api: Any, name: str, *, field: str, **more: Any) -> None:
    permission = {"field": f"Account.{field}", "readable": True, "editable": True}
    api.PermissionSet.create(
        [api.PermissionSet(fullName=name, label=name, fieldPermissions=[permission], **more)]
    )
    id = Raw(org).ids(f"SELECT Id FROM PermissionSet WHERE Name = '{name}'")[0]
    [me] = Raw(org).ids(f"SELECT Id FROM User WHERE Username = '{org.credentials['username']}'")
    body = {"PermissionSetId": id, "AssigneeId": me}
    assert Raw(org)("POST", "/sobjects/PermissionSetAssignment", body).status == 201


def test_a_field_is_created_and_hidden_until_a_permission_set_that_is_assigned_grants_it(
    org: Crm, api: Any
) -> None:
    api.CustomField.create([text_field(api, "Hidden_First", inlineHelpText="Why & how")])
    assert not describes(org, "Hidden_First__c")
    grant(org, api, "Sees_It", field="Hidden_First__c")
    assert describes(org, "Hidden_First__c")
    read = api.CustomField.read(["Account.Hidden_First__c"])
    assert (read.label, read.type, read.length) == ("Hidden_First", "Text", 80)
    assert read.inlineHelpText == "Why & how"


def test_a_field_of_users_is_a_reference_that_queries_follow(org: Crm, api: Any) -> None:
    lookup = {"type": "Lookup", "referenceTo": "User", "relationshipName": "Success_Accounts"}
    api.CustomField.create([text_field(api, "Success_Manager", **lookup, length=None)])
    grant(org, api, "Sees_Manager", field="Success_Manager__c")
    assert Raw(org).records("SELECT Id FROM Account WHERE Success_Manager__r.Name = 'Nobody'") == []
    with pytest.raises(Exception, match="relationship name Success_Accounts is already in use"):
        api.CustomField.create([text_field(api, "Other_Manager", **lookup, length=None)])


def test_of_a_call_with_one_bad_component_the_others_are_made_and_the_error_is_its_own(
    org: Crm, api: Any
) -> None:
    good, bad = text_field(api, "Good_One"), text_field(api, "Bad_One", length=None)
    with pytest.raises(
        Exception, match=r"Account.Bad_One__c: .FIELD_INTEGRITY_EXCEPTION, Must specify 'length'"
    ) as told:
        api.CustomField.create([good, bad])
    assert "Good_One" not in str(told.value)
    assert api.CustomField.read(["Account.Good_One__c"]).label == "Good_One"
    with pytest.raises(
        Exception, match="DUPLICATE_DEVELOPER_NAME, There is already a field named Good_One on Account"
    ):
        api.CustomField.create([good])


def test_a_change_gives_a_field_other_words_and_never_another_type(org: Crm, api: Any) -> None:
    api.CustomField.create([text_field(api, "Worded")])
    grant(org, api, "Sees_Words", field="Worded__c")
    api.CustomField.update([text_field(api, "Worded", label="Said otherwise")])
    fields = Raw(org)("GET", "/sobjects/Account/describe").json()["fields"]
    assert next(f for f in fields if f["name"] == "Worded__c")["label"] == "Said otherwise"
    with pytest.raises(Exception, match="Cannot change the type"):
        api.CustomField.update([text_field(api, "Worded", type="Checkbox", defaultValue="false")])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"fieldPermissions": [{"field": "Account.Gone__c", "readable": True, "editable": False}]},
            "no CustomField named Account.Gone__c found",
        ),
        (
            {"fieldPermissions": [{"field": "Account.Name", "readable": True, "editable": False}]},
            "You cannot deploy to a required field: Account.Name",
        ),
    ],
)
def test_a_permission_set_that_grants_what_cannot_be_granted_is_refused_whole(
    org: Crm, api: Any, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(Exception, match=said):
        api.PermissionSet.create([api.PermissionSet(fullName="Wrong", label="Wrong", **given)])
    assert Raw(org).ids("SELECT Id FROM PermissionSet WHERE Name = 'Wrong'") == []


def test_changing_a_permission_set_replaces_what_it_grants(org: Crm, api: Any) -> None:
    api.CustomField.create([text_field(api, "Replaced")])
    grant(org, api, "Replacing", field="Replaced__c")
    assert describes(org, "Replaced__c")
    api.PermissionSet.update([api.PermissionSet(fullName="Replacing", label="Replacing")])
    assert not describes(org, "Replaced__c")
    assert api.PermissionSet.read(["Replacing"]).fieldPermissions == []


def test_an_assigned_permission_set_stays_and_another_one_is_deleted(org: Crm, api: Any) -> None:
    api.CustomField.create([text_field(api, "Kept")])
    grant(org, api, "Assigned", field="Kept__c")
    with pytest.raises(Exception, match="assigned to users"):
        api.PermissionSet.delete(["Assigned"])
    api.PermissionSet.create([api.PermissionSet(fullName="Free", label="Free")])
    api.PermissionSet.delete(["Free"])
    assert Raw(org).ids("SELECT Id FROM PermissionSet WHERE Name = 'Free'") == []


def test_a_list_view_is_found_by_queries_and_refused_for_a_column_that_is_none(org: Crm, api: Any) -> None:
    given = {
        "label": "All of ours",
        "filterScope": "Everything",
        "columns": ["ACCOUNT.NAME", "CORE.USERS.ALIAS"],
    }
    api.ListView.create([api.ListView(fullName="Account.Ours", **given)])
    [found] = Raw(org).records("SELECT Name, SobjectType FROM ListView WHERE DeveloperName = 'Ours'")
    assert (found["Name"], found["SobjectType"]) == ("All of ours", "Account")
    assert api.ListView.read(["Account.Ours"]).columns == ["ACCOUNT.NAME", "CORE.USERS.ALIAS"]
    with pytest.raises(Exception, match="Could not resolve list view column: Nothing__c"):
        api.ListView.create([api.ListView(fullName="Account.Odd", **{**given, "columns": ["Nothing__c"]})])
    api.ListView.delete(["Account.Ours"])
    assert Raw(org).records("SELECT Id FROM ListView") == []


def test_a_report_type_is_kept_listed_and_refused_for_a_field_that_is_none(org: Crm, api: Any) -> None:
    column = {"checkedByDefault": True, "field": "Name", "table": "Account"}
    given = {"label": "Ours", "baseObject": "Account", "category": "accounts", "deployed": True}
    sections = [{"masterLabel": "Accounts", "columns": [column]}]
    api.ReportType.create([api.ReportType(fullName="Ours", sections=sections, **given)])
    read = api.ReportType.read(["Ours"])
    assert read.sections[0].columns[0].field == "Name"
    [listed] = api.list_metadata([{"type": "ReportType"}])
    assert (listed.fullName, listed.fileName) == ("Ours", "reportTypes/Ours.reportType")
    with pytest.raises(Exception, match=r"no CustomField named Account.Nothing__c found"):
        bad = [{"masterLabel": "Accounts", "columns": [{**column, "field": "Nothing__c"}]}]
        api.ReportType.create([api.ReportType(fullName="Odd", sections=bad, **given)])


def test_a_component_that_is_not_there_is_read_as_nothing(org: Crm, api: Any) -> None:
    assert api.CustomField.read(["Account.Never__c"]).fullName is None


def test_more_than_ten_components_and_an_unknown_type_are_faults(org: Crm, api: Any) -> None:
    with pytest.raises(Fault, match="cannot submit more than 10 records"):
        api.CustomField.create([text_field(api, f"Many_{n}") for n in range(11)])
    with pytest.raises(Fault, match="INVALID_TYPE"):
        api._service.readMetadata("ApexClass", ["Some"], _soapheaders=[api._session_header])


def test_a_user_without_the_permission_and_a_session_that_ended_are_faults(org: Crm, api: Any) -> None:
    org.settings(metadata_api=False)
    with pytest.raises(Fault, match="requires a user with the ModifyAllData or ModifyMetadata permissions"):
        api.describe_metadata()
    org.settings(metadata_api=True)
    assert {o.xmlName for o in api.describe_metadata().metadataObjects} >= {"CustomField", "PermissionSet"}
    other = api._client.get_element("ns0:SessionHeader")(sessionId="00D!gone")
    with pytest.raises(Fault, match="INVALID_SESSION_ID"):
        api._service.describeMetadata("62.0", _soapheaders=[other])


def test_every_call_counts_against_the_day(org: Crm, api: Any) -> None:
    def used() -> int:
        report = Raw(org)("GET", "/limits").json()["DailyApiRequests"]
        return int(report["Max"] - report["Remaining"])

    before = used()
    api.describe_metadata()
    assert used() == before + 2
