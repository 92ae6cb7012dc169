"""Strict mode: an edit between our look and our write is a conflict, whatever its moment."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from connectors.records import Outcome, RecordId, Write, WriteResult

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 5
STRICT: dict[str, Any] = {"strict": True, "owner_change": {"may_lose_teams_and_shares": True}}
WAYS = {"one-by-one": STRICT, "composite": {**STRICT, "strict_by_composite": True}}
_number = itertools.count(1)


def written(world: SalesforceWorld, writes: list[Write], settings: dict[str, Any]) -> list[WriteResult]:
    connector = world.connect(**settings)
    try:
        return connector.write(writes)
    finally:
        connector.close()


def moves(world: SalesforceWorld, count: int) -> list[Write]:
    ana, lee = world.owners()[:2]
    ids = [world.create({"name": f"Strict {next(_number)}", "owner_id": ana}) for _ in range(count)]
    return [
        Write(
            id, {"owner_id": lee, "score": 1.5, "note": None}, {"owner_id": ana, "score": None, "note": None}
        )
        for id in ids
    ]


def held(world: SalesforceWorld) -> dict[RecordId, dict[str, Any]]:
    return {RecordId(record["Id"]): dict(record) for record in world.crm.records("Account")}


@pytest.mark.parametrize("way", WAYS)
def test_unmoved_accounts_are_written_each_once(world: SalesforceWorld, way: str) -> None:
    writes = moves(world, 30)
    connector = world.connect(**WAYS[way])
    results = connector.write(writes)
    assert [r.outcome for r in results] == [Outcome.WRITTEN] * 30
    truth = held(world)
    assert all(truth[w.id]["OwnerId"] == w.values["owner_id"] for w in writes)
    assert all(truth[w.id]["Score__c"] == 1.5 for w in writes)
    assert [world.writes_seen(w.id) for w in writes] == [1] * 30
    assert connector.calls()["strict"] == (30 if way == "one-by-one" else 2)
    connector.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("moment", ["before the etag", "before the write"])
def test_a_person_s_edit_in_between_stands_and_is_a_conflict(
    world: SalesforceWorld, way: str, moment: str
) -> None:
    first, other = moves(world, 2)
    kim = world.owners()[2]
    single = "" if way == "composite" else rf"/{first.id}"
    path = r"/composite$" if way == "composite" else rf"/sobjects/Account{single}"
    # Composite is a POST both times: the look is its first call, the write its second.
    method = "POST" if way == "composite" else "GET" if moment == "before the etag" else "PATCH"
    after = int(way == "composite" and moment == "before the write")
    world.crm.fault(
        "human_edit",
        method=method,
        path=path,
        after=after,
        object="Account",
        id=first.id,
        values={"OwnerId": kim},
    )
    results = written(world, [first, other], WAYS[way])
    assert [r.outcome for r in results] == [Outcome.CONFLICT, Outcome.WRITTEN]
    assert held(world)[first.id]["OwnerId"] == kim
    assert world.writes_seen(first.id) == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_row_that_salesforce_refuses_fails_alone_with_its_words(world: SalesforceWorld, way: str) -> None:
    bad, fine = moves(world, 2)
    gone = next(r["Id"] for r in world.crm.records("User") if not r["IsActive"])
    bad = Write(bad.id, {"owner_id": gone}, {"owner_id": bad.expected["owner_id"]})
    results = written(world, [bad, fine], WAYS[way])
    assert [(r.outcome, r.code) for r in results] == [
        (Outcome.REJECTED, "INACTIVE_OWNER_OR_USER"),
        (Outcome.WRITTEN, ""),
    ]
    assert "inactive" in results[0].message


def test_an_org_that_ignores_if_match_in_composite_loses_an_edit_which_is_why_it_must_be_tried(
    world: SalesforceWorld,
) -> None:
    """The reason why `strict_by_composite` is off unless somebody tried it in their org."""
    [write] = moves(world, 1)
    world.crm.settings(composite_if_match=False)
    try:
        edit = {"object": "Account", "id": write.id, "values": {"OwnerId": world.owners()[2]}}
        world.crm.fault("human_edit", method="POST", path=r"/composite$", after=1, **edit)
        [result] = written(world, [write], WAYS["composite"])
        assert result.outcome is Outcome.WRITTEN
        world.crm.fault("human_edit", method="PATCH", path=rf"/{write.id}", **edit)
        back = Write(write.id, dict(write.expected), dict(write.values))
        [result] = written(world, [back], WAYS["one-by-one"])
        assert result.outcome is Outcome.CONFLICT
    finally:
        world.crm.settings(composite_if_match=True)


def test_an_account_without_an_etag_is_left_alone(
    world: SalesforceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    [write] = moves(world, 1)
    connector = world.connect(**STRICT)
    client = connector._client
    fetch = client.fetch
    monkeypatch.setattr(client, "fetch", lambda *args, **more: _without(fetch(*args, **more)))
    [result] = connector.write([write])
    connector.close()
    assert (result.outcome, result.code) == (Outcome.REJECTED, "NO_ETAG")
    assert world.writes_seen(write.id) == 0


def _without(answer: Any) -> Any:
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "etag"}
    return type(answer)(answer.status, headers, answer.body)
