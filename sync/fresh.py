"""Whether a plan still fits the world it was made for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sync import snapshot as snapshots
from sync.approve import require_known
from sync.errors import StalePlan
from sync.ledger import Ledger
from sync.plan import Plan
from sync.session import Session

if TYPE_CHECKING:
    from connectors.base import Connector

CLOCK_SLACK = timedelta(minutes=5)
"""How far clocks of two machines, or of one after a correction, may differ."""


def require_fresh(session: Session, ledger: Ledger, plan: Plan, connector: Connector) -> None:
    """StalePlan says which of org, age, snapshot, rules, config and ledger moved since the plan was made."""
    age = session.now() - require_known(ledger, plan)
    checks = [
        (not is_for(plan, connector), f"it is for org {plan.org}"),
        (_is_old(session, age), f"it is {_hours(age)} old, plans expire after {_hours(_most(session))}"),
        (age < -CLOCK_SLACK, f"it was made {_hours(-age)} from now: the clock was put back"),
        (ledger.position() != plan.bindings.ledger, "another run wrote to the CRM"),
        (goes_elsewhere(session, plan), "a column is written to another CRM field now"),
    ]
    if plan.kind == "sync":
        rules = session.project.rules()
        current = snapshots.load(session.snapshots)
        seen = timedelta() if current is None else session.now() - current.pulled_at
        checks += [
            (
                _is_old(session, seen) and not _is_old(session, age),
                f"it was made from a pull that is {_hours(seen)} old",
            ),
            (
                current is None or current.id != plan.bindings.snapshot,
                "the CRM was pulled again and had changed",
            ),
            (rules.hash != plan.bindings.rules, "the rules changed"),
            (session.project.decision_hash() != plan.bindings.config, "the config changed"),
        ]
    moved = [reason for failed, reason in checks if failed]
    if moved:
        raise StalePlan(
            f'plan {plan.short} is stale: {"; ".join(moved)}. Make a new one with "territory plan"'
        )


def is_for(plan: Plan, connector: Connector) -> bool:
    """Whether the plan was made for this org or portal."""
    return plan.org in ("", connector.identity().id)


def goes_elsewhere(session: Session, plan: Plan) -> bool:
    """Whether a column of the plan is mapped to another CRM field by now."""
    return session.project.targets(plan.fields) != dict(plan.targets)


def _most(session: Session) -> timedelta:
    return timedelta(hours=session.project.config.plan_expires_hours)


def _is_old(session: Session, age: timedelta) -> bool:
    return age > _most(session)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.0f} h"


def is_expired(session: Session, ledger: Ledger, plan: Plan) -> bool:
    """Whether the plan is older than the config lets plans become."""
    return _is_old(session, session.now() - require_known(ledger, plan))
