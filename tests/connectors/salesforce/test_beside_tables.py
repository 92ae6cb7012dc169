"""Stages, rates, members and counts of children, held against the org's own records."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import FieldProblems
from connectors.records import RecordKind
from connectors.tables import SCHEMAS
from tests.connectors.salesforce.test_tables import made, rows

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 60
WAYS = {"rest": {}, "bulk": {"bulk_read_above": 0}}


def truth(world: SalesforceWorld, sobject: str) -> list[dict[str, Any]]:
    return [row for row in world.crm.records(sobject) if not row.get("IsDeleted")]


@pytest.fixture(autouse=True)
def back_to_plain(world: SalesforceWorld) -> Any:
    yield
    world.crm.settings(
        multi_currency=False, dated_rates=False, account_teams=True, opportunity_teams=True,
        person_accounts=False, hidden_fields="",
    )  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_stages_have_names_labels_order_and_a_share(world: SalesforceWorld, way: str) -> None:
    connector = world.connect(**WAYS[way])
    found = rows(connector, RecordKind.STAGES)
    connector.close()
    assert found == {
        s["Id"]: {
            "id": s["Id"], "name": s["ApiName"], "label": s["MasterLabel"], "pipeline": None,
            "sort_order": s["SortOrder"], "probability": s["DefaultProbability"] / 100, "closed": s["IsClosed"],
            "won": s["IsWon"], "active": s["IsActive"], "modified_at": found[s["Id"]]["modified_at"], "deleted": False,
        }
        for s in truth(world, "OpportunityStage")
    }  # fmt: skip
    names = {s["name"] for s in found.values()}
    assert {deal["StageName"] for deal in truth(world, "Opportunity")} <= names


def test_an_org_with_one_currency_has_no_rates(world: SalesforceWorld) -> None:
    connector = world.connect()
    pull = connector.pull(RecordKind.RATES)
    batches = list(pull.batches)
    connector.close()
    assert batches[0].schema == SCHEMAS[RecordKind.RATES]
    assert sum(batch.num_rows for batch in batches) == 0
    assert pull.complete


def test_rates_are_units_for_one_of_the_corporate_currency(world: SalesforceWorld) -> None:
    world.crm.settings(multi_currency=True)
    connector = world.connect()
    found = rows(connector, RecordKind.RATES).values()
    connector.close()
    assert {r["currency"]: (r["rate"], r["from_date"], r["before_date"]) for r in found} == {
        c["IsoCode"]: (c["ConversionRate"], None, None) for c in truth(world, "CurrencyType")
    }
    assert {r["rate"] for r in found if r["currency"] == "USD"} == {1.0}


def test_dated_rates_take_turns_without_a_gap_and_always_is_unbounded(world: SalesforceWorld) -> None:
    world.crm.settings(multi_currency=True, dated_rates=True)
    connector = world.connect()
    found = list(rows(connector, RecordKind.RATES).values())
    connector.close()
    euro = sorted(
        ((r["from_date"], r["before_date"], r["rate"]) for r in found if r["currency"] == "EUR"),
        key=lambda r: r[0] or date.min,
    )
    assert euro == [
        (None, date(2025, 1, 1), 0.9),
        (date(2025, 1, 1), date(2025, 7, 1), 0.95),
        (date(2025, 7, 1), None, 0.92),
    ]
    pound = sorted(
        (str(r["from_date"]), r["before_date"], r["rate"]) for r in found if r["currency"] == "GBP"
    )
    assert pound == [("2024-01-01", date(2025, 1, 1), 0.8), ("2025-01-01", None, 0.79)]
    assert {r["currency"] for r in found} == {"USD", "EUR", "GBP", "JPY"}


def test_amounts_come_in_the_currency_of_their_record(world: SalesforceWorld) -> None:
    world.crm.settings(multi_currency=True)
    connector = world.connect()
    for kind, sobject in ((RecordKind.ACCOUNTS, "Account"), (RecordKind.OPPORTUNITIES, "Opportunity")):
        found = rows(connector, kind)
        assert {id: row["currency"] for id, row in found.items()} == {
            r["Id"]: r["CurrencyIsoCode"] for r in truth(world, sobject)
        }
        assert len({row["currency"] for row in found.values()}) > 1
    connector.close()


@pytest.mark.parametrize("way", WAYS)
def test_members_are_teams_of_accounts_and_deals_and_shares_by_hand(world: SalesforceWorld, way: str) -> None:
    account, deal = truth(world, "Account")[0]["Id"], truth(world, "Opportunity")[0]
    first, second = world.owners()[:2]
    made(world, "AccountTeamMember", AccountId=account, UserId=first, TeamMemberRole="Sales Rep")
    made(
        world,
        "OpportunityTeamMember",
        OpportunityId=deal["Id"],
        UserId=second,
        TeamMemberRole="Sales Manager",
    )
    made(
        world, "AccountShare", AccountId=account[:15], UserOrGroupId=second, AccountAccessLevel="Edit",
        OpportunityAccessLevel="None", RowCause="Manual",
    )  # fmt: skip
    connector = world.connect(**WAYS[way])
    found = rows(connector, RecordKind.MEMBERS).values()
    connector.close()
    of_deals = {d["Id"]: d["AccountId"] for d in truth(world, "Opportunity")}
    expected = [
        *(("account_team", m["AccountId"], None, m["UserId"], m["TeamMemberRole"], m["AccountAccessLevel"])
          for m in truth(world, "AccountTeamMember")),
        *(("opportunity_team", of_deals[m["OpportunityId"]], m["OpportunityId"], m["UserId"], m["TeamMemberRole"],
           m["OpportunityAccessLevel"]) for m in truth(world, "OpportunityTeamMember")),
        *(("manual_share", s["AccountId"], None, s["UserOrGroupId"], None, s["AccountAccessLevel"])
          for s in truth(world, "AccountShare") if s["RowCause"] == "Manual"),
    ]  # fmt: skip
    names = ("kind", "account_id", "opportunity_id", "user_id", "role", "access")
    assert Counter(tuple(row[name] for name in names) for row in found) == Counter(expected)
    assert {kind for kind, *_ in expected} == {"account_team", "opportunity_team", "manual_share"}
    assert all(row["modified_at"] is not None for row in found)


def test_an_org_without_teams_has_none_and_that_is_no_error(world: SalesforceWorld) -> None:
    world.crm.settings(account_teams=False, opportunity_teams=False)
    connector = world.connect()
    assert {row["kind"] for row in rows(connector, RecordKind.MEMBERS).values()} <= {"manual_share"}
    connector.close()


def test_a_hidden_field_of_these_tables_is_named_and_never_read_as_blank(world: SalesforceWorld) -> None:
    world.crm.settings(hidden_fields="AccountTeamMember.TeamMemberRole")
    connector = world.connect()
    with pytest.raises(FieldProblems, match="'TeamMemberRole' of AccountTeamMember is hidden"):
        connector.pull(RecordKind.MEMBERS)
    connector.close()


@pytest.mark.parametrize("way", WAYS)
def test_children_are_counted_per_kind_account_and_owner(world: SalesforceWorld, way: str) -> None:
    account, other = (a["Id"] for a in truth(world, "Account")[:2])
    first, second = world.owners()[:2]
    for number, (under, owner) in enumerate(
        [(account, first), (account, first), (account, second), (other, first)]
    ):
        made(world, "Contact", LastName=f"C{number}", AccountId=under, OwnerId=owner)
    made(world, "Contact", LastName="Nobody's")
    made(world, "Case", AccountId=account, OwnerId=first, Subject="open")
    made(world, "Case", AccountId=account, OwnerId=first, Subject="closed", Status="Closed")
    connector = world.connect(**WAYS[way])
    found = rows(connector, RecordKind.CHILDREN)
    connector.close()
    expected = Counter(
        ("contact", c["AccountId"], c["OwnerId"]) for c in truth(world, "Contact") if c["AccountId"]
    ) + Counter(
        ("closed_case" if c["IsClosed"] else "open_case", c["AccountId"], c["OwnerId"])
        for c in truth(world, "Case") if c["AccountId"]
    )  # fmt: skip
    assert {(r["kind"], r["account_id"], r["owner_id"]): r["count"] for r in found.values()} == expected
    assert set(found) == {":".join(key) for key in expected}


def test_the_contact_that_is_a_person_account_moves_by_itself_and_is_no_child(world: SalesforceWorld) -> None:
    world.crm.settings(person_accounts=True)
    person = made(world, "Account", LastName="Doe", FirstName="Jane")
    connector = world.connect()
    found = rows(connector, RecordKind.CHILDREN).values()
    connector.close()
    assert person not in {row["account_id"] for row in found}
    assert person in {c["AccountId"] for c in truth(world, "Contact")}
