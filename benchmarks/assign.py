"""How long an assignment takes beside merely reading the columns, and beside the CASE that one would write by hand.

    python benchmarks/assign.py           100,000 accounts, 300 rules
    python benchmarks/assign.py --full    1 M x 300, 1 M x 2,000, 5 M x 300

Every contender runs in a process of its own, in turn, and the medians are compared. Accounts and rules are
made with a seed. The answers of the CASE (which rule, for every account) must equal the engine's. The last
line is a JSON list of {"name", "value", "unit", "goal", "ok"}.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from assign_world import FIELDS, make_rules, tables, write_snapshot

from rules.engine.assign import assign
from rules.engine.boxes import fields_in
from rules.language.condition import (
    All,
    Between,
    Condition,
    Constant,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Not,
)
from rules.language.condition import Any as Either
from rules.language.ruleset import RuleSet

DAY = date(2026, 3, 1)
RUNS = 3
MEMORY = "200MB"
"""DuckDB's share; Python, Arrow and NumPy take about 90 MB before the first row."""


@dataclass(frozen=True)
class Size:
    """What is measured, and what is hoped for."""

    accounts: int
    rules: int
    seconds: float
    megabytes: float
    faster_than_case: float
    """Times as fast as the CASE; 0 where the CASE is not run, as it would take minutes."""

    @property
    def name(self) -> str:
        return f"assign_{self.accounts // 1000}k_x_{self.rules}"


QUICK = [Size(100_000, 300, 2.0, 300, 1.0)]
FULL = [
    Size(1_000_000, 300, 4.0, 300, 1.0),
    Size(1_000_000, 2_000, 8.0, 350, 0),
    Size(5_000_000, 300, 20.0, 350, 0),
]


def run_engine(folder: Path, rules: int) -> None:
    """The whole of `assign`: normalise, match, resolve and share owners, write."""
    assign(make_rules(rules), tables(folder), folder / "engine.parquet", DAY, memory_limit=MEMORY)


def run_read(folder: Path, rules: int) -> None:
    """Reads every column that a rule uses, once."""
    used = sorted(frozenset().union(*(fields_in(rule.when) for rule in make_rules(rules).rules)))
    sums = ", ".join(f"sum(hash({column}) & 1)" for column in ["id", "owner_id", *used])
    _database(folder).execute(f"SELECT {sums} FROM read_parquet('{tables(folder).accounts}')").fetchall()


def run_case(folder: Path, rules: int) -> None:
    """One CASE, lists joined beforehand, over columns that need no normalising; only which rule, no owners."""
    made = make_rules(rules)
    con = _database(folder)
    joins = " ".join(_joined(con, field, made) for field in ("postal_code", "website", "external_id"))
    whens = " ".join(f"WHEN {sql(rule.when, made)} THEN {number}" for number, rule in enumerate(made.rules))
    con.execute("CREATE TABLE names (number INTEGER, rule_id VARCHAR)")
    con.execute("INSERT INTO names SELECT i, 'rule-' || i FROM range(?) t(i)", [len(made.rules)])
    query = (
        f"SELECT account_id, rule_id FROM (SELECT id AS account_id, CASE {whens} END AS number "
        f"FROM (SELECT * REPLACE (country || '-' || state AS state, country || '-' || postal_code AS postal_code, "
        f"lower(industry) AS industry, lower(city) AS city) FROM read_parquet('{tables(folder).accounts}')) {joins}) "
        f"LEFT JOIN names USING (number) ORDER BY account_id"
    )
    con.execute(f"COPY ({query}) TO '{folder / 'case.parquet'}' (FORMAT parquet, COMPRESSION zstd)")


def _joined(con: duckdb.DuckDBPyConnection, field: str, rules: RuleSet) -> str:
    """A join that says which list of the field's kind the value is in (it is in one at most)."""
    found = {name: listed for name, listed in rules.lists.items() if listed.kind is FIELDS[field]}
    rows = pa.table(
        {
            "value": [value for listed in found.values() for value in listed.values],
            "list": [name for name, listed in found.items() for _ in listed.values],
        }
    )
    con.register("rows_of_lists", rows)
    con.execute(f"CREATE TABLE {field}_lists AS SELECT * FROM rows_of_lists")
    return f"LEFT JOIN {field}_lists ON {field}_lists.value = {field}"


