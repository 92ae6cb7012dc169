"""Owner changes that keep what the config says, judged by the org's own records and history."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from connectors.records import Outcome, RecordId, Write, WriteResult

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 5
_number = itertools.count(1)


def account(world: SalesforceWorld, owner: RecordId, **values: Any) -> RecordId:
    return world.create({"name": f"Owned {next(_number)}", "owner_id": owner, **values})


def move(id: RecordId, old: RecordId, new: RecordId, **values: Any) -> Write:
    return Write(id, {"owner_id": new, **values}, {"owner_id": old, **dict.fromkeys(values)})


def written(world: SalesforceWorld, writes: list[Write], **change: Any) -> list[WriteResult]:
    connector = world.connect(owner_change=change)
    try:
        return connector.write(writes)
    finally:
        connector.close()


def find(world: SalesforceWorld, object: str, **values: Any) -> list[dict[str, Any]]:
    return [
        dict(record)
        for record in world.crm.records(object)
        if not record.get("IsDeleted") and all(record[name] == value for name, value in values.items())
    ]


def test_an_owner_change_keeps_the_account_team_and_writes_the_fields_with_it(world: SalesforceWorld) -> None:
    ana, lee, kim = world.owners()[:3]
    id = account(world, ana)
    world.make("AccountTeamMember", AccountId=id, UserId=kim, TeamMemberRole="Sales Rep")
    connector = world.connect()
    [result] = connector.write([move(id, ana, lee, score=4.5)])
    assert result.outcome is Outcome.WRITTEN, result
    [now] = find(world, "Account", Id=id)
    assert (now["OwnerId"], now["Score__c"]) == (lee, 4.5)
    assert [m["UserId"] for m in find(world, "AccountTeamMember", AccountId=id)] == [kim]
    assert connector.calls()["soap"] == 1
    assert world.writes_seen(id) == 1
    connector.close()
