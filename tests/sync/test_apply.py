"""Which writes go together and in which order, and what is asked of work that the CRM carries out by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.errors import Unavailable
from connectors.records import Receipt, Write
from sync.errors import Stopped, SyncError
from sync.ledger import Ledger, RunState, WriteState
from sync.order import in_order
from sync.plan import Plan
from sync.run import Enacted, enact, resume
from tests.sync.job_crm import Died, JobCrm
from tests.sync.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Twelve accounts that get their KPIs by jobs of six, and then their owners three at a time."""
    return with_jobs(make_world(tmp_path, apply={"order": "kpis_first"}))


def with_jobs(world: World) -> World:
    old = world.crm
    crm = JobCrm(old.fields, old.accounts, old.owners, old.activities)
    return replace(world, crm=crm)


def jobs_of(world: World) -> JobCrm:
    assert isinstance(world.crm, JobCrm)
    return world.crm


def go_on(world: World) -> Enacted | None:
    with world.session().ledger() as ledger:
        return resume(world.session(), ledger, world.crm)


def nothing_twice_and_nothing_lost(world: World) -> None:
    written = Counter((id, name) for id, values in world.crm.history for name in values)
    assert set(written.values()) == {1}
    assert sum(name == "owner_id" for _, name in written) == 12
    assert sum(name == "out_tier" for _, name in written) == 12


# what goes together


def test_what_sets_no_owner_goes_in_large_batches_and_owners_never_do(world: World) -> None:
    assert world.enact(world.plan()).counts == {WriteState.APPLIED: 24}
    assert [len(batch) for batch in jobs_of(world).batches] == [6, 6, 3, 3, 3, 3]
    nothing_twice_and_nothing_lost(world)


def test_the_rest_goes_in_small_batches_once_no_more_wait_than_are_worth_a_job(world: World) -> None:
    jobs_of(world).bulk_size = 9
    world.enact(world.plan())
    assert [len(batch) for batch in jobs_of(world).batches[:2]] == [9, 3]


def test_a_batch_either_sets_owners_or_does_not(tmp_path: Path) -> None:
    world = with_jobs(make_world(tmp_path))
    for id in ("A00", "A03", "A06", "A09"):
        world.crm.accounts[id]["owner_id"] = "U-ana"
    world.crm.batch = 5
    jobs_of(world).bulk = 100
    world.enact(world.plan())
    kinds = [{"owner_id" in write.values for write in batch} for batch in jobs_of(world).batches]
    assert kinds == [{False}, {True}, {True}]


def test_families_stay_together_and_owners_come_last(tmp_path: Path) -> None:
    world = with_jobs(make_world(tmp_path))
    world.crm.accounts["A11"]["parent_id"] = "A00"
    plan = world.plan()
    ids = [write.record_id for chunk in in_order(plan, owner_last=False, by_owners=False) for write in chunk]
    assert len(ids) == 12
    assert abs(ids.index("A11") - ids.index("A00")) == 1


