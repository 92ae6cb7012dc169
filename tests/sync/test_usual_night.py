"""Doctor holds what the latest nights took against what the day has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base import Quota
from sync.doctor import crm_findings
from sync.snapshot import load
from tests.sync.world import World, make_world

TABLES, WRITES = 7, 4


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def told(world: World, limit: int, remaining: int) -> list[tuple[bool, str]]:
    world.crm.told_quota = Quota(limit, remaining)
    findings = crm_findings(world.session(), world.crm)
    return [(f.ok, f.message) for f in findings if f.what == "a usual night"]


def test_nothing_is_told_before_the_first_pull_or_where_a_crm_tells_of_no_quota(world: World) -> None:
    assert told(world, 1_000, 500) == []
    world.plan()
    world.crm.told_quota = Quota()
    assert [f.what for f in crm_findings(world.session(), world.crm)] == ["connection", "fields"]


def test_a_night_is_the_last_pull_and_the_longest_of_the_latest_runs(world: World) -> None:
    plan = world.plan()
    snapshot = load(world.session().snapshots)
    assert snapshot is not None
    assert snapshot.calls == TABLES
    assert told(world, 1_000, 500) == [
        (True, "a night takes about 7 calls: 7 as the last pull, none for writing so far")
    ]
    enacted = world.enact(plan)
    assert enacted.run.summary["calls"] == WRITES
    # what was written is brought into the snapshot, which was pulled with as many calls as before
    [(ok, message)] = told(world, 1_000, 500)
    assert ok
    assert message == "a night takes about 11 calls: 7 as the last pull, 4 as the longest of the latest runs"


def test_a_day_that_has_less_left_beside_the_reserve_is_a_finding(world: World) -> None:
    world.enact(world.plan())
    assert [ok for ok, _ in told(world, 100, 31)] == [True]
    [(ok, message)] = told(world, 100, 30)
    assert not ok
    assert message.endswith(
        "; 10 may be used today. It would stop there and go on when the quota has returned"
    )