def sql(condition: Condition, rules: RuleSet) -> str:
    """The condition as one would write it: SQL's logic is three-valued as well."""
    match condition:
        case All(parts):
            return f"({' AND '.join(sql(part, rules) for part in parts) or 'TRUE'})"
        case Either(parts):
            return f"({' OR '.join(sql(part, rules) for part in parts) or 'FALSE'})"
        case Not(part):
            return f"NOT {sql(part, rules)}"
        case In(field, values):
            return f"{field} IN ({', '.join(_literal(value) for value in values)})"
        case InList(field, listed):
            return f"({field} IS NOT NULL AND coalesce({field}_lists.list = '{listed}', FALSE))"
        case HasPrefix(field, prefixes):
            return "(" + " OR ".join(f"starts_with({field}, '{prefix}')" for prefix in prefixes) + ")"
        case IsMissing(field):
            return f"({field} IS NULL)"
        case Between(field, low, high):
            bounds = [f"{field} >= {low!r}"] * (low is not None) + [f"{field} < {high!r}"] * (
                high is not None
            )
            return f"({' AND '.join(bounds)})"


def _literal(value: Constant) -> str:
    return f"DATE '{value}'" if isinstance(value, date) else repr(value)


def _database(folder: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:", config={"temp_directory": str(folder / "spill")})
    con.execute("SET enable_progress_bar = FALSE")
    return con


def _timed(run: Callable[[Path, int], None], folder: Path, rules: int, answer: Any) -> None:
    make_rules(rules)  # cached: rules are loaded once a night, not a part of what is compared
    started = time.perf_counter()
    run(folder, rules)
    seconds = time.perf_counter() - started
    answer.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


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
    contenders = [run_read, run_engine] + [run_case] * (size.faster_than_case > 0)
    found: dict[str, list[tuple[float, float]]] = {run.__name__: [] for run in contenders}
    for _ in range(RUNS):
        for run in contenders:
            found[run.__name__].append(alone(run, folder, size.rules))
    seconds = {run: statistics.median(s for s, _ in runs) for run, runs in found.items()}
    megabytes = {run: max(m for _, m in runs) for run, runs in found.items()}
    print(f"\n{size.accounts:,} accounts x {size.rules:,} rules over {len(FIELDS)} fields, median of {RUNS}")
    for run in seconds:
        times = seconds[run] / seconds["run_read"]
        print(f"  {run:<12}{seconds[run]:>8.2f} s {times:>8.1f} x reading {megabytes[run]:>8.0f} MB peak")
    goals: list[dict[str, object]] = [
        goal(f"{size.name}_seconds", seconds["run_engine"], "s", size.seconds),
        goal(f"{size.name}_peak", megabytes["run_engine"], "MB", size.megabytes),
    ]
    if size.faster_than_case:
        differing = differences(folder)
        print(f"  {differing} accounts of {size.accounts:,} with another rule than the CASE says")
        ratio = seconds["run_case"] / seconds["run_engine"]
        goals.append(goal(f"{size.name}_case_over_engine", ratio, "x", size.faster_than_case, at_least=True))
        goals.append(goal(f"{size.name}_differences", differing, "accounts", 0))
    return goals


def differences(folder: Path) -> int:
    """Accounts for which the engine and the CASE name different rules."""
    query = (
        f"SELECT count(*) FROM read_parquet('{folder / 'engine.parquet'}') e "
        f"FULL JOIN read_parquet('{folder / 'case.parquet'}') c USING (account_id) "
        f"WHERE e.rule_id IS DISTINCT FROM c.rule_id"
    )
    [(count,)] = _database(folder).execute(query).fetchall()
    return int(count)


def goal(name: str, value: float, unit: str, target: float, at_least: bool = False) -> dict[str, object]:
    """One line of the result for machines."""
    ok = value >= target if at_least else value <= target
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": target, "ok": ok}


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
