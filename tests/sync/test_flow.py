"""From a pull to verified writes, on a CRM in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Quota
from connectors.errors import QuotaSpent
from connectors.records import Write, WriteResult
from sync.approve import approve
from sync.errors import GateRefused, StalePlan, StateDamaged, SyncError
from sync.ledger import RunState, WriteState
from sync.run import night, propose, resume
from sync.snapshot import load as load_snapshot
from sync.undo import plan_undo
from tests.sync.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_night_gives_every_account_the_owner_of_its_rule(world: World) -> None:
    enacted = world.enact(world.plan())
    assert enacted.run.state is RunState.DONE
    assert enacted.counts == {WriteState.APPLIED: 12}
    assert [world.owner(f"A{n:02}") for n in range(3)] == ["U-ana", "U-lee", "U-kim"]
    assert world.crm.accounts["A00"]["out_territory"] == "us"
    assert "country" in str(world.crm.accounts["A00"]["out_reason"])


def test_the_second_night_writes_nothing(world: World) -> None:
    world.enact(world.plan())
    written = len(world.crm.history)
    with world.session().ledger() as ledger:
        plan, enacted = night(world.session(), ledger, world.crm, write=True)
    assert plan.is_empty and enacted is None
    assert len(world.crm.history) == written


def test_equal_input_gives_a_byte_identical_plan(world: World) -> None:
    first = world.plan()
    content = first.path.read_bytes()
    world.later(hours=1)
    world.crm.accounts = dict(reversed(world.crm.accounts.items()))
    second = world.plan()
    assert second.id == first.id
    assert second.path.read_bytes() == content


def test_what_the_crm_holds_after_apply_is_what_the_plan_says(world: World) -> None:
    plan = world.plan()
    world.enact(plan)
    for row in plan.changes().to_pylist():
        live = world.crm.accounts[row["record_id"]][row["field"]]
        shown = "true" if live is True else "false" if live is False else str(live)
        assert shown == row["after"] or float(shown) == float(row["after"])


def test_a_manual_change_between_plan_and_apply_survives_and_is_held_from_then_on(world: World) -> None:
    plan = world.plan()
    world.crm.accounts["A00"]["owner_id"] = "U-kim"
    enacted = world.enact(plan)
    assert enacted.run.state is RunState.PARTIAL
    assert enacted.counts == {WriteState.APPLIED: 11, WriteState.CONFLICT: 1}
    assert world.owner("A00") == "U-kim"
    following = world.plan()
    assert following.summary["owner_changes"] == 0
    assert [h["id"] for h in following.summary["held_accounts"]] == ["A00"]


def test_a_manual_change_after_ours_is_held_until_it_is_released(world: World) -> None:
    world.enact(world.plan())
    world.crm.accounts["A01"]["owner_id"] = "U-ana"
    held = world.plan()
    assert held.summary["held"] == 1 and held.summary["owner_changes"] == 0
    with world.session().ledger() as ledger:
        ledger.release(["A01"], at=world.time, by="tester")
    released = world.plan()
    assert released.summary["owner_changes"] == 1


def test_a_rejected_row_does_not_sink_the_others(world: World) -> None:
    world.crm.before_write = lambda write: "rejected" if write.id == "A04" else None
    enacted = world.enact(world.plan())
    assert enacted.counts == {WriteState.APPLIED: 11, WriteState.REJECTED: 1}
    with world.session().ledger() as ledger:
        [rejected] = ledger.writes(enacted.run.id, [WriteState.REJECTED])
    assert (rejected.record_id, rejected.code, rejected.message) == ("A04", "VALIDATION", "the CRM says no")


def test_a_lost_answer_is_read_back_and_never_written_twice(world: World) -> None:
    lost = {"A02", "A05"}
    world.crm.before_write = lambda write: "lost" if write.id in lost else None
    enacted = world.enact(world.plan())
    assert enacted.counts == {WriteState.APPLIED: 12}
    assert sorted(record for record, _ in world.crm.history) == sorted(world.crm.accounts)


def test_a_lost_answer_is_read_back_before_anything_is_sent_again(world: World) -> None:
    asked: list[str] = []

    def lose(write: Write) -> str | None:
        asked.append(write.id)
        return "lost" if write.id in ("A02", "A05") else None

    world.crm.before_write = lose
    world.enact(world.plan())
    assert sorted(asked) == sorted(world.crm.accounts)


def test_a_write_that_never_arrived_is_sent_again(world: World) -> None:
    failing = {"A02"}

    def once(write: Write) -> str | None:
        if write.id in failing:
            failing.discard(write.id)
            return "not sent"
        return None

    world.crm.before_write = once
    assert world.enact(world.plan()).counts == {WriteState.APPLIED: 12}
    assert world.owner("A02") == "U-kim"


def test_a_write_whose_outcome_stays_unknown_is_said_to_be_unknown(world: World) -> None:
    world.crm.before_write = lambda write: "not sent" if write.id == "A02" else None
    enacted = world.enact(world.plan())
    assert enacted.run.state is RunState.PARTIAL
    assert enacted.counts == {WriteState.APPLIED: 11, WriteState.UNKNOWN: 1}


def test_an_interrupted_run_is_resumed_and_nothing_is_written_twice(world: World) -> None:
    class Killed(BaseException):
        """Stands for kill -9: nothing is cleaned up by our code."""

    def kill(write: Write) -> str | None:
        if write.id == "A07":
            raise Killed
        return None

    world.crm.before_write = kill
    plan = world.plan()
    with pytest.raises(Killed):
        world.enact(plan)
    world.crm.before_write = lambda write: None
    with world.session().ledger() as ledger:
        resumed = resume(world.session(), ledger, world.crm)
    assert resumed is not None and resumed.counts == {WriteState.APPLIED: 12}
    assert sorted(record for record, _ in world.crm.history) == sorted(world.crm.accounts)


def test_a_run_that_is_resumed_after_its_plan_expired_sends_nothing_more(world: World) -> None:
    session = world.session()
    plan = world.plan()
    from dataclasses import replace

    from sync.run import enact

    stopping = replace(session, stopping=lambda: bool(world.crm.history))
    with session.ledger() as ledger:
        assert enact(stopping, ledger, plan, world.crm).run.state is RunState.RUNNING
    sent = len(world.crm.history)
    assert 0 < sent < 12
    world.later(hours=25)
    with world.session().ledger() as ledger:
        resumed = resume(world.session(), ledger, world.crm)
    assert resumed is not None and resumed.run.state is RunState.EXPIRED
    assert resumed.counts == {WriteState.APPLIED: sent, WriteState.HELD: 12 - sent}
    assert len(world.crm.history) == sent


def test_a_plan_dies_when_the_rules_the_crm_the_config_the_ledger_or_its_age_move(world: World) -> None:
    rules = world.folder / "rules.yaml"
    plan = world.plan()
    kept = rules.read_text()
    rules.write_text(kept.replace("territory: de", "territory: dach"))
    with pytest.raises(StalePlan, match="the rules changed"):
        world.enact(plan)
    rules.write_text(kept)
    world.later(hours=25)
    with pytest.raises(StalePlan, match="25 h old"):
        world.enact(plan)
    world.later(hours=-25)
    world.crm.accounts["A00"]["name"] = "Renamed"
    newer = world.plan()
    with pytest.raises(StalePlan, match="pulled again"):
        world.enact(plan)
    world.enact(newer)
    with pytest.raises(StalePlan, match="was carried out by run"):
        world.enact(newer)
    assert {name for name, _ in world.crm.history} == set(world.crm.accounts)


def test_a_plan_for_another_org_is_refused(world: World) -> None:
    plan = world.plan()
    world.crm.org = "other"
    with pytest.raises(StalePlan, match="it is for org"):
        world.enact(plan)
    assert not world.crm.history


def test_a_changed_plan_file_is_not_the_plan_that_was_made(world: World) -> None:
    plan = world.plan()
    content = bytearray(plan.path.read_bytes())
    content[10] ^= 1
    plan.path.write_bytes(content)
    from sync.cli.session import find_plan

    with world.session().ledger() as ledger, pytest.raises(SyncError, match="was changed after it was made"):
        find_plan(world.session(), ledger, plan.id)


def test_breaches_must_be_accepted_by_name(tmp_path: Path) -> None:
    world = make_world(tmp_path, limits={"moves": 5, "rep_lost_share": 1})
    plan = world.plan()
    assert {b.name for b in plan.breaches} == {"moves", "moved-share", "rep-gained"}
    with pytest.raises(GateRefused, match="--accept moves --accept moved-share --accept rep-gained"):
        world.enact(plan)
    with world.session().ledger() as ledger:
        with pytest.raises(SyncError, match="no breach 'moved'"):
            approve(ledger, plan, by="kim", at=world.time, accept=["moved"])
        approve(ledger, plan, by="kim", at=world.time, accept=["moves", "moved-share"])
        with pytest.raises(GateRefused, match="rep-gained"):
            world.enact(plan)
        approve(ledger, plan, by="lee", at=world.time, accept=["rep-gained"])
    assert world.enact(plan).run.state is RunState.DONE


def test_approval_can_be_demanded_of_every_plan(tmp_path: Path) -> None:
    world = make_world(tmp_path, approval="always")
    plan = world.plan()
    with pytest.raises(GateRefused, match="needs an approval"):
        world.enact(plan)
    with world.session().ledger() as ledger:
        approve(ledger, plan, by="kim", at=world.time, accept=[])
    assert world.enact(plan).run.state is RunState.DONE


def test_nothing_is_written_until_the_config_enables_it(tmp_path: Path) -> None:
    world = make_world(tmp_path, writes="disabled")
    with pytest.raises(SyncError, match="writes: enabled"):
        world.enact(world.plan())
    assert not world.crm.history


def test_a_connector_is_told_that_an_undo_takes_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it moves along what hangs on accounts, it then moves back only that."""
    told: list[bool] = []
    real = world.crm.write

    def write(writes: Sequence[Write], **given: Any) -> list[WriteResult]:
        told.extend(w.takes_back for w in writes)
        return real(writes, **given)

    monkeypatch.setattr(world.crm, "write", write)
    enacted = world.enact(world.plan())
    assert set(told) == {False}
    told.clear()
    with world.session().ledger() as ledger:
        undo = plan_undo(world.session(), ledger, enacted.run)
    world.enact(undo)
    assert set(told) == {True}


