"""What became of a plan, as text."""

from __future__ import annotations

from sync.ledger import Ledger, LedgerWrite, RunState, WriteState
from sync.outputs import PREFIX
from sync.report.table import table
from sync.run import Enacted

MOST = 20


def render(ledger: Ledger, enacted: Enacted) -> str:
    """The run's outcome: counts, then every kind of write that did not end applied, with the CRM's words."""
    run, counts = enacted.run, enacted.counts
    told = ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items()))
    lines = [f"Run {run.id} {_said(run.state)}: {told or 'nothing to write'}"]
    if run.state is RunState.RUNNING:
        lines.append("It stopped before the end and nothing is lost: the same command goes on from there")
    else:
        lines.append(f"Verified {enacted.verified.checked:,} records against the CRM: {_verified(enacted)}")
    for state in (WriteState.CONFLICT, WriteState.REJECTED, WriteState.HELD, WriteState.UNKNOWN):
        lines += _listed(str(state), ledger.writes(run.id, [state]))
    lines += _listed("applied, with a remark", ledger.remarked(run.id))
    if run.state is not RunState.RUNNING:
        lines.append(f'Take it back with "territory undo {run.id}"')
    return "\n".join(lines) + "\n"


def _said(state: RunState) -> str:
    return {
        RunState.RUNNING: "stopped",
        RunState.DONE: "is done",
        RunState.PARTIAL: "is done, in part",
        RunState.EXPIRED: "was resumed after its plan had expired",
    }[state]


def _verified(enacted: Enacted) -> str:
    differing = enacted.verified.differing
    if not differing:
        return "all hold what was written"
    named = ", ".join(differing[:MOST])
    return f"{len(differing):,} were changed by somebody else since: {named}"


def _listed(title: str, writes: list[LedgerWrite]) -> list[str]:
    if not writes:
        return []
    rows = [
        (w.record_id, ", ".join(_name(field) for field in w.after), w.code or "-", _why(w))
        for w in writes[:MOST]
    ]
    rest = [f"  ... and {len(writes) - MOST:,} more"] if len(writes) > MOST else []
    return [f"{len(writes):,} {title}", *table(("record", "fields", "code", "why"), rows), *rest]


def _why(write: LedgerWrite) -> str:
    if write.state is WriteState.UNKNOWN:
        return (
            write.message or "no answer came and reading it back did not decide it; the next plan looks again"
        )
    if write.state is not WriteState.CONFLICT or write.found is None:
        return write.message
    moved = [f for f, found in write.found.items() if found not in (write.before.get(f), write.after.get(f))]
    told = [
        f"{_name(f)} was {write.before.get(f) or 'empty'} in the plan and is {write.found[f] or 'empty'}"
        for f in moved
    ]
    what = "left as it is, and held" if "owner_id" in moved else "left as it is"
    return f"{'; '.join(told)}: {what}" if told else write.message


def _name(field: str) -> str:
    return field.removeprefix(PREFIX)
