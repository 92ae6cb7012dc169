"""Touches, hours and coverage from raw activities, beside hand-written SQL for the same numbers.

    python -m benchmarks.activities            1 M activities of 100 k accounts
    python -m benchmarks.activities --full     20 M activities of 1 M accounts

Both sides read the same Parquet with the same threads and memory, and write the account table; their answers are
compared to the last value. Each run is a process of its own, so that peak memory is its own; runs alternate, and
medians are compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from rules.language.condition import ALWAYS, FieldKind, In
from rules.language.load import STANDARD_FIELDS
from rules.language.ruleset import (
    Band,
    Complexity,
    IfUnknown,
    Member,
    Mode,
    Pod,
    PodBy,
    Rule,
    RuleSet,
    Source,
    Tier,
    Workload,
)  # fmt: skip
from rules.tables import Tables

AS_OF = date(2026, 3, 31)
GOAL = 1.5
REPS = 200
HERE = Source("bench", 1, 1)
FIELDS: dict[str, FieldKind] = dict(STANDARD_FIELDS)


def rule_set() -> RuleSet:
    """One pod of all reps; three tiers by employees, and complexity abroad."""
    members = tuple(Member(f"rep{n}@example.com") for n in range(REPS))
    workload = Workload(
        tier_field="employees",
        tiers=(Tier("A", 12, 1.5), Tier("B", 6, 0.75), Tier("C", 1, 0.25)),
        bands=(Band("C", None, 200), Band("B", 200, 2000), Band("A", 2000, None)),
        default_tier="C",
        complexity=(Complexity("abroad", In("country", ("DE", "FR")), 0.25),),
    )
    everyone = Rule("all", "geo", ALWAYS, "all", "AE", None, "all", IfUnknown.SKIP, Mode.REPLACE, "", HERE)
    return RuleSet(
        (everyone,), ("geo",), {}, {"all": Pod("all", members, PodBy.EQUAL, HERE)}, FIELDS, "UTC", (1, 1), (), {},
        workload, "bench",
    )  # fmt: skip


def files(folder: Path) -> tuple[Tables, Path]:
    """Where the made tables lie."""
    names = ("accounts", "owners", "opportunities", "activities")
    return Tables(*(folder / f"{name}.parquet" for name in names)), folder / "assignments.parquet"


def make(folder: Path, accounts: int, activities: int, seed: int) -> None:
    """Accounts and activities as a snapshot holds them: ids of 18 characters, busy accounts far busier than others."""
    tables, assignments = files(folder)
    con = duckdb.connect()
    con.execute("SET preserve_insertion_order = false")
    con.execute(f"CREATE MACRO luck(n, what) AS hash(n, what, {seed}) / 18446744073709551615.0::DOUBLE")
    con.execute("CREATE MACRO id(kind, n) AS kind || lpad(n::BIGINT::VARCHAR, 12, '0') || 'AAA'")
    owner = f"id('005', floor({REPS} * luck(n, 'owner')))"
    written = {
        tables.owners: f"""SELECT id('005', n) AS id, 'rep' || n || '@example.com' AS email, true AS active,
            true AS person, false AS deleted FROM range({REPS}) AS t(n)""",
        tables.opportunities: "SELECT 'x' AS id LIMIT 0",
        tables.accounts: f"""SELECT id('001', n) AS id, {owner} AS owner_id, false AS deleted,
            list_extract(['US', 'US', 'US', 'DE', 'FR', NULL], 1 + (6 * luck(n, 'country'))::BIGINT % 6) AS country,
            NULL::VARCHAR AS currency, (10 * pow(1000, luck(n, 'size')))::BIGINT AS employees,
            round(1e5 * pow(1e5, luck(n, 'revenue'))) AS annual_revenue FROM range({accounts}) AS t(n)""",
        assignments: f"""SELECT id('001', n) AS account_id, 'AE' AS role, 'assigned' AS decision,
            't' || (floor(50 * luck(n, 'territory'))::BIGINT) AS territory,
            id('005', floor({REPS} * luck(n, 'to'))) AS owner_id FROM range({accounts}) AS t(n)""",
        tables.activities: f"""SELECT id('00T', n // 1.02) AS id,
            id('001', floor({accounts} * pow(luck(n, 'account'), 2))) AS account_id,
            id('005', floor({REPS} * luck((n // 1.02)::BIGINT, 'by'))) AS owner_id,
            list_extract(['call', 'email', 'email', 'meeting', 'note', 'task'],
              1 + (hash((n // 1.02)::BIGINT, 'type') % 6)::BIGINT) AS type, 'outbound' AS direction, false AS deleted,
            TIMESTAMPTZ '2026-04-02 00:00:00+00' - to_seconds(luck((n // 1.02)::BIGINT, 'when') * 180 * 86400) AS occurred_at
            FROM range({activities}) AS t(n)""",
    }  # fmt: skip
    for file, query in written.items():
        con.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")


# What somebody who knows these rules would write by hand, for exactly the numbers of the three KPI tables.
BY_HAND = """
CREATE TABLE kpis AS
WITH touched AS (
  SELECT account_id,
    count(*) FILTER (WHERE type IN ('call', 'meeting', 'email') AND occurred_at >= D30) AS touches_30d,
    count(*) FILTER (WHERE type IN ('call', 'meeting', 'email') AND occurred_at >= D90) AS touches_90d,
    count(*) FILTER (WHERE type = 'call' AND occurred_at >= D30) AS calls_30d,
    count(*) FILTER (WHERE type = 'email' AND occurred_at >= D30) AS emails_30d,
    count(*) FILTER (WHERE type = 'meeting' AND occurred_at >= D30) AS meetings_30d,
    count(*) FILTER (WHERE type = 'call' AND occurred_at >= D90) AS calls_90d,
    count(*) FILTER (WHERE type = 'email' AND occurred_at >= D90) AS emails_90d,
    count(*) FILTER (WHERE type = 'meeting' AND occurred_at >= D90) AS meetings_90d,
    CAST(max(occurred_at) FILTER (WHERE type IN ('call', 'meeting', 'email')) AT TIME ZONE 'UTC' AS DATE) AS last_touch
  FROM 'DIR/activities.parquet' WHERE NOT deleted AND occurred_at < TIMESTAMPTZ '2026-04-01 00:00:00+00' GROUP BY account_id),
tiered AS (SELECT *, CASE WHEN employees >= 2000 THEN 'A' WHEN employees >= 200 THEN 'B' ELSE 'C' END AS tier
  FROM 'DIR/accounts.parquet' WHERE NOT deleted)
SELECT id AS account_id, tier,
  CASE tier WHEN 'A' THEN 18::DOUBLE WHEN 'B' THEN 4.5::DOUBLE ELSE 0.25::DOUBLE END
    * CASE WHEN country IN ('DE', 'FR') THEN 1.25::DOUBLE ELSE 1 END AS workload_hours,
  coalesce(touches_30d, 0) AS touches_30d, coalesce(touches_90d, 0) AS touches_90d, coalesce(calls_30d, 0) AS calls_30d,
  coalesce(emails_30d, 0) AS emails_30d, coalesce(meetings_30d, 0) AS meetings_30d, coalesce(calls_90d, 0) AS calls_90d,
  coalesce(emails_90d, 0) AS emails_90d, coalesce(meetings_90d, 0) AS meetings_90d, last_touch,
  DATE '2026-03-31' - last_touch AS days_since_touch, coalesce(touches_90d, 0) >= 1 AS covered
FROM tiered LEFT JOIN touched ON account_id = id ORDER BY id;
COPY (SELECT * FROM kpis ORDER BY account_id) TO 'INTO/account_kpis.parquet' (FORMAT parquet);
CREATE TABLE sums AS
SELECT a.owner_id AS before, s.owner_id AS after, s.territory, count(*) AS accounts, sum(k.workload_hours) AS hours,
  sum(annual_revenue) AS potential, count(*) FILTER (WHERE covered) AS covered
FROM 'DIR/accounts.parquet' a JOIN 'DIR/assignments.parquet' s ON s.account_id = a.id
JOIN kpis k ON k.account_id = a.id GROUP BY GROUPING SETS ((before), (after), (territory), ());
CREATE TABLE rep_touches AS
SELECT owner_id, count(DISTINCT id) FILTER (WHERE occurred_at >= D30) AS touches_30d, count(DISTINCT id) AS touches_90d
FROM 'DIR/activities.parquet' WHERE NOT deleted AND type IN ('call', 'meeting', 'email') AND occurred_at >= D90
  AND occurred_at < TIMESTAMPTZ '2026-04-01 00:00:00+00' GROUP BY owner_id;
COPY (SELECT after AS owner_id, accounts, hours, covered AS covered_accounts, potential, touches_30d, touches_90d
  FROM sums JOIN rep_touches ON after = owner_id) TO 'INTO/rep_kpis.parquet' (FORMAT parquet);
COPY (SELECT territory, accounts, hours, covered AS covered_accounts, potential FROM sums WHERE territory IS NOT NULL)
  TO 'INTO/territory_kpis.parquet' (FORMAT parquet);
"""
D30, D90 = "TIMESTAMPTZ '2026-03-02 00:00:00+00'", "TIMESTAMPTZ '2026-01-01 00:00:00+00'"


def by_hand(folder: Path, into: Path, memory: str) -> None:
    """The same numbers, hand-written."""
    into.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=into) as spill:
        con = duckdb.connect(config={"memory_limit": memory, "temp_directory": spill})
        con.execute("SET preserve_insertion_order = false")
        script = (
            BY_HAND.replace("D30", D30)
            .replace("D90", D90)
            .replace("DIR", str(folder))
            .replace("INTO", str(into))
        )
        con.execute(script)
        con.close()


def ours(folder: Path, into: Path, memory: str) -> None:
    """What a night does."""
    from rules.measure.night import measure

    tables, assignments = files(folder)
    measure(rule_set(), tables, assignments, into, AS_OF, memory_limit=memory)


SIDES = {"ours": ours, "by hand": by_hand}


def run_alone(side: str, folder: Path, memory: str) -> tuple[float, float]:
    """Seconds of the work, without start-up, and peak MB of a process that did only this."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.activities",
        "--side",
        side,
        "--folder",
        str(folder),
        "--memory",
        memory,
    ]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(answer.splitlines()[-1])
    return found["seconds"], found["megabytes"]


def alone(side: str, folder: Path, memory: str) -> None:
    """The body of that process."""
    import rules.measure  # noqa: F401  # imports are not what is measured here

    started = time.perf_counter()
    SIDES[side](folder, folder / side.replace(" ", "_"), memory)
    seconds = time.perf_counter() - started
    print(
        json.dumps(
            {"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        )
    )


def differences(folder: Path) -> int:
    """How many rows the two sides disagree on; sums of money and hours may differ by rounding."""
    con, found = duckdb.connect(), 0
    for table, key, columns in (
        ("account_kpis", "account_id", "* EXCLUDE (workload_hours), round(workload_hours, 6)"),
        ("rep_kpis", "owner_id", "owner_id, accounts, covered_accounts, touches_30d, touches_90d, round(hours, 3), round(potential)"),
        ("territory_kpis", "territory", "territory, accounts, covered_accounts, round(hours, 3), round(potential)"),
    ):  # fmt: skip
        one, other = (
            f"SELECT {columns} FROM '{folder}/{side}/{table}.parquet'" for side in ("ours", "by_hand")
        )
        for query in (f"{one} EXCEPT {other}", f"{other} EXCEPT {one}"):
            [(count,)] = con.execute(f"SELECT count({key}) FROM ({query})").fetchall()
            found += count
    return found


def main() -> None:
    """Makes the data, runs both sides in turn, prints the table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="20 M activities of 1 M accounts")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", default="1GB", help="DuckDB's limit on both sides")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        return alone(given.side, given.folder, given.memory)
    accounts, activities = (1_000_000, 20_000_000) if given.full else (100_000, 1_000_000)
    with TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, accounts, activities, given.seed)
        runs = [{side: run_alone(side, folder, given.memory) for side in SIDES} for _ in range(given.rounds)]
        different = differences(folder)
    report(runs, f"{activities // 1_000_000}M x {accounts // 1000}k", different)
    return None


def report(runs: list[dict[str, tuple[float, float]]], size: str, different: int) -> None:
    """For people, then for machines."""
    seconds = {side: statistics.median(run[side][0] for run in runs) for side in SIDES}
    peaks = {side: max(run[side][1] for run in runs) for side in SIDES}
    ratio = seconds["ours"] / seconds["by hand"]
    print(f"{size}, median of {len(runs)} alternating runs")
    for side in SIDES:
        print(f"  {side:8} {seconds[side]:7.2f} s  {peaks[side]:7.0f} MB peak")
    print(f"  ratio {ratio:.2f} (goal {GOAL}); {different} rows differ")
    lines = [
        {"name": f"activities {size}: time / hand-written SQL", "value": round(ratio, 3), "unit": "x", "goal": GOAL, "ok": ratio <= GOAL},
        {"name": f"activities {size}: seconds", "value": round(seconds["ours"], 3), "unit": "s", "goal": None, "ok": True},
        {"name": f"activities {size}: peak memory", "value": round(peaks["ours"]), "unit": "MB", "goal": None, "ok": True},
        {"name": f"activities {size}: rows that differ", "value": different, "unit": "rows", "goal": 0, "ok": different == 0},
    ]  # fmt: skip
    print(json.dumps(lines))


if __name__ == "__main__":
    main()
