"""Writing to a portal that fails, lags, refuses and is edited by people at the wrong moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Load
from connectors.errors import QuotaSpent
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.forecast import forecast
from connectors.records import Outcome, RecordId, Write
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.conftest import Connect, Reply, Scripted
from tests.connectors.hubspot.plans import plan, some
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

SEED = Seed(accounts=120, reps=6, seed=5, activities_per_account=0)


@pytest.fixture(params=["v3", "2026-09"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    """One version that answers 207, one that refuses a whole batch for one missing record."""
    with running("hubspot", seed=SEED, fields=FIELDS) as crm:
        crm.settings(search_lag=0, search_limit=100_000, burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


@pytest.fixture
def connector(world: HubSpotWorld) -> Iterator[HubSpotConnector]:
    connector = world.connect()
    connector.check(writing=True)
    yield connector
    connector.close()


@pytest.mark.parametrize("bad", [1, 3, 17])
def test_bad_rows_never_block_the_others(world: HubSpotWorld, connector: HubSpotConnector, bad: int) -> None:
    """A batch of 100 that is refused whole is halved until only the bad ones are left."""
    ids = some(world, 100)
    wrong = set(ids[:: 100 // bad][:bad])
    before = {r["id"]: r["owner_id"] for r in connector.lookup(ids, ["owner_id"]).to_pylist()}
    owners = world.owners()
    writes = [
        Write(
            id,
            {"owner_id": RecordId("4711") if id in wrong else next(o for o in owners if o != before[id])},
            {"owner_id": before[id]},
        )
        for id in ids
    ]
    results = {r.id: r for r in connector.write(writes)}
    for id in ids:
        assert results[id].outcome is (Outcome.REJECTED if id in wrong else Outcome.WRITTEN), results[id]
        assert world.writes_seen(id) == (0 if id in wrong else 1)
    for id in wrong:
        assert results[id].code == "INVALID_OWNER_ID"
        assert "4711" in results[id].message


def test_a_vanished_record_is_rejected_and_sinks_no_batch(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    """Gone between look and write: v3 names it in a 207, 2026-09 refuses the batch whole."""
    ids = some(world, 10)
    world.crm.fault(
        "human_edit", path="batch/update", object="companies", id=ids[4], values={"archived": True}
    )
    results = connector.write(plan(ids))
    outcomes = [r.outcome for r in results]
    assert outcomes == [Outcome.REJECTED if n == 4 else Outcome.WRITTEN for n in range(10)]
    assert results[4].code == "OBJECT_NOT_FOUND"


def test_an_edit_between_look_and_write_is_found_and_told(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    """HubSpot knows no If-Match: the edit is lost, but never in silence."""
    ids = some(world, 60)
    world.crm.fault(
        "human_edit",
        path="batch/update",
        object="companies",
        id=ids[55],
        values={"territory_note": "mine"},
    )
    results = connector.write(plan(ids))
    assert {r.outcome for r in results} == {Outcome.WRITTEN}
    assert [r.id for r in results if r.code] == [ids[55]]
    assert results[55].code == "OVERWROTE"
    assert "'mine'" in results[55].message
    assert "CRM_UI" in results[55].message


def test_an_edit_after_the_write_is_no_overwriting(world: HubSpotWorld, connector: HubSpotConnector) -> None:
    ids = some(world, 3)
    world.crm.fault(
        "human_edit", path="batch/read", after=1, object="companies", id=ids[1], values={"territory_score": 1}
    )
    results = connector.write(plan(ids))
    assert [(r.outcome, r.code) for r in results] == [(Outcome.WRITTEN, "")] * 3


def test_a_batch_that_is_halved_is_looked_at_again(world: HubSpotWorld, connector: HubSpotConnector) -> None:
    """An edit made while halves are sent is a conflict, not overwritten."""
    ids = some(world, 8)
    writes = plan(ids)
    writes[0] = Write(ids[0], {"owner_id": "4711"}, {})
    world.crm.fault(
        "human_edit",
        path="batch/update",
        object="companies",
        id=ids[7],
        values={"territory_score": 99},
    )
    results = connector.write(writes)
    assert results[0].outcome is Outcome.REJECTED
    assert results[7].outcome is Outcome.CONFLICT
    assert results[7].found["score"] == 99.0
    assert {r.outcome for r in results[1:7]} == {Outcome.WRITTEN}


def test_only_what_differs_is_sent(world: HubSpotWorld, connector: HubSpotConnector) -> None:
    [id] = some(world, 1)
    world.edit(id, {"score": 7.5})
    assert connector.write(plan([id]))[0].outcome is Outcome.WRITTEN
    ours = [r["field"] for r in world.crm.history("companies", id) if r["actor"] == "api"]
    assert ours == ["territory_note"]


def test_one_record_twice_in_a_call_is_written_in_order(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    """HubSpot refuses a batch that names a record twice."""
    first, second = some(world, 2)
    results = connector.write(
        [
            Write(first, {"score": 1.0}, {"score": None}),
            Write(second, {"score": 5.0}, {"score": None}),
            Write(first, {"score": 2.0}, {"score": 1.0}),
            Write(first, {"score": 3.0}, {"score": None}),
        ]
    )
    assert [r.outcome for r in results] == [Outcome.WRITTEN] * 3 + [Outcome.CONFLICT]
    assert connector.lookup([first], ["score"])["score"].to_pylist() == [2.0]


def test_a_quota_spent_half_way_leaves_the_rest_unsent_and_says_so(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    """It may not raise any more, as something was written; what was not sent is told as such."""
    ids = some(world, 4)
    writes = plan(ids)
    writes[3] = Write(ids[3], {"owner_id": "4711"}, {})
    world.crm.fault("quota", path="batch/update", after=2, times=None)
    results = connector.write(writes)
    assert [r.outcome for r in results] == [Outcome.WRITTEN] * 3 + [Outcome.UNKNOWN]
    assert results[3].code == "NOT_SENT"
    with pytest.raises(QuotaSpent):
        connector.write(plan(ids[3:]))


def test_history_that_cannot_be_read_is_told(world: HubSpotWorld, connector: HubSpotConnector) -> None:
    world.crm.fault("unavailable", path="batch/read", after=1, times=None)
    [result] = connector.write(plan(some(world, 1)))
    assert (result.outcome, result.code) == (Outcome.WRITTEN, "UNVERIFIED")


@pytest.mark.parametrize(
    ("values", "said"),
    [({"name": "x"}, "no property that is written"), ({"score": float("nan")}, "no number")],
)
def test_what_cannot_be_sent_is_refused_before_any_call(
    world: HubSpotWorld, values: dict[str, Any], said: str
) -> None:
    connector = world.connect()
    with pytest.raises(ValueError, match=said):
        connector.write([Write(some(world, 1)[0], values, {})])
    assert connector.calls() == {}
    connector.close()


def test_a_call_is_planned_for_each_look_write_and_history(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    """The plan prints what a night costs, so the number must hold."""
    before = Counter(connector.calls())
    connector.write(plan(some(world, 100)))
    # The second look is the caller's.
    connector.lookup(some(world, 100), ["score"])
    taken = dict(Counter(connector.calls()) - before)
    assert taken == forecast(world.settings(), Load(100)).calls == {"batch update": 1, "batch read": 4}
    assert forecast(world.settings(), Load(60, (40, 1))).calls == {"batch update": 2, "batch read": 7}


def answer(results: list[dict[str, Any]], **more: Any) -> Reply:
    return Reply(more.pop("status", 200), {"status": "COMPLETE", "results": results, **more})


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (answer([{"id": "1", "properties": {"territory_score": "7.50"}}]), Outcome.WRITTEN),
        (answer([{"id": "1", "properties": {"territory_score": "8"}}]), Outcome.UNKNOWN),
        (answer([{"id": "1", "properties": {"territory_score": "many"}}]), Outcome.UNKNOWN),
        (answer([{"id": "1", "properties": {}}]), Outcome.UNKNOWN),
        (answer([{"id": "2", "properties": {"territory_score": "7.5"}}]), Outcome.UNKNOWN),
        (answer([]), Outcome.UNKNOWN),
        (Reply(200, {"status": "COMPLETE"}), Outcome.UNKNOWN),
        (Reply(202, {"status": "PENDING"}), Outcome.UNKNOWN),
        (
            answer([], status=207, errors=[{"category": "X", "message": "no", "context": {"ids": ["1"]}}]),
            Outcome.REJECTED,
        ),
        (answer([], status=207, errors=[{"category": "X", "message": "somebody"}]), Outcome.UNKNOWN),
    ],
)
def test_only_what_the_answer_says_of_a_record_is_believed(
    hubspot: Scripted, connect: Connect, reply: Reply, outcome: Outcome
) -> None:
    from tests.connectors.hubspot.scripts import scripted_connector

    connector = scripted_connector(hubspot, verify_history=False)
    hubspot.will(answer([{"id": "1", "properties": {"territory_score": ""}}]), reply)
    [result] = connector.write([Write(RecordId("1"), {"score": 7.5}, {"score": None})])
    assert result.outcome is outcome, result
    assert outcome is Outcome.WRITTEN or result.message
    connector.close()


def test_an_edit_overwritten_by_a_write_without_an_answer_is_told(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    """Reading the record back would find our value and nothing of what was there before it."""
    first, second = some(world, 2)
    path = "batch/update"
    world.crm.fault("human_edit", path=path, object="companies", id=first, values={"territory_note": "mine"})
    world.crm.fault("applied_torn", path=path)
    results = connector.write(plan([first, second]))
    assert [(r.outcome, r.code) for r in results] == [
        (Outcome.WRITTEN, "OVERWROTE"),
        (Outcome.UNKNOWN, "NO_ANSWER"),
    ]
    assert "'mine' by CRM_UI" in results[0].message
