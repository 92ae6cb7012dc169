"""A joint plan for a terminal: how the accounts were matched, then what each side would be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.both.plan import JointPlan
from sync.report.plan_text import render_contents

SHOWN = 5
"""Accounts that the CRMs take from each other, that are named."""


def render(joint: JointPlan, missing: Sequence[str]) -> str:
    """Everything that somebody needs who is to approve it; `missing` are the breaches that nobody accepted yet."""
    return "\n".join(_lines(joint, missing)) + "\n"


def _lines(joint: JointPlan, missing: Sequence[str]) -> Iterator[str]:
    yield f"Joint plan {joint.short}"
    yield ""
    matched = joint.matched
    yield "Accounts matched"
    for key, count in matched["by_key"].items():
        yield f"  by {key}: {count:,}"
    yield f"  only on the leading side: {matched['lead_alone']:,}; only on the side that follows: {matched['follow_alone']:,}"
    if matched["ambiguous"]:
        yield f"  {matched['ambiguous']:,} have a key that more than one other has; each stays by itself, such as"
        yield from (f"    {example}" for example in matched["examples"])
    if joint.pingpong:
        yield ""
        yield from _pingpong(joint)
    for side, plan in joint.plans.items():
        yield ""
        yield f"== {side}: {plan.crm} {plan.org}".rstrip()
        yield ""
        yield render_contents(plan).rstrip("\n")
    yield ""
    yield from _gate(joint, missing)


def _pingpong(joint: JointPlan) -> Iterator[str]:
    yield (
        f"{len(joint.pingpong):,} accounts were taken from us by the other CRM and are held: their owner is not the one "
        "that we set, but that of the other side"
    )
    for row in joint.pingpong[:SHOWN]:
        yield f"  {row['side']} {row['name'] or row['id']}: we set {row['ours']}, now {row['found']}"
    if len(joint.pingpong) > SHOWN:
        yield f"  and {len(joint.pingpong) - SHOWN:,} more"
    yield (
        "  A sync between the two carries owners, or a person changed one side. Let one writer remain: under writers: "
        "in both.yaml say crm for the owner on the side to which the sync carries it, and outputs: {owner: false} there"
    )


def _gate(joint: JointPlan, missing: Sequence[str]) -> Iterator[str]:
    if not joint.breaches:
        yield "The gate: nothing exceeds a limit"
        return
    accepted = len(joint.breaches) - len(missing)
    yield f"The gate: {accepted} of {len(joint.breaches)} breaches are accepted"
    for breach in joint.breaches:
        yield f"  {'REFUSED ' if breach.name in missing else 'accepted'}  {breach.name}: {breach.message}"
    if missing:
        flags = " ".join(f"--accept {name}" for name in missing)
        yield ""
        yield f"To accept exactly this: territory both approve {joint.short} {flags}"
