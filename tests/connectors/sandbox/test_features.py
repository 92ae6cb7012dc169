"""What an org has or has not: currencies, persons, record types, lists of places, custom objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox.conftest import Raw
from tests.connectors.sandbox.test_soql import error, truth

FEATURES = {
    "multi_currency": ("CurrencyIsoCode", "CurrencyType"),
    "dated_rates": (None, "DatedConversionRate"),
    "person_accounts": ("IsPersonAccount", None),
    "state_country_picklists": ("BillingCountryCode", None),
    "record_types": ("RecordTypeId", None),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_without_a_feature_its_fields_and_objects_do_not_exist(org: Crm, raw: Any, feature: str) -> None:
    field, object = FEATURES[feature]
    for there in (False, True):
        org.settings(**{feature: there})
        fields = {f["name"] for f in raw("GET", "/sobjects/Account/describe").json()["fields"]}
        objects = {o["name"] for o in raw("GET", "/sobjects").json()["sobjects"]}
        if field is not None:
            assert (field in fields) is there
            assert (raw.query(f"SELECT {field} FROM Account").status == 200) is there
        if object is not None:
            assert (object in objects) is there
            assert (raw.query(f"SELECT Id FROM {object}").status == 200) is there
            assert (raw("GET", f"/sobjects/{object}/describe").status == 200) is there


def test_a_person_is_an_account_and_a_contact_with_one_owner(org: Crm, raw: Any) -> None:
    org.settings(person_accounts=True)
    made = raw(
        "POST", "/sobjects/Account", {"FirstName": "Jane", "LastName": "Doe", "PersonEmail": "jane@example.com"},
        {"Sforce-Auto-Assign": "FALSE"},
    ).json()["id"]  # fmt: skip
    [person] = raw.records(
        f"SELECT Name, IsPersonAccount, PersonContactId, PersonContact.Email FROM Account WHERE Id = '{made}'"
    )
    assert (person["Name"], person["IsPersonAccount"]) == ("Jane Doe", True)
    assert person["PersonContact"]["Email"] == "jane@example.com"
    rep = next(u["Id"] for u in truth(org, "User") if u["IsActive"] and u["Email"].startswith("rep"))
    raw.batch({"Id": made, "OwnerId": rep, "LastName": "Roe"})
    [contact] = [c for c in truth(org, "Contact") if c["Id"] == person["PersonContactId"]]
    assert (contact["OwnerId"], contact["Name"], contact["IsPersonAccount"]) == (rep, "Jane Roe", True)
    assert not any(a["IsPersonAccount"] for a in truth(org) if a["Id"] != made)


def test_the_code_of_a_country_and_its_name_go_together(org: Crm, raw: Any) -> None:
    org.settings(state_country_picklists=True)
    id = truth(org)[0]["Id"]
    raw.batch({"Id": id, "BillingCountryCode": "DE", "BillingState": "Bayern"})
    asked = f"SELECT BillingCountry, BillingState, BillingStateCode FROM Account WHERE Id = '{id}'"
    [record] = raw.records(asked)
    assert (record["BillingCountry"], record["BillingState"], record["BillingStateCode"]) == (
        "Germany",
        "Bayern",
        "BY",
    )
    [refused] = raw.batch({"Id": id, "BillingCountry": "Atlantis"})
    assert refused["errors"][0]["statusCode"] == "FIELD_INTEGRITY_EXCEPTION"
    [refused] = raw.batch({"Id": id, "BillingState": "Texas"})
    assert refused["errors"][0]["statusCode"] == "FIELD_INTEGRITY_EXCEPTION"


def test_records_of_before_are_in_the_corporate_currency(org: Crm, raw: Any) -> None:
    org.settings(multi_currency=True)
    made = raw("POST", "/sobjects/Account", {"Name": "New"}).json()["id"]
    [record] = raw.records(f"SELECT CurrencyIsoCode FROM Account WHERE Id = '{made}'")
    assert record["CurrencyIsoCode"] == "USD"
    [refused] = raw.batch({"Id": made, "CurrencyIsoCode": "XXX"})
    assert refused["errors"][0]["statusCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_stages_are_read_and_not_written(raw: Any) -> None:
    stages = raw.records(
        "SELECT Id, ApiName, MasterLabel, IsActive, SortOrder FROM OpportunityStage ORDER BY SortOrder"
    )
    assert [s["SortOrder"] for s in stages] == list(range(1, len(stages) + 1))
    assert any(s["ApiName"] != s["MasterLabel"] for s in stages)
    assert not all(s["IsActive"] for s in stages)
    answer = raw("PATCH", f"/sobjects/OpportunityStage/{stages[0]['Id']}", {"MasterLabel": "x"})
    assert answer.status == 400


def test_a_picklists_label_need_not_be_its_value(raw: Any) -> None:
    fields = {f["name"]: f for f in raw("GET", "/sobjects/Opportunity/describe").json()["fields"]}
    labels = {v["value"]: v["label"] for v in fields["StageName"]["picklistValues"]}
    assert labels["Proposal/Price Quote"] == "Proposal sent"
    assert labels["Closed Won"] == "Closed Won"


def test_a_custom_object_survives_a_restart_and_takes_short_ids(tmp_path: Path) -> None:
    fields = [
        ("Subscription__c", "Account__c", "Lookup(Account)"),
        ("Subscription__c", "MRR__c", "Number"),
        ("Subscription__c", "Tier__c", "Picklist(a::Basic;b::Plus)"),
    ]
    store = tmp_path / "org.db"
    with running("salesforce", seed=Seed(accounts=3, reps=1), state=store, fields=fields) as org:
        raw = Raw(org)
        account = truth(org)[0]["Id"]
        made = raw(
            "POST", "/sobjects/Subscription__c", {"Name": "s", "Account__c": account[:15], "MRR__c": 9.5}
        )
        assert made.status == 201, made.data
        assert error(raw("POST", "/sobjects/Subscription__c", {"Account__c": org.credentials["org_id"]}))[:2] == (
            400, "FIELD_INTEGRITY_EXCEPTION",
        )  # fmt: skip
        raw.pool.clear()
    with running("salesforce", state=store) as org:
        raw = Raw(org)
        [record] = raw.records(
            f"SELECT Account__c, Account__r.Id, MRR__c, Owner.Name FROM Subscription__c WHERE Account__c = '{account[:15]}'"
        )
        assert (record["Account__c"], record["Account__r"]["Id"], record["MRR__c"]) == (account, account, 9.5)
        described = raw("GET", "/sobjects/Subscription__c/describe").json()
        assert described["custom"] is True
        [parent] = raw.records(
            f"SELECT (SELECT MRR__c FROM Subscriptions__r) FROM Account WHERE Id = '{account}'"
        )
        assert parent["Subscriptions__r"]["records"][0]["MRR__c"] == 9.5
        raw.pool.clear()
