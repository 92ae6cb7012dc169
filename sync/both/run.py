"""The night of two CRMs: pull both, decide once, one plan, one approval, and side after side is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sync.approve import approve as approve_part
from sync.both import pingpong
from sync.both.carry import Carry
from sync.both.config import FOLLOW, LEAD, Pair
from sync.both.match import match
from sync.both.plan import JointPlan, store
from sync.errors import GateRefused, SyncError
from sync.ledger import Approval, Ledger, Run, RunState
from sync.plan import Breach, Plan
from sync.run import Enacted, enact, propose, pull
from sync.session import Session
from sync.undo import plan_undo

if TYPE_CHECKING:
    from connectors.base import Connector
    from sync.snapshot import Snapshot

AMBIGUOUS = "ambiguous-match"


@dataclass(frozen=True, slots=True)
class Side:
    """One CRM at work."""

    session: Session
    ledger: Ledger


@contextmanager
def opened(sessions: Mapping[str, Session]) -> Iterator[dict[str, Side]]:
    """Both sides with the right to change them; Busy where another process has one."""
    with ExitStack() as stack:
        sides = {}
        for name, session in sessions.items():
            stack.enter_context(session.locked())
            sides[name] = Side(session, stack.enter_context(session.ledger()))
        yield sides


def propose_both(pair: Pair, sides: Mapping[str, Side], connectors: Mapping[str, Connector]) -> JointPlan:
    """Pull both and make the joint plan. Nothing is written to either CRM."""
    snapshots = {name: pull(side.session, connectors[name]).snapshot for name, side in sides.items()}
    return joint_plan(pair, sides, snapshots)


def joint_plan(pair: Pair, sides: Mapping[str, Side], snapshots: Mapping[str, Snapshot]) -> JointPlan:
    """The joint plan of two snapshots; equal input, equal plan."""
    limit = pair.lead.config.memory_limit
    lead, follow = sides[LEAD], sides[FOLLOW]
    folder = pair.state / "both"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    matched = match(
        snapshots[LEAD].tables.accounts,
        snapshots[FOLLOW].tables.accounts,
        pair.config.match,
        folder / "pairs.parquet",
        limit,
    )
    leading = propose(lead.session, lead.ledger, snapshots[LEAD])
    carry = Carry(
        matched.path, leading.path.with_name("assignments.parquet"), snapshots[LEAD].tables.owners, limit
    )
    following = propose(follow.session, follow.ledger, snapshots[FOLLOW], carry)
    found = pingpong.find(
        matched.path,
        dict(snapshots),
        {name: side.ledger for name, side in sides.items()},
        limit,
    )
    told = {
        "by_key": matched.by_key,
        "lead_alone": matched.lead_alone,
        "follow_alone": matched.follow_alone,
        "ambiguous": matched.ambiguous,
        "examples": list(matched.examples),
    }
    own = []
    if matched.ambiguous > pair.config.ambiguous:
        own.append(
            Breach(
                AMBIGUOUS,
                f"{matched.ambiguous:,} accounts have a key that more than one other has (limit {pair.config.ambiguous:,}); "
                "each stays by itself: correct the key in the CRM, or match by another one first",
            )
        )
    return store(pair, {LEAD: leading, FOLLOW: following}, told, found, own)


def approve_both(
    joint: JointPlan, sides: Mapping[str, Side], *, by: str, at: datetime, accept: Sequence[str]
) -> list[str]:
    """Put a name on both plans at once; the breaches that are still not accepted. SyncError for one it does not have."""
    known = {breach.name for breach in joint.breaches}
    for name in accept:
        if name not in known:
            shown = ", ".join(sorted(known)) or "none"
            raise SyncError(f"joint plan {joint.short} has no breach {name!r}; its breaches are {shown}")
    signed = f"{by} (joint plan {joint.short})"
    for name, plan in joint.plans.items():
        mine = [one.partition(":")[2] for one in accept if one.startswith(f"{name}:")]
        approve_part(sides[name].ledger, plan, by=signed, at=at, accept=mine)
    own = tuple(sorted({one for one in accept if ":" not in one}))
    sides[LEAD].ledger.approve(Approval(joint.id, by, at, own))
    return refused(joint, sides)


def refused(joint: JointPlan, sides: Mapping[str, Side]) -> list[str]:
    """Breaches of the joint plan that nobody accepted yet."""
    accepted = {name for given in sides[LEAD].ledger.approvals(joint.id) for name in given.accepted}
    for name, plan in joint.plans.items():
        for given in sides[name].ledger.approvals(plan.id):
            accepted |= {f"{name}:{breach}" for breach in given.accepted}
    return [breach.name for breach in joint.breaches if breach.name not in accepted]


def enact_both(
    joint: JointPlan, sides: Mapping[str, Side], connectors: Mapping[str, Connector]
) -> dict[str, Enacted]:
    """Carry out the joint plan, the leading side first, or go on where it stopped.

    The side that follows is not begun before the leading one is through; what raised leaves it as it was.
    """
    left = refused(joint, sides)
    if left:
        accept = " ".join(f"--accept {name}" for name in left)
        raise GateRefused(
            f"joint plan {joint.short} is refused by the gate ({', '.join(left)}); read it, and accept it with "
            f'"territory both approve {joint.short} {accept}"'
        )
    done: dict[str, Enacted] = {}
    for name, plan in joint.plans.items():
        if plan.is_empty or _is_through(sides[name].ledger, plan):
            continue
        done[name] = enact(sides[name].session, sides[name].ledger, plan, connectors[name])
        if done[name].run.state is RunState.RUNNING:
            break
    return done


def undo_both(
    joint: JointPlan, sides: Mapping[str, Side], connectors: Mapping[str, Connector]
) -> dict[str, Enacted]:
    """Take back what the joint plan wrote, the side that follows first; SyncError where it wrote nothing."""
    done: dict[str, Enacted] = {}
    for name in reversed(list(joint.plans)):
        side, run = sides[name], sides[name].ledger.run_of_plan(joint.plans[name].id)
        if run is None:
            continue
        done[name] = enact(
            side.session, side.ledger, plan_undo(side.session, side.ledger, run), connectors[name]
        )
    if not done:
        raise SyncError(f"joint plan {joint.short} was not carried out, so there is nothing to undo")
    return done


def runs_of(joint: JointPlan, sides: Mapping[str, Side]) -> dict[str, Run | None]:
    """The run of each side's plan, None where it was not begun."""
    return {name: sides[name].ledger.run_of_plan(plan.id) for name, plan in joint.plans.items()}


def _is_through(ledger: Ledger, plan: Plan) -> bool:
    run = ledger.run_of_plan(plan.id)
    return run is not None and run.state is not RunState.RUNNING
