"""Take a run back: a plan that restores every before-image, by compare-and-set like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.mapping import FieldType
from sync.diff import COLUMNS
from sync.errors import SyncError
from sync.ledger import Ledger, LedgerWrite, Run, RunState, WriteState
from sync.plan import Plan, load, store
from sync.stakes import forecast
from sync.values import kinds, same

if TYPE_CHECKING:
    import pyarrow as pa

    from sync.session import Session


def plan_undo(session: Session, ledger: Ledger, run: Run) -> Plan:
    """The plan that takes back what a run applied; records that moved since are left alone when it is applied.

    SyncError where the run is still to be resumed or applied nothing.
    """
    if run.state is RunState.RUNNING:
        raise SyncError(f"run {run.id} was interrupted; resume it before it is undone")
    undone = load(session.plans / run.plan_id[:12] / "plan.parquet")
    types = kinds(undone.fields)
    applied = [ours for w in ledger.writes(run.id, [WriteState.APPLIED]) if (ours := _ours(w, types)).after]
    if not applied:
        raise SyncError(f"run {run.id} changed nothing, so there is nothing to undo")
    reason = f"undo of run {run.id}"
    table = _changes(applied, reason, _names(undone))
    owners = sum("owner_id" in write.after for write in applied)
    header = {
        "kind": "undo",
        "crm": undone.crm,
        "org": undone.org,
        "as_of": undone.as_of,
        "bindings": {"snapshot": "", "rules": "", "config": "", "ledger": ledger.position()},
        "fields": dict(undone.fields),
        "targets": dict(undone.targets),
        "breaches": [],
        "forecast": forecast(session.project, None, table),
        "summary": {
            "undo": run.id,
            "records": len({write.record_id for write in applied}),
            "owner_changes": owners,
            "field_changes": table.num_rows - owners,
            "held": 0,
            "names": undone.summary.get("names", {}),
        },
    }
    plan = store(session.plans, header, table)
    ledger.record_plan(plan.id, at=session.now(), author=session.actor, header={"undo": run.id})
    return plan


def _ours(write: LedgerWrite, types: Mapping[str, FieldType]) -> LedgerWrite:
    """The write without the fields that held the wanted value before it was sent: those are somebody else's."""
    found = write.found or {}
    ours = {
        name: value
        for name, value in write.after.items()
        if name not in found or not same(found[name], value, types[name])
    }
    return replace(write, after=ours)


def _names(plan: Plan) -> dict[str, str | None]:
    """Name of every account of a plan, by id."""
    changes = plan.changes()
    return dict(zip(changes["record_id"].to_pylist(), changes["name"].to_pylist(), strict=True))


def _changes(applied: list[LedgerWrite], reason: str, names: dict[str, str | None]) -> pa.Table:
    import pyarrow as pa

    rows = sorted(
        (write.record_id, field, write.after[field], write.before.get(field))
        for write in applied
        for field in write.after
    )
    columns: dict[str, list[str | None]] = {name: [None] * len(rows) for name in COLUMNS}
    columns["record_id"] = [row[0] for row in rows]
    columns["field"] = [row[1] for row in rows]
    columns["before"] = [row[2] for row in rows]
    columns["after"] = [row[3] for row in rows]
    columns["action"] = ["change"] * len(rows)
    columns["family"] = columns["record_id"]
    columns["name"] = [names.get(row[0]) for row in rows]
    columns["reason"] = [reason] * len(rows)
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
