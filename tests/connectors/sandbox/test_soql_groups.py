"""SOQL beyond rows: groups, lists of children, queries inside conditions, sets of picklist values, spans of days."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from connectors.sandbox import Crm, Seed, running
from connectors.sandbox.salesforce.soql.days import span
from tests.connectors.sandbox.conftest import Raw
from tests.connectors.sandbox.test_soql import error, truth


def test_groups_count_and_add_up_what_the_org_holds(shared_org: Crm, ask: Any) -> None:
    deals = truth(shared_org, "Opportunity")
    found = ask.records(
        "SELECT StageName stage, COUNT(Id) n, SUM(Amount) total, MIN(CloseDate) first, COUNT_DISTINCT(OwnerId) owners,"
        " AVG(Probability) FROM Opportunity GROUP BY StageName ORDER BY COUNT(Id) DESC"
    )
    counts = Counter(deal["StageName"] for deal in deals)
    assert {record["stage"]: record["n"] for record in found} == counts
    assert [record["n"] for record in found] == sorted(counts.values(), reverse=True)
    for record in found:
        mine = [deal for deal in deals if deal["StageName"] == record["stage"]]
        assert record["total"] == pytest.approx(sum(deal["Amount"] or 0 for deal in mine))
        assert record["first"] == min(deal["CloseDate"] for deal in mine)
        assert record["owners"] == len({deal["OwnerId"] for deal in mine})
        assert record["expr0"] == pytest.approx(sum(deal["Probability"] for deal in mine) / len(mine))
        assert record["attributes"] == {"type": "AggregateResult"}


def test_groups_by_a_parents_field_and_by_several_with_a_condition_on_the_group(
    shared_org: Crm, ask: Any
) -> None:
    users = {user["Id"]: user["Name"] for user in truth(shared_org, "User")}
    pairs = Counter((users[a["OwnerId"]], a["Industry"]) for a in truth(shared_org))
    found = ask.records(
        "SELECT Owner.Name, Industry, COUNT(Id) n FROM Account GROUP BY Owner.Name, Industry HAVING COUNT(Id) > 3"
    )
    assert {(r["Name"], r["Industry"]): r["n"] for r in found} == {k: n for k, n in pairs.items() if n > 3}


def test_a_function_without_groups_gives_one_row(shared_org: Crm, ask: Any) -> None:
    revenues = [a["AnnualRevenue"] for a in truth(shared_org) if a["AnnualRevenue"] is not None]
    [record] = ask.records("SELECT COUNT(AnnualRevenue), MAX(AnnualRevenue) most, COUNT() FROM Account")
    assert (record["expr0"], record["most"], record["expr1"]) == (len(revenues), max(revenues), 450)


def test_more_than_two_thousand_groups_are_refused() -> None:
    with running(
        "salesforce", seed=Seed(accounts=2_001, reps=2, deals_per_account=0, activities_per_account=0)
    ) as org:
        raw = Raw(org)
        answer = raw.query("SELECT Id, COUNT(Name) FROM Account GROUP BY Id")
        assert error(answer)[:2] == (400, "EXCEEDED_ID_LIMIT")
        assert "does not support queryMore" in error(answer)[2]
        assert len(raw.records("SELECT Id, COUNT(Name) FROM Account GROUP BY Id LIMIT 2000")) == 2_000
        raw.pool.clear()


def test_a_list_of_children_comes_inside_its_parent_and_is_null_where_there_are_none(
    shared_org: Crm, ask: Any
) -> None:
    deals = truth(shared_org, "Opportunity")
    found = ask.records(
        "SELECT Id, (SELECT Id, StageName FROM Opportunities WHERE IsClosed = false ORDER BY Id), (SELECT Id FROM"
        " ChildAccounts) FROM Account"
    )
    of: dict[str, list[str]] = {}
    for deal in sorted(deals, key=lambda deal: deal["Id"]):
        if not deal["IsClosed"]:
            of.setdefault(deal["AccountId"], []).append(deal["Id"])
    for record in found:
        lists = record["Opportunities"]
        assert [d["Id"] for d in lists["records"]] == of[record["Id"]] if lists else record["Id"] not in of
    assert sum(len((r["ChildAccounts"] or {"records": []})["records"]) for r in found) == sum(
        1 for a in truth(shared_org) if a["ParentId"]
    )


def test_children_of_a_page_that_is_not_the_first_come_too(shared_org: Crm, ask: Any) -> None:
    query = "SELECT Id, (SELECT Id FROM Opportunities LIMIT 1) FROM Account"
    page = ask.query(query, Sforce_Query_Options="batchSize=200").json()
    found = list(page["records"])
    while not page["done"]:
        page = ask("GET", page["nextRecordsUrl"]).json()
        found += page["records"]
    with_deals = {deal["AccountId"] for deal in truth(shared_org, "Opportunity")}
    assert {r["Id"] for r in found if r["Opportunities"]} == with_deals
    assert all(r["Opportunities"]["totalSize"] == 1 for r in found if r["Opportunities"])


@pytest.mark.parametrize(("word", "claim"), [("IN", True), ("NOT IN", False)])
def test_a_query_inside_a_condition_gives_the_ids_that_it_selects(
    shared_org: Crm, ask: Any, word: str, claim: bool
) -> None:
    won = {deal["AccountId"] for deal in truth(shared_org, "Opportunity") if deal["IsWon"]}
    found = ask.ids(
        f"SELECT Id FROM Account WHERE Id {word} (SELECT AccountId FROM Opportunity WHERE IsWon = true)"
    )
    assert set(found) == {a["Id"] for a in truth(shared_org) if (a["Id"] in won) is claim}
    assert found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT Name FROM Account GROUP BY Industry", "Field must be grouped or aggregated: Name"),
        ("SELECT Industry, Name, COUNT(Id) FROM Account GROUP BY Industry", "Field must be grouped or aggregated: Name"),
        ("SELECT Name, COUNT(Id) FROM Account", "Field must be grouped or aggregated: Name"),
        ("SELECT AnnualRevenue FROM Account GROUP BY AnnualRevenue", "can not be grouped"),
        ("SELECT SUM(Name) FROM Account", "does not support aggregate operator SUM"),
        ("SELECT COUNT(Id) FROM Account LIMIT 1", "cannot also use LIMIT"),
        ("SELECT COUNT(Id) n, COUNT(Name) n FROM Account", "duplicate alias: n"),
        ("SELECT Name who FROM Account", "only aggregate expressions use field aliasing"),
        ("SELECT Id FROM Account WHERE COUNT(Id) > 1", "only allowed in HAVING"),
        ("SELECT Id, (SELECT Id FROM Deals) FROM Account", "Didn't understand relationship 'Deals' in FROM part"),
        ("SELECT Id, (SELECT COUNT(Id) FROM Opportunities) FROM Account", "selects fields alone"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId, Id FROM Opportunity)", "exactly one field"),
        ("SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Opportunity)", "left operand 'Name'"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Opportunity)", "inner select field 'Name'"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT OwnerId FROM Opportunity)", "same object type"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)", "not be on the same object type"),
        ("SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Opportunity)", "top level WHERE"),
        ("SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Opportunity)", "top level WHERE"),
        ("SELECT Id FROM Account WHERE Industry INCLUDES ('Banking')", "only valid on multipicklist"),
    ],
)  # fmt: skip
def test_what_salesforce_does_not_take_is_refused(ask: Any, query: str, said: str) -> None:
    status, code, message = error(ask.query(query))
    assert (status, code in ("MALFORMED_QUERY", "INVALID_FIELD", "INVALID_TYPE")) == (400, True)
    assert said in message


def test_sets_of_values_are_found_whole_or_in_part(org: Crm, raw: Any) -> None:
    org.add_field("Account", "Products__c", "MultiselectPicklist(core;plus;extra)")
    first, second, third = (a["Id"] for a in truth(org)[:3])
    for id, value in ((first, "core;plus"), (second, "plus"), (third, None)):
        raw.batch({"Id": id, "Products__c": value})
    where = "SELECT Id FROM Account WHERE Products__c"
    assert set(raw.ids(f"{where} INCLUDES ('plus')")) == {first, second}
    assert raw.ids(f"{where} INCLUDES ('CORE;plus', 'extra')") == [first]
    assert raw.ids(f"{where} INCLUDES ('plu')") == []
    assert set(raw.ids(f"{where} EXCLUDES ('core')")) >= {second, third}
    assert first not in raw.ids(f"{where} EXCLUDES ('core')")


def test_the_owner_of_a_task_may_be_of_several_objects(shared_org: Crm, ask: Any) -> None:
    users = {user["Id"]: user for user in truth(shared_org, "User")}
    found = ask.records("SELECT OwnerId, Owner.Name, Owner.Type, Owner.Email FROM Task LIMIT 50")
    assert found
    for record in found:
        user = users[record["OwnerId"]]
        assert {k: record["Owner"][k] for k in ("Name", "Type", "Email")} == {
            "Name": user["Name"], "Type": "User", "Email": user["Email"],
        }  # fmt: skip


WEDNESDAY = date(2026, 2, 18)


@pytest.mark.parametrize(
    ("word", "first", "after"),
    [
        ("TODAY", "2026-02-18", "2026-02-19"),
        ("YESTERDAY", "2026-02-17", "2026-02-18"),
        ("LAST_N_DAYS:7", "2026-02-11", "2026-02-19"),
        ("NEXT_N_DAYS:2", "2026-02-19", "2026-02-21"),
        ("N_DAYS_AGO:3", "2026-02-15", "2026-02-16"),
        ("LAST_90_DAYS", "2025-11-20", "2026-02-19"),
        ("THIS_WEEK", "2026-02-15", "2026-02-22"),
        ("LAST_WEEK", "2026-02-08", "2026-02-15"),
        ("LAST_N_WEEKS:2", "2026-02-01", "2026-02-15"),
        ("THIS_MONTH", "2026-02-01", "2026-03-01"),
        ("NEXT_MONTH", "2026-03-01", "2026-04-01"),
        ("LAST_N_MONTHS:3", "2025-11-01", "2026-02-01"),
        ("N_MONTHS_AGO:2", "2025-12-01", "2026-01-01"),
        ("THIS_QUARTER", "2026-01-01", "2026-04-01"),
        ("LAST_QUARTER", "2025-10-01", "2026-01-01"),
        ("NEXT_N_QUARTERS:2", "2026-04-01", "2026-10-01"),
        ("THIS_FISCAL_YEAR", "2026-01-01", "2027-01-01"),
        ("LAST_N_YEARS:2", "2024-01-01", "2026-01-01"),
        ("N_FISCAL_QUARTERS_AGO:1", "2025-10-01", "2026-01-01"),
    ],
)
def test_a_date_literal_is_the_span_that_salesforce_documents(word: str, first: str, after: str) -> None:
    assert span(word, WEDNESDAY) == (date.fromisoformat(first), date.fromisoformat(after))


def test_date_literals_are_understood_in_any_case_and_by_dates_and_instants(
    shared_org: Crm, ask: Any
) -> None:
    first, after = span("this_year".upper(), date.fromisoformat(shared_org.now()[:10]))
    expected = {
        d["Id"]
        for d in truth(shared_org, "Opportunity")
        if first.isoformat() <= d["CloseDate"] < after.isoformat()
    }
    assert set(ask.ids("SELECT Id FROM Opportunity WHERE CloseDate = this_year")) == expected
    made = {d["Id"] for d in truth(shared_org, "Opportunity") if d["CreatedDate"] < first.isoformat()}
    assert set(ask.ids("SELECT Id FROM Opportunity WHERE CreatedDate < THIS_YEAR")) == made
