"""simple-salesforce works unmodified but for its address: every call the project uses, and the ways to log in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from connectors.sandbox import Crm

NO_ASSIGN = {"Sforce-Auto-Assign": "FALSE"}


def test_query_all_iter_reads_every_page_and_every_record_once(org: Crm, client: Salesforce) -> None:
    org.settings(page_size=7)
    found = [record["Id"] for record in client.query_all_iter("SELECT Id FROM Account")]
    assert sorted(found) == sorted(row["Id"] for row in org.records("Account"))
    assert org.calls()["GET /services/data/v{version}/query/{locator}"] == 4


def test_describe_lists_the_objects_and_their_fields(client: Salesforce) -> None:
    listed = client.describe()
    assert listed is not None
    assert {"Account", "User", "Opportunity", "Task", "Event", "Group"} <= {
        o["name"] for o in listed["sobjects"]
    }
    fields = {f["name"]: f for f in client.Account.describe()["fields"]}  # type: ignore[operator]
    assert fields["OwnerId"]["referenceTo"] == ["User"]
    assert fields["LastModifiedDate"]["updateable"] is False


def test_records_are_created_read_updated_and_deleted(org: Crm, client: Salesforce) -> None:
    accounts: Any = client.Account
    made = accounts.create({"Name": "Łódź & Søn", "NumberOfEmployees": 12}, headers=NO_ASSIGN)
    assert accounts.get(made["id"])["Name"] == "Łódź & Søn"
    assert accounts.update(made["id"], {"Industry": "Banking"}, headers=NO_ASSIGN) == 204
    assert accounts.get(made["id"][:15])["Industry"] == "Banking"
    assert accounts.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound) as gone:
        accounts.get(made["id"])
    assert gone.value.content == [
        {"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}
    ]
    assert org.history("Account", made["id"])[-1]["field"] == "IsDeleted"


def test_collections_go_through_restful(org: Crm, client: Salesforce) -> None:
    one, two = [row["Id"] for row in org.records("Account")[:2]]
    rows = [{"attributes": {"type": "Account"}, "id": id, "Site": "HQ"} for id in (one, two)]
    answer = client.restful(
        "composite/sobjects", method="PATCH", json={"allOrNone": False, "records": rows}, headers=NO_ASSIGN
    )
    assert answer == [{"id": id, "success": True, "errors": []} for id in (one, two)]
    found = client.restful("composite/sobjects/Account", params={"ids": f"{two},{one}", "fields": "Id,Site"})
    assert [(r["Id"], r["Site"]) for r in found] == [(two, "HQ"), (one, "HQ")]


def test_limits_and_the_usage_of_every_answer_agree(client: Salesforce) -> None:
    limits = client.limits()["DailyApiRequests"]
    usage = client.api_usage["api-usage"]
    assert usage.total == limits["Max"] == 200_000  # type: ignore[union-attr]
    assert usage.used == limits["Max"] - limits["Remaining"] > 0  # type: ignore[union-attr]


def test_updated_and_deleted_name_what_changed_between_two_instants(org: Crm, client: Salesforce) -> None:
    changed, gone, other = [row["Id"] for row in org.records("Account")[:3]]
    org.edit("Account", changed, {"Name": "changed"})
    org.edit("Account", gone, {"IsDeleted": True})
    now = datetime.now(UTC)
    window = (now - timedelta(minutes=5), now + timedelta(minutes=5))
    accounts: Any = client.Account
    updated = accounts.updated(*window)["ids"]
    assert changed in updated
    assert gone not in updated
    assert [row["id"] for row in accounts.deleted(*window)["deletedRecords"]] == [gone]
    assert other not in updated


def test_a_deleted_record_is_seen_by_query_all_alone(org: Crm, client: Salesforce) -> None:
    [gone] = [row["Id"] for row in org.records("Account")[:1]]
    org.edit("Account", gone, {"IsDeleted": True})
    query = f"SELECT Id, IsDeleted FROM Account WHERE Id = '{gone}'"
    assert client.query(query)["totalSize"] == 0
    assert client.query_all(query, include_deleted=True)["records"][0]["IsDeleted"] is True


def test_a_malformed_query_is_the_clients_own_exception(client: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="MALFORMED_QUERY"):
        client.query("SELECT Id FRM Account")


def test_jwt_bearer_and_client_credentials_open_a_session(org: Crm, http: requests.Session) -> None:
    given = org.credentials
    by_key = Salesforce(
        username=given["username"],
        consumer_key=given["client_id"],
        privatekey=given["private_key"],
        session=http,
    )
    by_secret = Salesforce(
        consumer_key=given["client_id"],
        consumer_secret=given["client_secret"],
        domain="acme.my",
        session=http,
    )
    for client in (by_key, by_secret):
        [found] = client.query("SELECT Id FROM Organization")["records"]
        assert found["Id"] == given["org_id"]
    assert by_key.session_id != by_secret.session_id


@pytest.mark.parametrize(
    ("change", "error", "description"),
    [
        ({"iss": "another app"}, "invalid_client_id", "client identifier invalid"),
        ({"sub": "stranger@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"aud": "https://login.example.com"}, "invalid_grant", "audience is invalid"),
        ({"exp": 1_000_000_000}, "invalid_grant", "expired authorization code"),
        ({"exp": None}, "invalid_grant", "invalid assertion"),
    ],
)
def test_a_wrong_assertion_is_refused_with_its_reason(
    org: Crm, http: requests.Session, change: dict[str, Any], error: str, description: str
) -> None:
    given = org.credentials
    claims: dict[str, Any] = {
        "iss": given["client_id"], "sub": given["username"], "aud": "https://login.salesforce.com",
        "exp": datetime.now(UTC) + timedelta(minutes=3), **change,
    }  # fmt: skip
    assertion = jwt.encode({k: v for k, v in claims.items() if v is not None}, given["private_key"], "RS256")
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    answer = http.post(f"{org.url}/services/oauth2/token", data={"grant_type": grant, "assertion": assertion})
    assert answer.status_code == 400
    assert answer.json() == {"error": error, "error_description": description}


def test_an_assertion_signed_with_another_key_or_with_none_is_refused(
    org: Crm, http: requests.Session
) -> None:
    given = org.credentials
    claims = {
        "iss": given["client_id"],
        "sub": given["username"],
        "aud": "https://login.salesforce.com",
        "exp": 2**31,
    }
    for assertion in (jwt.encode(claims, "x" * 40, "HS256"), jwt.encode(claims, None, "none"), "garbage"):
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        answer = http.post(
            f"{org.url}/services/oauth2/token", data={"grant_type": grant, "assertion": assertion}
        )
        assert answer.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


def test_a_wrong_secret_and_an_unknown_grant_are_refused(org: Crm, http: requests.Session) -> None:
    given = org.credentials
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        Salesforce(consumer_key=given["client_id"], consumer_secret="wrong", domain="acme.my", session=http)
    answer = http.post(f"{org.url}/services/oauth2/token", data={"grant_type": "password"})
    assert answer.json()["error"] == "unsupported_grant_type"


def test_a_session_ends_unused_for_two_hours_and_by_fault(org: Crm, client: Salesforce) -> None:
    org.advance(7_100)
    client.query("SELECT Id FROM Organization")
    org.advance(7_100)
    client.query("SELECT Id FROM Organization")
    org.advance(7_300)
    with pytest.raises(SalesforceExpiredSession) as ended:
        client.query("SELECT Id FROM Organization")
    assert ended.value.content == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


def test_a_session_that_a_fault_ends_is_followed_by_a_good_login(org: Crm, http: requests.Session) -> None:
    given = org.credentials
    client = Salesforce(
        username=given["username"],
        consumer_key=given["client_id"],
        privatekey=given["private_key"],
        session=http,
    )
    first = client.session_id
    org.fault("expire_session", path="/query")
    assert client.query("SELECT Id FROM Organization")["totalSize"] == 1
    assert client.session_id != first
    assert org.calls()["POST /services/oauth2/token"] == 2


def test_userinfo_names_the_org_and_the_user(org: Crm, http: requests.Session) -> None:
    headers = {"Authorization": f"Bearer {org.credentials['session_id']}"}
    body = http.get(f"{org.url}/services/oauth2/userinfo", headers=headers).json()
    assert body["organization_id"] == org.credentials["org_id"]
    assert http.get(f"{org.url}/services/oauth2/userinfo").status_code == 403
