"""kill -9 in the middle of apply, at every point: one command resumes, nothing lost, nothing twice."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from pathlib import Path

import pytest

from sync.plan import Plan
from sync.run import resume
from sync.undo import plan_undo
from tests.e2e.killed_apply import apply_and_die
from tests.e2e.projects import VENDORS, Site, site

MOST = 60
POINTS_OF_A_JOB = (19, 23, 25)
"""A job was just made, its data sent, the job closed; the slow test dies at every other point too."""
# Children are forked from a server that has imported everything, so that a hundred deaths take seconds.
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(
    ["tests.e2e.killed_apply", "connectors.salesforce", "connectors.hubspot", "simple_salesforce", "hubspot"]
)


def apply_until(made: Site, plan: Plan, point: int, calls: bool = False) -> int | None:
    """Apply in a process of its own that dies at that point; its exit code."""
    arguments = (made.config, dict(os.environ), plan.id, point, calls, calls)
    child = CHILDREN.Process(target=apply_and_die, args=arguments)
    child.start()
    child.join(120)
    return child.exitcode


def undo_last(made: Site) -> None:
    """Take the last run back, so that there is something to write again."""
    with made.open() as (session, ledger, _):
        plan = plan_undo(session, ledger, ledger.last_runs(1)[0])
    made.enact(plan)


def die_and_resume(made: Site, point: int, calls: bool = False) -> bool:
    """Plan, die at that point, resume by one command, and ask the CRM's own history; False: no such point is left.

    With `calls` every HTTP call of the Salesforce connector is a point too.
    """
    plan = made.plan()
    made.accept(plan)
    planned = {row["record_id"] for row in plan.changes().to_pylist() if row["action"] == "change"}
    assert len(planned) > 200
    before = len(made.written())
    code = apply_until(made, plan, point, calls)
    if code == 0:
        return False
    assert code == -9
    with made.open() as (session, ledger, connector):
        resume(session, ledger, connector)
        run = ledger.run_of_plan(plan.id)
        assert ledger.unfinished() is None
    if run is None:  # it died before anything was remembered, so nothing was sent either
        assert len(made.written()) == before
        made.enact(plan)
    written = [(record, field) for record, field, _, _ in made.written()[before:]]
    assert {record for record, _ in written} == planned, f"point {point}: lost or too much"
    twice = [key for key, count in Counter(written).items() if count > 1]
    assert not twice, f"point {point}: written twice: {twice[:3]}"
    undo_last(made)
    return True


@pytest.mark.parametrize("vendor", ["salesforce", pytest.param("hubspot", marks=pytest.mark.slow)])
def test_killed_in_the_middle_of_apply_one_command_goes_on_and_nothing_is_written_twice(
    vendor: str, tmp_path: Path
) -> None:
    """Before, inside and after a batch: point 6 is just before its call leaves, 7 just after its answer came."""
    with site(vendor, tmp_path, accounts=230, activities=0.5) as made:
        for point in (6, 7, 9):
            assert die_and_resume(made, point)


@pytest.mark.slow
@pytest.mark.parametrize("vendor", VENDORS)
def test_killed_at_every_point_of_writing_nothing_is_lost_and_nothing_is_written_twice(
    vendor: str, tmp_path: Path
) -> None:
    with site(vendor, tmp_path, accounts=230, activities=0.5) as made:
        survived = next(point for point in range(1, MOST) if not die_and_resume(made, point))
        assert survived > 15


def by_jobs(made: Site) -> None:
    """Fields of more than 200 accounts go as a job, before their owners."""
    made.crm.settings(bulk_polls=0)
    text = made.config.read_text()
    text = text.replace("  local: true\n", "  local: true\n  bulk_write_above: 200\n  bulk_write_probe: 0\n")
    made.config.write_text(f"{text}apply: {{order: kpis_first}}\n")


def test_killed_in_the_middle_of_a_job_it_is_asked_for_and_nothing_is_written_twice(tmp_path: Path) -> None:
    with site("salesforce", tmp_path, accounts=230, activities=0.5) as made:
        by_jobs(made)
        for point in POINTS_OF_A_JOB:
            assert die_and_resume(made, point, calls=True)


@pytest.mark.slow
def test_killed_at_every_call_of_a_job_nothing_is_lost_and_nothing_is_written_twice(tmp_path: Path) -> None:
    with site("salesforce", tmp_path, accounts=230, activities=0.5) as made:
        by_jobs(made)
        survived = next(point for point in range(1, MOST * 2) if not die_and_resume(made, point, calls=True))
        assert survived > 40
