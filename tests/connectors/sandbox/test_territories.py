"""Enterprise Territory Management in the local org: who may be where, and what may not be done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox import Crm, Seed, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.connectors.sandbox.conftest import Raw

ASSOCIATION = "ObjectTerritory2Association"


@pytest.fixture
def org() -> Iterator[Crm]:
    with running("salesforce", seed=Seed(accounts=30, reps=4, seed=7)) as made:
        made.settings(territory_management=True)
        yield made


def territory(org: Crm, name: str = "US_East", model: str = "FY26") -> str:
    [model_id] = [m["Id"] for m in org.records("Territory2Model") if m["DeveloperName"] == model]
    [found] = [
        t["Id"]
        for t in org.records("Territory2")
        if t["DeveloperName"] == name and t["Territory2ModelId"] == model_id
    ]
    return str(found)


def account(org: Crm, number: int = 0) -> str:
    return str(org.records("Account")[number]["Id"])


def associate(raw: Raw, account: str, territory: str, cause: str = "Territory2Manual") -> Any:
    body = {"ObjectId": account, "Territory2Id": territory, "AssociationCause": cause}
    return raw("POST", f"/sobjects/{ASSOCIATION}", body)


def test_an_org_without_territory_management_has_none_of_its_objects(org: Crm, raw: Raw) -> None:
    org.settings(territory_management=False)
    assert raw("GET", f"/sobjects/{ASSOCIATION}/describe").status == 404
    answer = raw.query("SELECT Id FROM Territory2")
    assert (answer.status, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")


def test_one_model_is_active_and_its_territories_are_a_tree(raw: Raw) -> None:
    [model] = raw.records("SELECT Id, DeveloperName FROM Territory2Model WHERE State = 'Active'")
    assert model["DeveloperName"] == "FY26"
    rows = raw.records(
        "SELECT DeveloperName, ParentTerritory2.DeveloperName FROM Territory2 "
        "WHERE Territory2Model.State = 'Active' AND DeveloperName = 'US_East_Boston'"
    )
    assert [row["ParentTerritory2"]["DeveloperName"] for row in rows] == ["US_East"]


def test_an_account_is_put_into_a_territory_by_hand_once(org: Crm, raw: Raw) -> None:
    made = associate(raw, account(org), territory(org))
    assert made.status == 201, made.data
    [row] = raw.records(f"SELECT SobjectType, AssociationCause, LastModifiedById FROM {ASSOCIATION}")
    assert (row["SobjectType"], row["AssociationCause"]) == ("Account", "Territory2Manual")
    again = associate(raw, account(org), territory(org))
    assert again.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_what_a_rule_of_the_org_did_can_be_neither_made_nor_undone_by_api(org: Crm, raw: Raw) -> None:
    made = associate(raw, account(org), territory(org), "Territory2AssignmentRule")
    assert made.json()[0]["errorCode"] == "INVALID_OPERATION"
    values = {
        "ObjectId": account(org),
        "Territory2Id": territory(org),
        "AssociationCause": "Territory2AssignmentRule",
    }
    org.edit(ASSOCIATION, "new", values, actor="assignment rule")
    [id] = raw.ids(f"SELECT Id FROM {ASSOCIATION}")
    assert raw("DELETE", f"/sobjects/{ASSOCIATION}/{id}").json()[0]["errorCode"] == "INVALID_OPERATION"


def test_an_association_is_never_updated(org: Crm, raw: Raw) -> None:
    id = associate(raw, account(org), territory(org)).json()["id"]
    answer = raw("PATCH", f"/sobjects/{ASSOCIATION}/{id}", {"Territory2Id": territory(org, "US_West")})
    assert answer.status == 400
    fields = raw("GET", f"/sobjects/{ASSOCIATION}/describe").json()["fields"]
    assert [f["name"] for f in fields if f["updateable"]] == []
    assert "CreatedById" not in {f["name"] for f in fields}


def test_a_deleted_association_is_seen_by_query_all_for_twelve_hours_and_never_comes_back(
    org: Crm, raw: Raw
) -> None:
    org.settings(session_seconds=100_000)
    id = associate(raw, account(org), territory(org)).json()["id"]
    assert raw("DELETE", f"/sobjects/{ASSOCIATION}/{id}").status == 204
    assert raw.ids(f"SELECT Id FROM {ASSOCIATION}") == []
    assert raw.ids(f"SELECT Id FROM {ASSOCIATION}", all=True) == [id]
    assert associate(raw, account(org), territory(org)).status == 201
    org.advance(13 * 3600)
    [other] = raw.ids(f"SELECT Id FROM {ASSOCIATION}")
    raw("DELETE", f"/sobjects/{ASSOCIATION}/{other}")
    assert id not in raw.ids(f"SELECT Id FROM {ASSOCIATION}", all=True)


def test_an_archived_model_takes_no_accounts_and_a_planned_one_does(org: Crm, raw: Raw) -> None:
    assert (
        associate(raw, account(org), territory(org, model="FY25")).json()[0]["errorCode"]
        == "INVALID_OPERATION"
    )
    assert associate(raw, account(org), territory(org, model="FY27")).status == 201


def test_without_the_permission_nothing_is_put_anywhere(org: Crm, raw: Raw) -> None:
    org.settings(manage_territories=False)
    code = associate(raw, account(org), territory(org)).json()[0]["errorCode"]
    assert code == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"


def test_members_of_territories_are_setup_and_never_share_a_call_with_accounts(org: Crm, raw: Raw) -> None:
    rep = next(u["Id"] for u in org.records("User") if u["IsActive"] and u["Email"].startswith("rep"))
    member = {
        "attributes": {"type": "UserTerritory2Association"},
        "UserId": rep,
        "Territory2Id": territory(org),
        "RoleInTerritory2": "Sales Rep",
    }
    record = {
        "attributes": {"type": ASSOCIATION},
        "ObjectId": account(org),
        "Territory2Id": territory(org),
        "AssociationCause": "Territory2Manual",
    }
    mixed = raw("POST", "/composite/sobjects", {"records": [member, record]})
    assert (mixed.status, mixed.json()[0]["errorCode"]) == (400, "MIXED_DML_OPERATION")
    [made] = raw("POST", "/composite/sobjects", {"records": [member]}).json()
    [other] = raw("POST", "/composite/sobjects", {"records": [record]}).json()
    assert made["success"]
    assert other["success"]
    both = raw("DELETE", f"/composite/sobjects?ids={made['id']},{other['id']}")
    assert both.json()[0]["errorCode"] == "MIXED_DML_OPERATION"


def test_too_many_members_in_one_call_wait_too_long_for_the_lock_of_groups(org: Crm, raw: Raw) -> None:
    org.settings(group_members_a_call=1)
    reps = [u["Id"] for u in org.records("User") if u["IsActive"] and u["Email"].startswith("rep")][:2]
    records = [
        {
            "attributes": {"type": "UserTerritory2Association"},
            "UserId": rep,
            "Territory2Id": territory(org),
        }
        for rep in reps
    ]
    first, second = raw("POST", "/composite/sobjects", {"records": records}).json()
    assert first["success"]
    assert second["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


def test_a_deleted_account_leaves_its_territories(org: Crm, raw: Raw) -> None:
    associate(raw, account(org), territory(org))
    assert raw("DELETE", f"/sobjects/Account/{account(org)}").status == 204
    assert raw.ids(f"SELECT Id FROM {ASSOCIATION}") == []
