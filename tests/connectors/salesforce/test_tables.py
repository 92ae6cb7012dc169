"""What becomes of Salesforce's own objects in our tables, against the local org."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from connectors.errors import FieldProblems, Refused
from connectors.mapping import FieldType, MappedField
from connectors.records import RecordKind, Watermark
from connectors.salesforce import plugin
from connectors.salesforce.connector import SalesforceConnector

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 30


def made(world: SalesforceWorld, sobject: str, **values: Any) -> str:
    answer = requests.post(
        f"{world.crm.url}/services/data/v62.0/sobjects/{sobject}",
        json=values,
        headers={"Authorization": f"Bearer {world.token()}"},
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def rows(connector: SalesforceConnector, kind: RecordKind, since: Watermark | None = None) -> dict[str, Any]:
    pull = connector.pull(kind, since)
    return {row["id"]: row for batch in pull.batches for row in batch.to_pylist()}


def test_activities_are_tasks_and_events_in_one_table(world: SalesforceWorld) -> None:
    account = next(iter(world.ids()))
    common = {"WhatId": account, "Subject": "x"}
    call = made(
        world, "Task", **common, Status="Completed", TaskSubtype="Call", CallDurationInSeconds=90,
        CallType="Outbound", ActivityDate="2026-03-01",
    )  # fmt: skip
    email = made(world, "Task", **common, Status="Completed", TaskSubtype="Email", ActivityDate="2026-03-02")
    todo = made(world, "Task", **common, Status="Not Started", ActivityDate="2026-03-03")
    meeting = made(
        world, "Event", **common, StartDateTime="2026-03-04T09:00:00Z", DurationInMinutes=45,
        ActivityDateTime="2026-03-04T09:00:00Z",
    )  # fmt: skip
    connector = world.connect(page_size=200)
    found = rows(connector, RecordKind.ACTIVITIES)
    connector.close()
    assert {id: found[id]["type"] for id in (call, email, todo, meeting)} == {
        call: "call", email: "email", todo: "task", meeting: "meeting",
    }  # fmt: skip
    assert {found[id]["account_id"] for id in (call, email, todo, meeting)} == {account}
    assert (found[call]["minutes"], found[call]["direction"]) == (1.5, "outbound")
    assert found[call]["occurred_at"] is not None
    assert found[todo]["occurred_at"] is None, "an open task has not taken place"
    assert found[meeting]["minutes"] == 45
    assert found[meeting]["occurred_at"] == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert len(found) == len(world.crm.records("Task")) + len(world.crm.records("Event"))


def test_a_change_of_an_activity_comes_whichever_object_it_is_in(world: SalesforceWorld) -> None:
    account = next(iter(world.ids()))
    connector = world.connect()
    since = connector.pull(RecordKind.ACTIVITIES).watermark
    world.advance(3600)
    task = made(world, "Task", WhatId=account, Subject="x", Status="Completed")
    start = "2026-03-04T09:00:00Z"
    event = made(
        world,
        "Event",
        WhatId=account,
        Subject="x",
        StartDateTime=start,
        ActivityDateTime=start,
        DurationInMinutes=5,
    )
    assert {task, event} <= set(rows(connector, RecordKind.ACTIVITIES, since))
    world.crm.edit("Task", task, {"IsDeleted": True})
    assert rows(connector, RecordKind.ACTIVITIES, since)[task]["deleted"] is True
    connector.close()


def test_opportunities_have_shares_and_dates(world: SalesforceWorld) -> None:
    account = next(iter(world.ids()))
    id = made(
        world, "Opportunity", Name="Deal", AccountId=account, StageName="Prospecting", CloseDate="2026-06-30",
        Amount=1000.5, Probability=10,
    )  # fmt: skip
    connector = world.connect()
    row = rows(connector, RecordKind.OPPORTUNITIES)[id]
    connector.close()
    assert (row["probability"], row["amount"], row["closed"], str(row["close_date"])) == (
        0.1,
        1000.5,
        False,
        "2026-06-30",
    )


def test_queues_and_the_user_we_log_in_as_are_no_people(world: SalesforceWorld) -> None:
    connector = world.connect()
    owners = rows(connector, RecordKind.OWNERS)
    connector.close()
    queues = [row for row in owners.values() if row["id"].startswith("00G")]
    assert queues
    assert not any(row["person"] for row in queues)
    us = next(
        user["Id"] for user in world.crm.records("User") if user["Username"] == world.credentials["username"]
    )
    assert owners[us]["person"] is False
    selling = world.connect(login_user_is_person=True)
    assert rows(selling, RecordKind.OWNERS)[us]["person"] is True
    selling.close()
    named = next(u for u in world.crm.records("User") if u["Email"].startswith("rep"))
    fewer = world.connect(not_people=(named["Username"].upper(),))
    assert rows(fewer, RecordKind.OWNERS)[named["Id"]]["person"] is False
    fewer.close()


def test_a_field_that_our_user_may_not_read_is_told_and_not_read_as_empty(world: SalesforceWorld) -> None:
    world.crm.settings(hidden_fields="Account.AnnualRevenue")
    connector = world.connect()
    try:
        [problem] = connector.check(writing=False)
        assert problem.source == "AnnualRevenue"
        assert "hidden from our user" in problem.problem
        with pytest.raises(FieldProblems, match="AnnualRevenue"):
            connector.pull(RecordKind.ACCOUNTS)
    finally:
        world.crm.settings(hidden_fields="")
        connector.close()


def test_a_field_of_another_type_is_a_problem_of_the_mapping(world: SalesforceWorld) -> None:
    wrong = [MappedField("seats", "Industry", FieldType.INTEGER), MappedField("address", "BillingAddress")]
    connector = world.connect(fields=wrong)
    problems = {p.name: p.problem for p in connector.check(writing=False)}
    connector.close()
    assert "is of type picklist, which is no integer" in problems["seats"]
    assert "address" in problems


@pytest.mark.parametrize("mark", ["", "{}", "[1]", '{"kind":"owners","upto":{}}', '{"kind":"accounts"}'])
def test_a_watermark_of_another_making_is_refused(world: SalesforceWorld, mark: str) -> None:
    connector = world.connect()
    with pytest.raises(Refused, match="watermark"):
        connector.pull(RecordKind.ACCOUNTS, Watermark(mark))
    connector.close()


def test_a_field_name_counts_whatever_its_case(world: SalesforceWorld) -> None:
    connector = world.connect(fields=[MappedField("trade", "INDUSTRY")])
    assert connector.check(writing=True) == []
    found = rows(connector, RecordKind.ACCOUNTS).values()
    connector.close()
    assert all(row["trade"] == row["industry"] for row in found)
    assert plugin.kind == "salesforce"
