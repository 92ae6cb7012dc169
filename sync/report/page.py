"""A plan as one self-contained page: no script, nothing loaded from elsewhere, CRM text inert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sync.log import inert
from sync.outputs import OUTPUTS, PREFIX, ROLE_PREFIX
from sync.plan import Plan
from sync.report.balance import rows as balance_rows

if TYPE_CHECKING:
    import jinja2

    from sync.ledger import Approval

SHOWN = 500
"""Changes on the page; all of them are in `territory show PLAN --changes`."""


def render(plan: Plan, approvals: Sequence[Approval] = ()) -> str:
    """The page's HTML; the same for the same plan and approvals."""
    changes = plan.changes()
    return (
        environment()
        .get_template("plan.html")
        .render(
            plan=plan,
            s=plan.summary,
            approvals=approvals,
            accepted={name for approval in approvals for name in approval.accepted},
            balance=balance_rows(plan.summary.get("balance") or {}),
            changes=[_shown(row, plan.summary.get("names", {})) for row in _first_records(plan, changes)],
            total=changes.num_rows,
            most=max((t["accounts"] for t in plan.summary.get("territories", [])), default=1),
        )
    )


def _first_records(plan: Plan, changes: Any) -> list[dict[str, Any]]:
    import pyarrow.compute as pc

    # Owner changes are what people look for; KPI fields fill what room is left.
    owners = changes.filter(pc.field("field") == "owner_id").slice(0, SHOWN)
    rest = changes.filter(pc.field("field") != "owner_id").slice(0, SHOWN - owners.num_rows)
    return [*owners.to_pylist(), *rest.to_pylist()]


def _shown(row: dict[str, Any], owners: Mapping[str, str]) -> dict[str, Any]:
    name = row["field"].removeprefix(PREFIX)
    if row["field"] == "owner_id" or row["field"].startswith(ROLE_PREFIX):
        row |= {side: owners.get(row[side], row[side]) for side in ("before", "after")}
    label = OUTPUTS[name].label if name in OUTPUTS else name.replace("_", " ").capitalize()
    return {k: inert(v) if isinstance(v, str) else v for k, v in row.items()} | {"label": label}


@cache
def environment() -> jinja2.Environment:
    """The templates: what is filled in is escaped, what is missing is an error."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("sync", "report/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = _number
    return made


def _number(value: float | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
