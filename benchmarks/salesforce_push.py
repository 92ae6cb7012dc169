"""Calls and time of writing to Salesforce, beside the fewest calls known: owners with their teams kept, and fields.

    python benchmarks/salesforce_push.py           6,000 owner changes over 100 owners, 6,000 rows of fields
    python benchmarks/salesforce_push.py --full    20,000 over 300, 100,000 rows of fields

Every change goes the way of a night: plan, ledger, batches, re-read, write, verification; all calls count. The org is
a local one, whose records and change history are then held against the policy. The last line is a JSON list of
{"name", "value", "unit", "goal", "ok"}.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from push_world import (
    Belongings,
    Pushed,
    broken,
    changed_more_than_once,
    cheapest,
    connect,
    handed_on,
    org,
    push,
)

from sync.ledger import WriteState

TRANSFER = {"open_opportunities": True, "contacts": True}
MOVING = ("Opportunity", "Contact")
GOAL = 1.1
Result = dict[str, Any]


def owners(changes: int, reps: int, folder: Path) -> list[Result]:
    """Owner changes by SOAP with teams kept and deals and contacts moved."""
    with org(changes + changes // 3, reps) as crm:
        planned = handed_on(crm, changes)
        before = Belongings(crm)
        connector = connect(crm, owner_change={"transfer": TRANSFER})
        done = push(connector, planned, folder / "owners")
        connector.close()
        wrong = broken(before, Belongings(crm), planned, MOVING)
        wrong += changed_more_than_once(crm, planned)
    least, pairs = cheapest(planned), len({(old, new) for _, _, old, new in planned})
    print(f"{len(planned):,} owner changes, {reps} owners, {pairs} pairs of an old and a new one")
    _show(done, least)
    for one in wrong[:10]:
        print(f"  WRONG {one}")
    ratio = done.total / least
    right = not wrong and done.states == {WriteState.APPLIED: len(planned)} and not done.verified.differing
    return [
        _result(f"owner calls {len(planned)} x {reps}", ratio, "of the fewest known", GOAL, ratio <= GOAL),
        _result("teams and children not as the policy says", len(wrong), "records", 0, right),
    ]


def fields(rows: int, folder: Path) -> list[Result]:
    """One field of every account, by Bulk 2.0 ingest beside Collections."""
    results = []
    taken: dict[str, Pushed] = {}
    for way, above in (("bulk", 1_000), ("collections", rows + 1)):
        with org(rows, 20) as crm:
            planned = [
                (r["Id"], "score", None, str(n % 900 + 0.5)) for n, r in enumerate(crm.records("Account"))
            ]
            connector = connect(crm, bulk_write_above=above)
            taken[way] = done = push(connector, planned, folder / way)
            connector.close()
            held = {r["Id"]: r["Score__c"] for r in crm.records("Account")}
        wrong = sum(held[record] != float(after) for record, _, _, after in planned)
        print(f"{rows:,} rows of fields by {way}")
        _show(done, None)
        right = not wrong and done.states == {WriteState.APPLIED: rows}
        results.append(_result(f"rows not as planned, {way} {rows}", wrong, "rows", 0, right))
    share = taken["bulk"].total / taken["collections"].total
    results.append(_result(f"field calls by bulk {rows}", taken["bulk"].total, "calls", None, True))
    results.append(_result(f"field calls by bulk {rows}", share, "of those by Collections", 1.0, share <= 1))
    return results


def _show(done: Pushed, least: int | None) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(done.calls.items()))
    beside = "" if least is None else f"; the fewest known are {least}, ratio {done.total / least:.3f}"
    print(f"  {done.total} calls in {done.seconds:.1f} s ({kinds}){beside}")
    print("  " + ", ".join(f"{count:,} {state}" for state, count in done.states.items()))


def _result(name: str, value: float, unit: str, goal: float | None, ok: bool) -> Result:
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "ok": ok}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", choices=["owners", "fields"])
    given = parser.parse_args()
    changes, reps, rows = (20_000, 300, 100_000) if given.full else (6_000, 100, 6_000)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as name:
        if given.only != "fields":
            results += owners(changes, reps, Path(name))
        if given.only != "owners":
            results += fields(rows, Path(name))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