def test_undo_restores_what_a_run_changed_and_leaves_what_moved_since(world: World) -> None:
    world.crm.accounts["A03"]["owner_id"] = "U-lee"
    before = {i: dict(a) for i, a in world.crm.accounts.items()}
    enacted = world.enact(world.plan())
    world.crm.accounts["A01"]["owner_id"] = "U-kim"
    world.later(hours=1)
    with world.session().ledger() as ledger:
        plan = plan_undo(world.session(), ledger, enacted.run)
    undone = world.enact(plan)
    assert undone.counts == {WriteState.APPLIED: 11, WriteState.CONFLICT: 1}
    for account, was in before.items():
        if account != "A01":
            live = {k: v for k, v in world.crm.accounts[account].items() if v is not None}
            assert live == was
    assert world.owner("A01") == "U-kim"


def test_the_reserve_of_the_days_calls_is_not_touched(world: World) -> None:
    world.crm.told_quota = Quota(limit=1000, remaining=150)
    with pytest.raises(QuotaSpent, match="150 of the day's 1,000 calls"):
        world.enact(world.plan())
    assert not world.crm.history
    world.crm.told_quota = Quota(limit=1000, remaining=900)
    with world.session().ledger() as ledger:
        resumed = resume(world.session(), ledger, world.crm)
    assert resumed is not None and resumed.run.state is RunState.DONE


