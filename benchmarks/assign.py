"""How long an assignment takes beside merely reading the columns, and beside other ways to find the first rule.

    python benchmarks/assign.py           100,000 accounts, 300 rules
    python benchmarks/assign.py --full    1 M x 300, 1 M x 2,000, 5 M x 300

Every contender runs in a process of its own, in turn, three times, and the medians are compared (in the quick size
the slower ones run once, as a CASE of 300 rules takes DuckDB seconds to plan): DuckDB reading the columns,
the engine, the engine with families, roles, holds and pods, a hand-written CASE, Polars masks, compiled lambdas
and a row engine (both extrapolated from a sample). The engine reads the accounts as people type them; the
others are given normalised columns. Which rule every account gets must be the same. The last line is a JSON
list of {"name", "value", "unit", "goal", "ok"}.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assign_contenders import (
    INSTALL,
    SAMPLES,
    answer,
    database,
    run_case,
    run_lambdas,
    run_polars,
    run_row_engine,
)
from assign_rules import make_rules
from assign_world import FIELDS, tables, write_snapshot

from rules.engine.assign import assign
from rules.engine.masking.boxes import fields_in
from rules.language.ruleset import RuleSet

DAY = date(2026, 3, 1)
RUNS = 3
MEMORY = "200MB"
"""DuckDB's share; Python, Arrow and NumPy take about 90 MB before the first row."""
MEMORY_OF_FAMILIES = "250MB"
"""The same where families are joined; with 200 MB, DuckDB 2.0 gives up at 5 M accounts rather than spill."""


@dataclass(frozen=True)
class Size:
    """What is measured, and what is hoped for."""

    accounts: int
    rules: int
    times_reading: float
    megabytes: float
    others: int
    """How often the other contenders run; never with 2,000 rules, whose CASE would take minutes."""

    @property
    def name(self) -> str:
        return f"assign_{self.accounts // 1000}k_x_{self.rules}"


WHOLE_ADDS = 2.0
"""Times reading that roles, holds, families and pods may add."""
QUICK = [Size(100_000, 300, 2.0, 300, others=1)]
FULL = [
    Size(1_000_000, 300, 2.0, 300, others=RUNS),
    Size(1_000_000, 2_000, 4.0, 300, others=0),
    Size(5_000_000, 300, 2.0, 400, others=0),
]


def run_engine(folder: Path, rules: int) -> None:
    """The whole of `assign`: compile, normalise, match, resolve owners, write."""
    _assign(folder, make_rules(rules), "run_engine", MEMORY)


def _assign(folder: Path, rules: RuleSet, run: str, memory: str) -> None:
    holders = {"AE": "owner_id", "CSM": "owner_id"}
    assign(rules, tables(folder), answer(folder, run), DAY, memory_limit=memory, holders=holders)


def run_read(folder: Path, rules: int) -> None:
    """Reads every column that a rule uses, once."""
    used = sorted(frozenset().union(*(fields_in(rule.when) for rule in make_rules(rules).rules)))
    sums = ", ".join(f"sum(hash({column}) & 1)" for column in ["id", "owner_id", *used])
    database(folder).execute(f"SELECT {sums} FROM read_parquet('{tables(folder).accounts}')").fetchall()


def run_whole(folder: Path, rules: int) -> None:
    """The same with pods, a second role, holds and families."""
    _assign(folder, make_rules(rules, whole=True), "run_whole", MEMORY_OF_FAMILIES)


def _timed(run: Callable[[Path, int], None], folder: Path, rules: int, answer: Any) -> None:
    # Cached: rules are loaded once a night, which is not a part of what is compared.
    make_rules(rules, whole=run is run_whole)
    started = time.perf_counter()
    run(folder, rules)
    seconds = time.perf_counter() - started
    answer.put((seconds, _peak()))


def _peak() -> float:
    """Megabytes that this process has had at most; elsewhere than on Linux also what the one that began it had."""
    status = Path("/proc/self/status")
    if status.is_file():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def alone(run: Callable[[Path, int], None], folder: Path, rules: int) -> tuple[float, float]:
    """Seconds and peak megabytes of one run in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_timed, args=(run, folder, rules, answer))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{run.__name__} with {rules} rules ended with {process.exitcode}")
    found: tuple[float, float] = answer.get()
    return found


def measure(size: Size, folder: Path) -> list[dict[str, object]]:
    """Runs the contenders in turn and prints how they did."""
    write_snapshot(folder, size.accounts)
    others = contenders() if size.others else []
    runs = [run_read, run_engine, run_whole, *others]
    found: dict[str, list[tuple[float, float]]] = {run.__name__: [] for run in runs}
    for turn in range(RUNS):
        for run in runs if turn < size.others else runs[:3]:
            found[run.__name__].append(alone(run, folder, size.rules))
    seconds = {
        run: statistics.median(s for s, _ in each) * max(1.0, size.accounts / SAMPLES.get(run, size.accounts))
        for run, each in found.items()
    }
    megabytes = {run: max(m for _, m in each) for run, each in found.items()}
    print(f"\n{size.accounts:,} accounts x {size.rules:,} rules over {len(FIELDS)} fields, median of {RUNS}")
    for run in seconds:
        times = seconds[run] / seconds["run_read"]
        said = f"  extrapolated from {SAMPLES[run]:,} accounts" if run in SAMPLES else ""
        said += "  run once" if len(found[run]) < RUNS else ""
        print(
            f"  {run:<16}{seconds[run]:>10.2f} s {times:>8.1f} x reading {megabytes[run]:>7.0f} MB peak{said}"
        )
    times, whole = (seconds[run] / seconds["run_read"] for run in ("run_engine", "run_whole"))
    goals = [
        goal(f"{size.name}_times_reading", times, "x", size.times_reading),
        goal(f"{size.name}_peak", megabytes["run_engine"], "MB", size.megabytes),
        goal(f"{size.name}_whole_adds", whole - times, "x", WHOLE_ADDS),
    ]
    for other in others:
        count = differences(folder, other.__name__)
        goals.append(goal(f"{size.name}_differences_{other.__name__[4:]}", count, "accounts", 0))
    return goals


def contenders() -> list[Callable[[Path, int], None]]:
    """Those whose library is there; says how to install the others."""
    found = [run_case, run_lambdas]
    for library, run in (("polars", run_polars), ("rule_engine", run_row_engine)):
        if find_spec(library):
            found.append(run)
        else:
            print(f"{run.__name__} is left out, as {library} is not installed; to compare with it: {INSTALL}")
    return found


def differences(folder: Path, other: str) -> int:
    """Accounts for which the engine and another contender name different rules."""
    query = (
        f"SELECT count(*) FROM read_parquet('{answer(folder, 'run_engine')}') e "
        f"{'RIGHT' if other in SAMPLES else 'FULL'} JOIN read_parquet('{answer(folder, other)}') c "
        f"USING (account_id) WHERE e.rule_id IS DISTINCT FROM c.rule_id"
    )
    [(count,)] = database(folder).execute(query).fetchall()
    return int(count)


def goal(name: str, value: float, unit: str, target: float) -> dict[str, object]:
    """One line of the result for machines."""
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": target, "ok": value <= target}


def main() -> None:
    """Parses the command line and runs the sizes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="the sizes of the goals (minutes)")
    sizes = FULL if parser.parse_args().full else QUICK
    results: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            results += measure(size, Path(folder))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
