"""From a snapshot to a plan: assign, measure, diff, guard, and a summary that a person can judge by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from connectors.mapping import FieldType
from rules.language.ruleset import Action, RuleSet
from sync import memory
from sync.diff import Desired, database, diff
from sync.guard import guard, nearly_crowded
from sync.outputs import OUTPUTS, column, role_column
from sync.plan import Plan, store
from sync.plan import load as load_plan
from sync.report.balance import told
from sync.snapshot import verify
from sync.soundness import unsound
from sync.stakes import forecast
from sync.summary import summarise
from sync.territories.breaches import membership_breaches, memberships_summary
from sync.territories.changes import sets_of
from sync.territories.wanted import wanted_memberships

if TYPE_CHECKING:
    import pyarrow as pa

    from rules.decisions import Tables
    from rules.engine.summary import AssignSummary
    from sync.config import Project
    from sync.ledger import Ledger
    from sync.session import Session
    from sync.snapshot import Snapshot

TABLES = ("assignments", "account_kpis", "rep_kpis", "territory_kpis")
"""Files that are kept beside a plan, to explain and report it."""
MATCHED = "matched.parquet"
"""What the rules matched at the last look, so that a large CRM is not evaluated whole every night."""


class Carried(Protocol):
    """Decisions that were made elsewhere and take the place of those that the rules made here."""

    @property
    def digest(self) -> str:
        """Changes with anything that is carried."""
        ...

    def over(self, assignments: Path, tables: Tables) -> None:
        """Replace decisions in the file of assignments."""
        ...


def make_plan(session: Session, ledger: Ledger, snapshot: Snapshot, carried: Carried | None = None) -> Plan:
    """Compute, guard and store the plan of a snapshot; `carried` decisions come before those of the rules."""
    from rules.measure.night import measure

    project, config = session.project, session.project.config
    rules = project.rules()
    as_of = session.now().astimezone(ZoneInfo(rules.timezone)).date()
    verify(snapshot)
    with _working_folder(session.plans) as work:
        remembered = memory.last(session)
        desired = Desired(
            replace(snapshot.tables, memory=remembered),
            work / "assignments.parquet",
            work / "account_kpis.parquet",
            config.owner_role,
        )
        with session.step("assign"):
            _assign(
                session,
                rules,
                desired.tables,
                desired.assignments,
                as_of,
                memory_limit=config.memory_limit,
                holders=project.holders(rules),
                memory_into=work / memory.FILE,
            )
        if carried is not None:
            carried.over(desired.assignments, desired.tables)
        with session.step("measure"):
            measured = measure(
                rules,
                desired.tables,
                desired.assignments,
                work,
                as_of,
                owner_role=config.owner_role,
                memory_limit=config.memory_limit,
            )
        memberships = wanted_memberships(project, rules, snapshot, ledger, as_of)
        with session.step("diff"):
            changes = diff(
                desired,
                write_owner=config.outputs.owner,
                outputs=list(project.outputs),
                roles={role: role_column(role) for role in config.outputs.roles},
                ours=ledger.owners_written(),
                holds=_holds(ledger),
                memory_limit=config.memory_limit,
                memberships=memberships,
            )
        with session.step("guard"), database(desired, config.memory_limit) as con:
            con.register("changes", changes)
            placed = memberships_summary(con, memberships)
            summary = {**summarise(con, rules), "balance": told(measured), "memberships": placed}
            levels = _levels_in_use(rules)
            breaches = guard(
                con,
                config.limits,
                levels=levels,
                holding=_holding_levels(rules),
                previous=_last_applied(session, ledger),
                crowded=project.plugin.crowded_owner,
            )
            crowded = project.plugin.crowded_owner
            near = nearly_crowded(con, crowded) if crowded is not None else ""
            breaches = (*breaches, *membership_breaches(placed, config.limits.territory_changes))
            if not config.limits.unsound_rules:
                breaches = (*breaches, *unsound(rules, as_of))
        fields = plan_fields(project) | sets_of(changes)
        header = {
            "kind": "sync",
            "crm": project.plugin.kind,
            "org": project.settings.expected_id or "",
            "as_of": as_of.isoformat(),
            "bindings": {
                "snapshot": snapshot.id,
                "rules": rules.hash,
                "config": project.decision_hash(),
                "ledger": ledger.position(),
                "memory": memory.digest(remembered),
                "carried": carried.digest if carried else "",
            },
            "fields": fields,
            "targets": project.targets(fields),
            "breaches": [{"name": b.name, "message": b.message} for b in breaches],
            "forecast": forecast(project, snapshot, changes, also=near),
            "summary": summary,
        }
        plan = store(session.plans, header, changes)
        for name in (*(f"{table}.parquet" for table in TABLES), memory.FILE):
            (work / name).replace(plan.path.with_name(name))
    return plan


def _assign(session: Session, *arguments: Any, **options: Any) -> AssignSummary:
    """By the engine that the config names; all give the same bytes."""
    engine = session.project.config.engine
    if engine.master is not None:
        from rules.engine.spark.assign import assign_on_spark

        return assign_on_spark(*arguments, master=engine.master, **options)
    from rules.engine.incremental import assign_again

    matched = session.plans / MATCHED
    return assign_again(*arguments, matched=matched, above=engine.incremental_above, **options).summary


def plan_fields(project: Project) -> dict[str, str]:
    """Type of every column that a plan of the project can set."""
    owners = ("owner_id", *map(role_column, project.config.outputs.roles))
    return dict.fromkeys(owners, str(FieldType.TEXT)) | {
        column(name): str(OUTPUTS[name].type) for name in project.outputs
    }


@contextmanager
def _working_folder(plans: Path) -> Iterator[Path]:
    work = plans / ".making"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _holds(ledger: Ledger) -> pa.Table:
    import pyarrow as pa

    held = ledger.holds()
    return pa.table(
        {
            "record_id": pa.array([h.record_id for h in held], pa.string()),
            "reason": pa.array([h.reason for h in held], pa.string()),
        }
    )


def _levels_in_use(rules: RuleSet) -> list[str]:
    used = {rule.level for rule in rules.rules}
    return [level for level in rules.levels if level in used]


def _holding_levels(rules: RuleSet) -> frozenset[str]:
    assigning = {rule.level for rule in rules.rules if rule.action is not Action.KEEP}
    return frozenset(rule.level for rule in rules.rules) - assigning


def _last_applied(session: Session, ledger: Ledger) -> dict[str, Any] | None:
    for run in ledger.last_runs(20):
        path = session.plans / run.plan_id[:12] / "plan.parquet"
        if run.kind == "sync" and path.is_file():
            return dict(load_plan(path).summary)
    return None