def test_owners_come_last_where_the_config_asks_for_it(tmp_path: Path) -> None:
    world = make_world(tmp_path, apply={"order": "kpis_first"})
    world.enact(world.plan())
    owners = [index for index, (_, values) in enumerate(world.crm.history) if "owner_id" in values]
    assert len(owners) == 12 and owners == list(range(12, 24))
    assert all(set(world.crm.history[index][1]) == {"owner_id"} for index in owners)


def test_an_edit_after_our_write_is_found_by_the_second_look(world: World) -> None:
    plan = world.plan()

    def overwrite(write: Write) -> str | None:
        if write.id == "A11":
            world.crm.accounts["A00"]["owner_id"] = "U-lee"
        return None

    world.crm.before_write = overwrite
    enacted = world.enact(plan)
    assert enacted.verified.differing == ("A00",)
    assert enacted.run.state is RunState.PARTIAL


def test_age_of_a_plan_counts_from_the_last_time_it_was_computed(world: World) -> None:
    first = world.plan()
    world.later(hours=11, minutes=59)
    assert world.plan().id == first.id
    world.later(hours=13)
    assert world.time - timedelta(hours=24, minutes=59) < world.time
    assert world.enact(first).run.state is RunState.DONE


def test_nothing_is_planned_from_a_snapshot_that_was_changed_after_it_was_stored(world: World) -> None:
    world.plan()
    snapshot = load_snapshot(world.session().snapshots)
    assert snapshot is not None
    content = bytearray(snapshot.tables.accounts.read_bytes())
    content[len(content) // 2] ^= 1
    snapshot.tables.accounts.write_bytes(content)
    with (
        world.session().ledger() as ledger,
        pytest.raises(StateDamaged, match="was changed after it was stored"),
    ):
        propose(world.session(), ledger, snapshot)
