"""The night in one page: pull, assign, measure, diff, guard, approve, apply, report.

`propose` touches nothing but the state folder; `enact` carries out exactly the plan that was approved.
The command line and the scheduler call the same two functions.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from connectors.errors import FieldProblems
from connectors.records import MAIN, RecordKind
from sync import memory
from sync.apply import Applier, Verified
from sync.approve import require_approval
from sync.errors import ConfigProblem, StalePlan, SyncError
from sync.field_words import in_config_words
from sync.fresh import goes_elsewhere, is_expired, is_for, require_fresh
from sync.ledger import Ledger, Run, RunState, WriteState
from sync.plan import Plan, load
from sync.propose import Carried, make_plan
from sync.pulling.overlay import overlay
from sync.pulling.pull import Puller, PullReport
from sync.session import Session
from sync.snapshot import Snapshot
from sync.territories.wanted import require_territories

if TYPE_CHECKING:
    from connectors.base import Connector
    from sync.config import Project

log = structlog.get_logger()

CLOSED_AT_ONCE = 1000
EXPIRED = "the run was interrupted and its plan expired before it was resumed"
MOVED = "the run was interrupted, and the config names another CRM field for it since"


def pull(
    session: Session,
    connector: Connector,
    *,
    whole: bool = False,
    accept_fewer: frozenset[RecordKind] = frozenset(),
) -> PullReport:
    """Bring the snapshot up to date; refuses a mapping that does not fit and a truncated reading."""
    require_territories(session.project, connector.capabilities)
    problems = connector.check(writing=session.project.config.writes == "enabled")
    if problems:
        raise FieldProblems([in_config_words(problem) for problem in problems])
    config = session.project.config

    def came(kind: RecordKind, rows: int) -> None:
        session.go_on()
        session.on_rows(kind, rows)

    puller = Puller(
        folder=session.snapshots,
        fields=session.project.field_map(),
        now=session.now,
        rows_read_share=config.limits.rows_read_share,
        whole_after=timedelta(days=config.full_pull_days),
        keep=config.keep_snapshots,
        memory_limit=config.memory_limit,
        source=session.project.crm_name,
        settings=json.dumps(config.crm, sort_keys=True, default=str),
        calls=lambda: _calls(connector),
        on_rows=came,
        also=session.project.also,
    )
    with session.step("pull"):
        report = puller.pull(connector, whole=whole, accept_fewer=accept_fewer)
    log.info(
        "pulled",
        snapshot=report.snapshot.id,
        whole=report.whole,
        came={str(k): n for k, n in report.came.items() if n or k in MAIN},
    )
    return report


def _calls(connector: Connector) -> int:
    return sum(connector.calls().values())


def propose(session: Session, ledger: Ledger, snapshot: Snapshot, carried: Carried | None = None) -> Plan:
    """The plan that follows from this snapshot, the rules and the ledger; equal input, equal plan."""
    plan = make_plan(session, ledger, snapshot, carried)
    ledger.record_plan(
        plan.id, at=session.now(), author=session.actor, header={"records": plan.summary["records"]}
    )
    ledger.renew_plan(plan.id, session.now())
    log.info(
        "planned", plan=plan.short, records=plan.summary["records"], breaches=[b.name for b in plan.breaches]
    )
    return plan


@dataclass(frozen=True, slots=True)
class Enacted:
    """What became of a plan: the run, how many writes stand where, and what a second look found."""

    run: Run
    counts: dict[WriteState, int]
    verified: Verified


def enact(session: Session, ledger: Ledger, plan: Plan, connector: Connector) -> Enacted:
    """Carry out an approved plan, or go on where an interrupted run of it stopped.

    GateRefused without the approval it needs, StalePlan where the world moved, ConfigProblem where the
    config does not enable writes.
    """
    project = session.project
    require_writes(project)
    run = ledger.run_of_plan(plan.id)
    if run is None:
        # Nobody is asked to approve what could not be carried out any more.
        require_fresh(session, ledger, plan, connector)
        require_approval(ledger, plan, always=project.config.approval == "always")
        run = _begin(session, ledger, plan, connector)
    elif run.state is not RunState.RUNNING:
        raise StalePlan(
            f'plan {plan.short} was carried out by run {run.id}; make a new one with "territory plan"'
        )
    elif given_up := _give_up(session, ledger, run, plan, connector):
        return given_up
    before = _calls(connector)
    applier = _applier(session, ledger, connector)
    with session.step("apply"):
        applier.run(run.id, plan)
    counts = ledger.counts(run.id)
    if counts.get(WriteState.PLANNED):
        return Enacted(run, counts, Verified())
    with session.step("verify"):
        verified = applier.verify(run.id, plan)
    return _finish(session, ledger, run, verified, calls=_calls(connector) - before)


def require_writes(project: Project) -> None:
    """ConfigProblem where the config does not enable writes."""
    if project.config.writes != "enabled":
        raise ConfigProblem(
            f'nothing is written while {project.path} says "writes: disabled"; change it to "writes: enabled" '
            "when the plans are what you want"
        )


def night(
    session: Session, ledger: Ledger, connector: Connector, *, write: bool
) -> tuple[Plan, Enacted | None]:
    """One unattended run: pull, plan, gate and, if `write`, apply, once what was interrupted is finished.

    ConfigProblem or DocumentError before anything is pulled where the config or the rules would stop it later.
    """
    if write:
        require_writes(session.project)
        resume(session, ledger, connector)
    # Where it was asked to stop, the interrupted run is still open, and a new plan could not be begun.
    session.go_on()
    session.project.rules()
    report = pull(session, connector)
    plan = propose(session, ledger, report.snapshot)
    if plan.is_empty or not write:
        if write:
            memory.adopt(session, plan)
        if not plan.is_empty:
            require_approval(ledger, plan, always=session.project.config.approval == "always")
        return plan, None
    return plan, enact(session, ledger, plan, connector)


def resume(session: Session, ledger: Ledger, connector: Connector) -> Enacted | None:
    """Finish the run that was interrupted, if there is one; None when there was none.

    Where its plan expired meanwhile, what was not sent is held, so that the next plan decides anew.
    """
    run = ledger.unfinished()
    if run is None:
        return None
    plan = load(session.plans / run.plan_id[:12] / "plan.parquet")
    if plan.id != run.plan_id:
        raise SyncError(
            f"the plan file of the interrupted run {run.id} was changed: {plan.path}; restore it from a backup"
        )
    log.info("resuming", run=run.id, plan=plan.short)
    return enact(session, ledger, plan, connector)


def _give_up(session: Session, ledger: Ledger, run: Run, plan: Plan, connector: Connector) -> Enacted | None:
    """End an interrupted run whose plan expired or whose columns go elsewhere by now; None where it may go on.

    Raises StalePlan in another org, where record ids may be the same ones (a copy of production).
    """
    if not is_for(plan, connector):
        raise StalePlan(
            f"run {run.id} was interrupted in org {plan.org}, and the config names another; finish it there first, "
            "or name another folder under state: in the config"
        )
    if goes_elsewhere(session, plan):
        # What was in flight went to the fields of then, which cannot be read by the mapping of now.
        _close(session, ledger, run, WriteState.INFLIGHT, WriteState.UNKNOWN, MOVED)
        _close(session, ledger, run, WriteState.PLANNED, WriteState.HELD, MOVED)
        return _finish(session, ledger, run, Verified(), RunState.EXPIRED)
    if not is_expired(session, ledger, plan):
        return None
    applier = _applier(session, ledger, connector)
    applier.read_back(run.id, plan)
    _close(session, ledger, run, WriteState.PLANNED, WriteState.HELD, EXPIRED)
    return _finish(session, ledger, run, applier.verify(run.id, plan), RunState.EXPIRED)


def _begin(session: Session, ledger: Ledger, plan: Plan, connector: Connector) -> Run:
    if begun := ledger.unfinished():
        raise StalePlan(
            f"run {begun.id} of plan {begun.plan_id[:12]} was interrupted; go on with it first: "
            f'"territory apply {begun.plan_id[:12]}", or "territory run --write"'
        )
    run_id = f"{session.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    owner_last = session.project.config.apply.order == "kpis_first"
    # Before the run is begun: where the process dies in between, the same plan makes the same memory again.
    memory.adopt(session, plan)
    planned = _applier(session, ledger, connector).plan_writes(plan, owner_last=owner_last)
    ledger.begin_run(run_id, plan.id, kind=plan.kind, at=session.now(), actor=session.actor, planned=planned)
    run = ledger.run(run_id)
    assert run is not None
    return run


def _applier(session: Session, ledger: Ledger, connector: Connector) -> Applier:
    return Applier(
        connector,
        ledger,
        session.now,
        quota_reserve=session.project.config.apply.quota_reserve,
        stopping=session.stopping,
        on_progress=session.on_writes,
    )


def _close(
    session: Session, ledger: Ledger, run: Run, left: WriteState, state: WriteState, message: str
) -> None:
    while rest := ledger.in_state(run.id, left, CLOSED_AT_ONCE):
        ledger.mark(run.id, [replace(w, state=state, message=message) for w in rest], at=session.now())


def _finish(
    session: Session,
    ledger: Ledger,
    run: Run,
    verified: Verified,
    state: RunState | None = None,
    *,
    calls: int = 0,
) -> Enacted:
    overlay(session.snapshots, verified.seen, session.project.config.memory_limit)
    counts = ledger.counts(run.id)
    clean = set(counts) <= {WriteState.APPLIED} and not verified.differing
    told: dict[str, Any] = {
        "counts": {str(s): n for s, n in sorted(counts.items())},
        "verified": verified.checked,
        "differing": list(verified.differing[:100]),
        "calls": calls,
    }
    ledger.finish_run(
        run.id, state or (RunState.DONE if clean else RunState.PARTIAL), at=session.now(), summary=told
    )
    done = ledger.run(run.id)
    assert done is not None
    log.info(
        "finished", run=done.id, state=str(done.state), **told["counts"], differing=len(verified.differing)
    )
    return Enacted(done, counts, verified)
