"""An interrupted run goes on only in the world it was begun in, and a plan dies with the world it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from connectors.records import Write
from sync.errors import StalePlan, Stopped
from sync.ledger import RunState, WriteState
from sync.plan import Plan
from sync.run import enact, night, propose, resume
from sync.snapshot import load
from sync.undo import plan_undo
from tests.sync.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


class Killed(BaseException):
    """Stands for kill -9: nothing is cleaned up by our code."""


def interrupt(world: World) -> Plan:
    """A run that dies with A03 and A04 written and A05 about to be, all three in flight."""

    def kill(write: Write) -> str | None:
        if len(world.crm.history) == 5:
            raise Killed
        return None

    plan = world.plan()
    world.crm.before_write = kill
    with pytest.raises(Killed):
        world.enact(plan)
    world.crm.before_write = lambda write: None
    assert len(world.crm.history) == 5
    return plan


def with_outputs(world: World, fields: Mapping[str, str | None]) -> World:
    """The same world with outputs that go to other CRM fields."""
    config = world.project.config
    outputs = config.outputs.model_copy(update={"fields": {**config.outputs.fields, **fields}})
    return replace(
        world, project=replace(world.project, config=config.model_copy(update={"outputs": outputs}))
    )


def test_an_interrupted_run_is_not_gone_on_with_in_another_org(world: World) -> None:
    plan = interrupt(world)
    world.crm.org = "production"
    with world.session().ledger() as ledger:
        for again in (resume, lambda s, led, crm: enact(s, led, plan, crm)):
            with pytest.raises(StalePlan, match="was interrupted in org fake"):
                again(world.session(), ledger, world.crm)
        assert ledger.unfinished() is not None
    assert len(world.crm.history) == 5
    world.crm.org = "fake"
    assert world.enact(plan).counts == {WriteState.APPLIED: 12}


def test_an_expired_plan_is_not_gone_on_with_by_apply_either(world: World) -> None:
    plan = interrupt(world)
    world.later(hours=25)
    enacted = world.enact(plan)
    assert enacted.run.state is RunState.EXPIRED
    assert enacted.counts == {WriteState.APPLIED: 5, WriteState.HELD: 7}
    assert len(world.crm.history) == 5


def test_a_run_whose_columns_go_to_other_fields_by_now_ends_and_says_what_it_does_not_know(
    world: World,
) -> None:
    plan = interrupt(world)
    enacted = with_outputs(world, {"tier": "somewhere_else"}).enact(plan)
    assert enacted.run.state is RunState.EXPIRED
    assert enacted.counts == {WriteState.APPLIED: 3, WriteState.UNKNOWN: 3, WriteState.HELD: 6}
    assert len(world.crm.history) == 5
    assert world.enact(world.plan()).counts == {WriteState.APPLIED: 7}


def test_an_undo_does_not_write_to_a_field_that_the_run_did_not_write(world: World) -> None:
    enacted = world.enact(world.plan())
    with world.session().ledger() as ledger:
        undo = plan_undo(world.session(), ledger, enacted.run)
    with pytest.raises(StalePlan, match="written to another CRM field now"):
        with_outputs(world, {"tier": "somewhere_else"}).enact(undo)


def test_a_run_is_noticed_by_older_plans_although_the_clock_was_put_back(world: World) -> None:
    world.enact(world.plan())
    world.crm.accounts["A00"]["country"] = "DE"
    first = world.plan()
    world.later(hours=-1)
    world.crm.accounts["A03"]["country"] = "DE"
    world.enact(world.plan())
    with pytest.raises(StalePlan, match="another run wrote to the CRM"):
        world.enact(first)


def test_a_plan_from_tomorrow_is_stale_not_young(world: World) -> None:
    plan = world.plan()
    world.later(days=-30)
    with pytest.raises(StalePlan, match="720 h from now: the clock was put back"):
        world.enact(plan)


def test_a_new_plan_from_an_old_pull_is_as_old_as_the_pull(world: World) -> None:
    world.plan()
    world.later(hours=30)
    snapshot = load(world.session().snapshots)
    assert snapshot is not None
    with world.session().ledger() as ledger:
        plan = propose(world.session(), ledger, snapshot)
    with pytest.raises(StalePlan, match="from a pull that is 30 h old"):
        world.enact(plan)


def test_a_night_that_is_told_to_end_while_it_resumes_does_not_begin_another_plan(world: World) -> None:
    interrupt(world)
    sent = len(world.crm.history)
    stopping = replace(world.session(), stopping=lambda: len(world.crm.history) > sent)
    with world.session().ledger() as ledger:
        with pytest.raises(Stopped):
            night(stopping, ledger, world.crm, write=True)
        assert ledger.unfinished() is not None
        night(world.session(), ledger, world.crm, write=True)
        assert ledger.unfinished() is None
    assert len(world.crm.history) == 12


def test_a_night_that_is_not_to_write_does_not_go_on_with_what_was_interrupted_either(world: World) -> None:
    interrupt(world)
    with world.session().ledger() as ledger:
        night(world.session(), ledger, world.crm, write=False)
        assert ledger.unfinished() is not None
    assert len(world.crm.history) == 5


def test_kpis_and_owner_of_one_record_never_stand_in_one_call(tmp_path: Path) -> None:
    world = make_world(tmp_path, apply={"order": "kpis_first"})
    world.crm.batch = 200
    assert world.enact(world.plan()).counts == {WriteState.APPLIED: 24}
    owners = [index for index, (_, values) in enumerate(world.crm.history) if "owner_id" in values]
    assert owners == list(range(12, 24))


def test_what_was_written_in_two_calls_is_in_the_snapshot_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few records in one look that the two writes of an account are in different looks.
    monkeypatch.setattr("sync.apply.LOOKUP", 5)
    world = make_world(tmp_path, apply={"order": "kpis_first"})
    world.enact(world.plan())
    snapshot = load(world.session().snapshots)
    assert snapshot is not None
    assert pq.read_table(snapshot.tables.accounts)["id"].to_pylist() == sorted(world.crm.accounts)


def test_undo_leaves_what_a_person_had_set_before_the_run_came_to_it(world: World) -> None:
    plan = world.plan()
    world.crm.accounts["A00"]["owner_id"] = "U-ana"  # a person does what the plan is about to do
    enacted = world.enact(plan)
    assert enacted.counts == {WriteState.APPLIED: 12}
    with world.session().ledger() as ledger:
        undo = plan_undo(world.session(), ledger, enacted.run)
    world.enact(undo)
    assert world.owner("A00") == "U-ana"
    assert world.crm.accounts["A00"]["out_territory"] is None
    assert world.owner("A03") is None
