"""A name on a plan's hash, and the breaches that the name accepts one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sync.errors import GateRefused, StalePlan, SyncError
from sync.ledger import Approval, Ledger
from sync.plan import Plan


def approve(ledger: Ledger, plan: Plan, *, by: str, at: datetime, accept: Sequence[str]) -> Approval:
    """Record the approval; SyncError where a named breach is not one of this plan's, StalePlan for a stranger's."""
    require_known(ledger, plan)
    names = [breach.name for breach in plan.breaches]
    for name in accept:
        if name not in names:
            known = f"its breaches are {', '.join(names)}" if names else "it exceeds no limit"
            raise SyncError(f"plan {plan.short} has no breach {name!r}; {known}")
    approval = Approval(plan.id, by, at, tuple(sorted(set(accept))))
    ledger.approve(approval)
    return approval


def require_known(ledger: Ledger, plan: Plan) -> datetime:
    """When the plan was made; StalePlan where that was with another state folder."""
    made = ledger.plan_made_at(plan.id)
    if made is None:
        raise StalePlan(
            f'plan {plan.short} is not in this state folder\'s ledger; make it here with "territory plan"'
        )
    return made


def require_approval(ledger: Ledger, plan: Plan, *, always: bool) -> None:
    """GateRefused unless every breach of the plan is accepted by name, and somebody approved it if `always`."""
    given = ledger.approvals(plan.id)
    accepted = {name for approval in given for name in approval.accepted}
    refused = [breach for breach in plan.breaches if breach.name not in accepted]
    if refused:
        lines = "\n".join(f"  {breach.name}: {breach.message}" for breach in refused)
        flags = " ".join(f"--accept {breach.name}" for breach in refused)
        raise GateRefused(
            f"plan {plan.short} is refused by the gate:\n{lines}\n"
            f'read it with "territory show {plan.short}"; accept it with "territory approve {plan.short} {flags}"'
        )
    if always and not given:
        raise GateRefused(f'plan {plan.short} needs an approval: "territory approve {plan.short}"')
