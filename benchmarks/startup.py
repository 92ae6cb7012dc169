"""How long verbs take from start to answer, beside a Python that does nothing.

A project of 300 rules with lists, and a snapshot of 1,000,000 accounts with its plan, are made with a seed.
Every verb is a process of its own; verbs and `python -c pass` take turns, and medians count, of wall time and of
processor time (user and system): on a busy machine only the second says what a verb costs. `lint` is that of a
build server, which has the files and no snapshot; `lint data` also looks for every named account in the snapshot,
which no goal counts as start-up. The last line is a JSON list of {"name", "value", "unit", "goal", "ok"}.
`--full` takes 21 rounds in place of 7.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import duckdb
import yaml

ACCOUNTS = 1_000_000
RULES = 300
COUNTRIES = ["US", "DE", "GB", "FR", "CA", "IT", "ES", "NL", "SE", "CH", "JP", "AU", "BR", "IN", "MX"]
INDUSTRIES = [f"Industry {letter}" for letter in "ABCDEFGHIJ"]
GOALS = {"help": 0.2, "lint": 0.4, "explain": 0.4}
"""Seconds."""
CONFIG = """version: 1
crm: {kind: files, folder: exports, accounts: accounts.csv, owners: owners.csv}
"""
SNAPSHOT = {
    "accounts": f"""SELECT '001' || lpad(n::VARCHAR, 12, '0') || 'AAA' AS id, 'Company ' || n AS name,
        '005' || lpad((n % 400)::VARCHAR, 12, '0') || 'AAA' AS owner_id, NULL::VARCHAR AS parent_id,
        list_extract({COUNTRIES}, 1 + (hash(n) % 15)::BIGINT) AS country, NULL::VARCHAR AS state,
        'City ' || hash(n) % 3000 AS city, lpad((hash(n + 7) % 99999)::VARCHAR, 5, '0') AS postal_code,
        'www.company' || n || '.com' AS website, list_extract({INDUSTRIES}, 1 + (hash(n + 1) % 10)::BIGINT) AS industry,
        (hash(n + 2) % 5000)::BIGINT AS employees, (hash(n + 3) % 1000000000)::DOUBLE AS annual_revenue,
        'USD' AS currency, 'Prospect' AS type, NULL::TIMESTAMPTZ AS created_at, NULL::TIMESTAMPTZ AS modified_at,
        false AS deleted FROM range({ACCOUNTS}) AS t(n) ORDER BY 1""",
    "owners": """SELECT '005' || lpad(n::VARCHAR, 12, '0') || 'AAA' AS id, 'Rep ' || n AS name,
        'rep' || n || '@example.com' AS email, true AS active, true AS person, NULL::TIMESTAMPTZ AS modified_at,
        false AS deleted FROM range(400) AS t(n) ORDER BY 1""",
    "opportunities": "SELECT 'x' AS id, 'x' AS account_id, false AS deleted LIMIT 0",
    "activities": "SELECT 'x' AS id, 'x' AS account_id, false AS deleted LIMIT 0",
}  # fmt: skip


def rules_document() -> dict[str, object]:
    """300 rules in four levels, two fifths of them with lists, a tenth as SQL; no two of a level overlap."""
    random = Random(7)
    zips = random.sample(range(1000, 99999), 2000)
    lists = {
        **{f"zips_{n}": {"type": "postal_code", "country": "US", "values": [f"{z:05}" for z in sorted(zips[n::60])]}
           for n in range(60)},
        **{f"domains_{n}": {"type": "domain", "values": [f"company{n + 60 * i}.com" for i in range(20)]}
           for n in range(60)},
    }  # fmt: skip
    rules = [_rule(f"named-{n}", "named", {"website": {"in_list": f"domains_{n}"}}, n) for n in range(60)]
    rules += [
        _rule(f"zips-{n}", "geography", {"country": "US", "postal_code": {"in_list": f"zips_{n}"}}, n)
        for n in range(60)
    ]
    for number in range(RULES - 121):
        country, industry = COUNTRIES[number % 15], INDUSTRIES[number // 15 % 10]
        low = 1000 * (number // 150)
        if number % 6 == 0:
            where = f"country = '{country}' and industry = '{industry}' and employees between {low} and {low + 900}"
            rules.append(_rule(f"segment-{number}", "segment", where, number))
        else:
            when = {"country": country, "industry": industry, "employees": {"from": low, "below": low + 901}}
            rules.append(_rule(f"segment-{number}", "segment", when, number))
    rules.append(_rule("rest", "catch_all", {}, 0))
    pods = {f"pod-{n}": {"members": [f"rep{20 * n + i}@example.com" for i in range(20)]} for n in range(20)}
    levels = ["named", "segment", "geography", "catch_all"]
    return {"version": 1, "levels": levels, "lists": lists, "pods": pods, "rules": rules}


def _rule(id_: str, level: str, condition: object, number: int) -> dict[str, object]:
    key = "where" if isinstance(condition, str) else "when"
    to = {"pod": f"pod-{number % 20}"} if number % 2 else {"owner": f"rep{number % 400}@example.com"}
    return {"id": id_, "level": level, key: condition, "assign": {"territory": f"t{number}", **to}}


def make(folder: Path) -> None:
    """The project, its snapshot, and the plan that it leads to."""
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules_document(), sort_keys=False))
    (folder / "exports").mkdir()
    snapshot = folder / "state" / "snapshots" / "made"
    snapshot.mkdir(parents=True)
    with duckdb.connect() as con:
        for name, query in SNAPSHOT.items():
            con.execute(
                f"COPY ({query}) TO '{snapshot / name}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 100000)"
            )
    told = {
        "id": "made", "rows": {}, "watermarks": {}, "pulled_at": "2026-11-23T00:00:00+00:00",
        "whole_at": "2026-11-23T00:00:00+00:00", "mapping": "", "source": "files",
    }  # fmt: skip
    (snapshot.parent / "latest.json").write_text(json.dumps(told))


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of one process."""

    wall: float
    cpu: float
    """User and system, of all threads."""


