"""Waits between look and write, batches side by side, and how few calls find what HubSpot refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.records import Outcome, RecordId, Write
from connectors.retry import RetryPolicy
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.plans import plan, some
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

SEED = Seed(accounts=120, reps=6, seed=5, activities_per_account=0)


@pytest.fixture(params=["v3", pytest.param("2026-09", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
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


WAITS: list[tuple[str, dict[str, Any], float]] = [
    ("rate_limit", {"shape": "burst"}, 10),
    ("rate_limit", {"shape": "burst", "retry_after": 4}, 4),
    ("rate_limit", {"shape": "search"}, 0.5),
    ("status", {"status": 423}, 2),
]


@pytest.mark.parametrize(("kind", "details", "least"), WAITS, ids=[f"{k}-{d}" for k, d, _ in WAITS])
def test_an_edit_made_during_a_wait_is_never_overwritten(
    world: HubSpotWorld, kind: str, details: dict[str, Any], least: float
) -> None:
    """The batch is looked at anew before it is sent again."""
    ids = some(world, 3)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        world.edit(ids[1], {"score": 99.0})

    connector = world.connect(retry=RetryPolicy(sleep=sleep))
    world.crm.fault(kind, path="batch/update", **details)
    results = connector.write(plan(ids))
    connector.close()
    assert max(slept) >= least
    assert [r.outcome for r in results] == [Outcome.WRITTEN, Outcome.CONFLICT, Outcome.WRITTEN]
    assert results[1].found["score"] == 99.0
    assert connector.lookup([ids[1]], ["score"])["score"].to_pylist() == [99.0]


def test_an_edit_made_while_the_token_is_renewed_is_never_overwritten(
    world: HubSpotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = some(world, 3)
    connector = world.connect()
    connector.check(writing=True)

    def renewed(refused: str) -> bool:
        world.edit(ids[1], {"score": 99.0})
        return True

    monkeypatch.setattr(connector._client._tokens, "is_replaced", renewed)
    world.crm.fault("expire_session", path="batch/update")
    results = connector.write(plan(ids))
    connector.close()
    assert [r.outcome for r in results] == [Outcome.WRITTEN, Outcome.CONFLICT, Outcome.WRITTEN]


def test_a_call_waits_for_its_turn_before_its_records_are_looked_at(
    world: HubSpotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the window full a wait of ten seconds stands nowhere between look and write."""
    connector = world.connect()
    connector.check(writing=True)
    limits = connector._client.limits
    order: list[str] = []

    def noted(name: str) -> None:
        real = getattr(limits, name)

        def call(*kept: float, **given: Any) -> Any:
            order.append(name)
            return real(*kept, **given)

        monkeypatch.setattr(limits, name, call)

    for name in ("keep", "wait", "take", "give_back"):
        noted(name)
    ids = some(world, 3)
    assert {r.outcome for r in connector.write(plan(ids))} == {Outcome.WRITTEN}
    assert order == ["keep", "wait", "take", "wait"], "room for the write, look, write, history"
    order.clear()
    assert {r.outcome for r in connector.write(plan(ids))} == {Outcome.UNCHANGED}
    assert order == ["keep", "wait", "give_back"]
    connector.close()


@pytest.mark.parametrize("bad", [1, 40])
def test_records_of_one_bad_owner_take_three_calls_to_find(
    world: HubSpotWorld, connector: HubSpotConnector, bad: int
) -> None:
    """HubSpot names the value that it refuses: those that hold it are sent apart, and share its words."""
    ids = some(world, 100)
    live = {r["id"]: r["owner_id"] for r in connector.lookup(ids, ["owner_id"]).to_pylist()}
    wanted = {id: next(o for o in world.owners() if o != live[id]) for id in ids}
    wanted |= dict.fromkeys(ids[7 : 7 + bad], RecordId("4711"))
    before = connector.calls().get("batch update", 0)
    results = connector.write([Write(id, {"owner_id": wanted[id]}, {"owner_id": live[id]}) for id in ids])
    refused = [r.id for r in results if r.outcome is Outcome.REJECTED]
    assert refused == ids[7 : 7 + bad]
    assert {r.code for r in results if r.id in refused} == {"INVALID_OWNER_ID"}
    assert sum(r.outcome is Outcome.WRITTEN for r in results) == 100 - bad
    assert connector.calls()["batch update"] - before == 3


def test_of_batches_side_by_side_each_row_ends_in_its_own_state(world: HubSpotWorld) -> None:
    """One batch loses its answer, a row of one was edited, and no other suffers."""
    ids = some(world, 120)
    connector = world.connect()
    writes = plan(ids)
    world.edit(ids[5], {"score": 99.0})
    world.crm.fault("status", path="batch/update", status=500, times=1)
    results = connector.write(writes)
    outcomes = Counter(r.outcome for r in results)
    assert outcomes[Outcome.CONFLICT] == 1
    assert outcomes[Outcome.UNKNOWN] in (20, 99, 100)
    assert sum(outcomes.values()) == 120
    assert [r.id for r in results] == ids
    with pytest.raises(ValueError, match="at most 2000"):
        connector.write([Write(RecordId(str(n)), {"score": 1.0}, {}) for n in range(2_001)])
    connector.close()


def test_asked_to_stop_between_batches_the_rest_is_not_sent(world: HubSpotWorld) -> None:
    """What was not begun is unknown to the caller, who finds it unchanged when it is read back."""
    ids = some(world, 120)
    connector = world.connect()
    results = connector.write(plan(ids), stopping=lambda: True)
    connector.close()
    assert {(r.outcome, r.code) for r in results} == {(Outcome.UNKNOWN, "NOT_SENT")}
    assert {world.writes_seen(id) for id in ids} == {0}
