"""What our user may not read is named, with what to grant; it is never a blank, and never none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.errors import FieldProblems
from connectors.records import RecordKind
from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 30


@pytest.fixture(autouse=True)
def _shown(world: SalesforceWorld) -> Iterator[None]:
    yield
    world.crm.settings(hidden_fields="")
    for row in world.crm.records("ObjectPermissions"):
        world.crm.edit("ObjectPermissions", row["Id"], flags(row, to=True))


def flags(row: dict[str, Any], *, to: bool) -> dict[str, bool]:
    return {name: to for name in row if name.startswith("Permissions")}


def take_object(world: SalesforceWorld, sobject: str) -> None:
    [row] = [row for row in world.crm.records("ObjectPermissions") if row["SobjectType"] == sobject]
    world.crm.edit("ObjectPermissions", row["Id"], flags(row, to=False))


@pytest.mark.parametrize(
    ("hidden", "column"),
    [
        ("Task.AccountId", "account_id"),
        ("Event.AccountId", "account_id"),
        ("Task.ActivityDate", "occurred_at"),
        ("Task.CompletedDateTime", "occurred_at"),
        ("Task.IsClosed", "occurred_at"),
        ("Event.StartDateTime", "occurred_at"),
        ("Event.DurationInMinutes", "minutes"),
        ("Task.Type", "type"),
    ],
)
def test_a_field_hidden_on_tasks_or_events_alone_is_named(
    world: SalesforceWorld, hidden: str, column: str
) -> None:
    sobject, source = hidden.split(".")
    world.crm.settings(hidden_fields=hidden)
    connector = world.connect()
    said = f"activities.{column}: CRM field {source!r} of {sobject} is hidden from our user"
    with pytest.raises(FieldProblems, match=said) as found:
        connector.pull(RecordKind.ACTIVITIES)
    assert connector.check(writing=False) == list(found.value.problems)
    remarks = [remark.message for remark in connector.remarks(writing=False) if not remark.ok]
    assert [message.partition(" is there and our user may not read it")[0] for message in remarks] == [hidden]


def test_a_field_that_events_have_not_is_not_missed(world: SalesforceWorld) -> None:
    assert world.connect().check(writing=True) == []


@pytest.mark.parametrize("sobject", ["Account", "Opportunity"])
def test_an_object_that_is_hidden_whole_is_one_problem_with_the_right_to_grant(
    world: SalesforceWorld, sobject: str
) -> None:
    take_object(world, sobject)
    connector = world.connect()
    [problem] = connector.check(writing=True)
    assert str(problem).endswith(
        f"CRM field 'Id' of {sobject} is hidden from our user with the whole object: grant Read on {sobject}"
    )
    with pytest.raises(FieldProblems, match=f"grant Read on {sobject}"):
        connector.pull(RecordKind(problem.kind))
    [message] = [remark.message for remark in connector.remarks(writing=True) if not remark.ok]
    assert message.startswith(f"our user lacks {sobject}: Read (")


@pytest.mark.parametrize(("sobject", "kind"), [("Contact", "contacts"), ("Case", "cases")])
def test_children_that_cannot_be_seen_are_told_and_stop_where_they_are_to_move(
    world: SalesforceWorld, sobject: str, kind: str
) -> None:
    """Else none would be at stake."""
    take_object(world, sobject)

    def told(**changes: Any) -> list[bool]:
        remarks = world.connect(**changes).remarks(writing=True)
        return [remark.ok for remark in remarks if f"our user lacks {sobject}: Read" in remark.message]

    assert told() == [True]
    assert told(owner_change={"transfer": {kind: True}}) == [False]