def run(command: list[str], folder: Path) -> Taken:
    """What the process took; its answer must be a success."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=said, stderr=said, env={**os.environ, "NO_COLOR": "1"}
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said.read().decode()}")
    return Taken(wall, used.ru_utime + used.ru_stime)


def verbs_in(made: Path) -> dict[str, tuple[list[str], Path]]:
    """Commands and where they run: `build` is the project without its state, as a build server has it."""
    project, build = made / "project", made / "build"
    project.mkdir()
    make(project)
    shutil.copytree(project, build, ignore=shutil.ignore_patterns("state"))
    territory = str(Path(sys.executable).with_name("territory"))
    return {
        "pass": ([sys.executable, "-c", "pass"], build),
        "help": ([territory, "--help"], build),
        "lint": ([territory, "lint"], build),
        "lint data": ([territory, "lint"], project),
        "explain": ([territory, "explain", f"001{ACCOUNTS // 2:012}AAA"], project),
    }


def medians(rounds: int) -> dict[str, Taken]:
    """Medians per verb over the rounds after the first, which warms the caches."""
    with tempfile.TemporaryDirectory(prefix="startup-") as made:
        verbs = verbs_in(Path(made))
        taken: dict[str, list[Taken]] = {name: [] for name in verbs}
        for _ in range(rounds):
            for name, (command, folder) in verbs.items():
                taken[name].append(run(command, folder))
    return {
        name: Taken(
            statistics.median(one.wall for one in found[1:]), statistics.median(one.cpu for one in found[1:])
        )
        for name, found in taken.items()
    }


def measure(rounds: int) -> list[dict[str, object]]:
    """The table, with ratios to a Python that does nothing, and each goal held against both medians."""
    found = medians(rounds)
    idle = found["pass"]
    print(
        f"{RULES} rules, {ACCOUNTS:,} accounts, medians of {rounds - 1} processes each after one to warm up\n"
    )
    print(f"{'verb':<10}{'wall s':>10}{'x pass':>8}{'cpu s':>10}{'x pass':>8}{'goal':>10}")
    for name, taken in found.items():
        goal = f"{GOALS[name]:.1f} s" if name in GOALS else ""
        print(
            f"{name:<10}{taken.wall:>10.3f}{taken.wall / idle.wall:>7.0f}x"
            f"{taken.cpu:>10.3f}{taken.cpu / idle.cpu:>7.0f}x{goal:>10}"
        )
    return [
        {"name": f"startup.{name}.{clock}", "value": round(value, 3), "unit": "s", "goal": goal, "ok": value <= goal}
        for name, goal in GOALS.items()
        for clock, value in (("wall", found[name].wall), ("cpu", found[name].cpu))
    ]  # fmt: skip


def main() -> None:
    """Prints a table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds")
    rounds = 22 if parser.parse_args().full else 8
    print(json.dumps(measure(rounds)))


if __name__ == "__main__":
    main()