def test_owners_of_one_old_and_one_new_owner_come_together(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    for number, (_, values) in enumerate(sorted(world.crm.accounts.items())):
        values["owner_id"] = ("U-ana", "U-kim", "U-lee", None)[number % 4]
    moves = [
        (write.before["owner_id"], write.after["owner_id"])
        for chunk in in_order(world.plan(), owner_last=False, by_owners=True)
        for write in chunk
        if "owner_id" in write.after
    ]
    assert len(moves) > 6
    seen = list(dict.fromkeys(moves))
    assert [pair for pair in seen for _ in range(moves.count(pair))] == moves


def test_a_connector_that_groups_owners_gets_them_grouped(tmp_path: Path) -> None:
    world = with_jobs(make_world(tmp_path))
    jobs_of(world).groups = True
    jobs_of(world).batch = 4
    world.enact(world.plan())
    assert [{w.values["owner_id"] for w in batch} for batch in jobs_of(world).batches] == [
        {"U-ana"},
        {"U-kim"},
        {"U-lee"},
    ]


# work that the CRM carries out by itself


def dies(at: str) -> Callable[[str], None]:
    """Die the second time that a job comes to this point."""
    seen = Counter[str]()

    def point(name: str) -> None:
        seen[name] += 1
        if name == at and seen[name] == 2:
            raise Died

    return point


def interrupted(world: World, at: str) -> Plan:
    plan = world.plan()
    jobs_of(world).at = dies(at)
    with pytest.raises(Died):
        world.enact(plan)
    jobs_of(world).at = lambda point: None
    jobs_of(world).batches.clear()
    jobs_of(world).looked.clear()
    return plan


@pytest.mark.parametrize("at", ["made", "handed", "done"])
def test_a_run_that_died_asks_for_its_job_before_it_sends_anything(world: World, at: str) -> None:
    interrupted(world, at)
    enacted = go_on(world)
    assert enacted is not None
    assert enacted.counts == {WriteState.APPLIED: 24}
    assert jobs_of(world).settled == [("job-1", 6)]
    again = [len(batch) for batch in jobs_of(world).batches]
    assert again == ([6, 3, 3, 3, 3] if at == "made" else [3, 3, 3, 3])
    nothing_twice_and_nothing_lost(world)


def test_what_a_job_tells_is_not_read_back(world: World) -> None:
    interrupted(world, "handed")
    go_on(world)
    # One look for the verification of both writes of each account, and none before.
    assert jobs_of(world).looked == [12]


def test_a_job_that_the_crm_has_forgotten_leaves_it_to_the_records(world: World) -> None:
    interrupted(world, "handed")
    jobs_of(world).forgotten = True
    enacted = go_on(world)
    assert enacted is not None
    assert enacted.counts == {WriteState.APPLIED: 24}
    assert jobs_of(world).looked[0] == 6
    nothing_twice_and_nothing_lost(world)


def test_nothing_is_sent_while_a_job_may_still_write(world: World) -> None:
    interrupted(world, "handed")
    jobs_of(world).busy = True
    for _ in range(2):
        with pytest.raises(Unavailable, match="job-1 is not done"):
            go_on(world)
    assert jobs_of(world).batches == []
    assert jobs_of(world).looked == []
    jobs_of(world).busy = False
    enacted = go_on(world)
    assert enacted is not None
    assert enacted.run.state is RunState.DONE
    nothing_twice_and_nothing_lost(world)


def test_a_run_that_is_told_to_stop_while_a_job_is_at_work_is_not_finished(world: World) -> None:
    jobs_of(world).bulk_size = 12
    plan = world.plan()
    stopping = replace(world.session(), stopping=lambda: bool(jobs_of(world).jobs))
    with world.session().ledger() as ledger:
        with pytest.raises(Stopped):
            enact(stopping, ledger, plan, world.crm)
        run = ledger.unfinished()
        assert run is not None
        assert ledger.counts(run.id) == {WriteState.UNKNOWN: 12, WriteState.PLANNED: 12}
        assert len(ledger.unsettled(run.id)) == 1
    go_on(world)
    nothing_twice_and_nothing_lost(world)


def test_a_run_that_has_nothing_left_but_a_job_at_work_is_not_finished_either(tmp_path: Path) -> None:
    world = with_jobs(make_world(tmp_path))
    world.enact(world.plan())
    for values in world.crm.accounts.values():
        values["out_tier"] = "Z"
    jobs_of(world).bulk_size = 12
    plan = world.plan()
    stopping = replace(world.session(), stopping=lambda: bool(jobs_of(world).jobs))
    with world.session().ledger() as ledger:
        with pytest.raises(Stopped):
            enact(stopping, ledger, plan, world.crm)
        assert ledger.unfinished() is not None
    enacted = go_on(world)
    assert enacted is not None
    assert enacted.counts == {WriteState.APPLIED: 12}


def test_a_job_that_outlives_the_wait_is_waited_for_and_never_left_unknown(world: World) -> None:
    plan = world.plan()
    jobs_of(world).busy = True
    with pytest.raises(Unavailable):
        world.enact(plan)
    jobs_of(world).busy = False
    assert world.enact(plan).counts == {WriteState.APPLIED: 24}
    nothing_twice_and_nothing_lost(world)


def test_nothing_is_handed_over_where_the_receipt_cannot_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> int:
        raise SyncError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep_receipt", full)
        with pytest.raises(SyncError, match="disk full"):
            world.enact(world.plan())
    assert not any(job.handed_over for job in jobs_of(world).jobs.values())
    assert world.crm.history == []
    go_on(world)
    nothing_twice_and_nothing_lost(world)


def test_a_batch_that_could_not_be_handed_over_is_planned_again_and_its_job_tidied_up(world: World) -> None:
    def refuse(point: str) -> None:
        if point == "made":
            raise Unavailable("the upload was refused")

    plan = world.plan()
    jobs_of(world).at = refuse
    with pytest.raises(Unavailable, match="upload was refused"):
        world.enact(plan)
    with world.session().ledger() as ledger:
        run = ledger.unfinished()
        assert run is not None
        assert ledger.counts(run.id) == {WriteState.PLANNED: 24}
    jobs_of(world).at = lambda point: None
    go_on(world)
    assert jobs_of(world).settled == [("job-0", 0)]
    nothing_twice_and_nothing_lost(world)


def test_rows_that_a_job_refused_are_rejected_and_the_others_applied(world: World) -> None:
    world.crm.before_write = lambda write: (
        "rejected" if write.id == "A07" and "owner_id" not in write.values else None
    )
    interrupted(world, "handed")
    enacted = go_on(world)
    assert enacted is not None
    assert enacted.counts == {WriteState.APPLIED: 23, WriteState.REJECTED: 1}


def test_undecided_writes_are_read_back_a_look_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.apply.LOOKUP", 5)
    world = with_jobs(make_world(tmp_path))
    lost: set[str] = set()

    def lose_once(write: Write) -> str | None:
        first = write.id not in lost
        lost.add(write.id)
        return "lost" if first else None

    world.crm.before_write = lose_once
    assert world.enact(world.plan()).counts == {WriteState.APPLIED: 12}
    assert jobs_of(world).looked[:3] == [5, 5, 2]
    nothing_twice_and_nothing_lost(world)


def test_several_jobs_of_one_batch_are_settled_in_turn(world: World) -> None:
    """The rest of a failed job went into another one: what the first did not come to the second tells."""
    plan = world.plan()
    crm = jobs_of(world)

    def split(point: str) -> None:
        if point == "handed":
            [job] = crm.jobs.values()
            writes, job.writes = job.writes, job.writes[:2]
            crm.jobs["job-x"] = replace(job, writes=writes[2:])
            ledger = world.ledger()
            run = ledger.unfinished()
            assert run is not None
            ledger.keep_receipt(run.id, Receipt("job-x"), range(1, 7), at=world.time)
            ledger.close()
            raise Died

    crm.at = split
    with pytest.raises(Died):
        world.enact(plan)
    crm.at = lambda point: None
    go_on(world)
    assert crm.settled == [("job-0", 6), ("job-x", 4)]
    nothing_twice_and_nothing_lost(world)
