"""A whole night against a local CRM: wall time and peak memory per stage, and calls beside the cheapest known.

    python benchmarks/night.py [--vendor salesforce|hubspot] [--full]

The CRM runs in a process of its own, over HTTP on this machine, and its time counts as waiting. The quick
size is 2,000 accounts and 20,000 activities; --full is 100,000 and 1,000,000. 300 rules either way. The
named alternative for calls is the cheapest way that is known for each job, whether we go it or not.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.base import Connector
from connectors.sandbox import Crm, attach
from sync.approve import approve
from sync.config import load_project
from sync.demo.play import SECRET_VARIABLES, make_project
from sync.log import configure
from sync.run import enact, night, propose, pull
from sync.session import Session

REPS = 60
STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
]
COUNTRIES = [
    "GB",
    "DE",
    "FR",
    "CA",
    "JP",
    "NL",
    "AU",
    "IN",
    "BR",
    "CH",
    "SE",
    "SG",
    "CI",
    "IT",
    "ES",
    "PL",
    "BE",
    "AT",
    "DK",
    "NO",
    "FI",
    "IE",
    "PT",
    "GR",
    "CZ",
    "HU",
    "RO",
    "MX",
    "AR",
    "CL",
    "CO",
    "PE",
    "ZA",
    "NG",
    "KE",
    "EG",
    "TR",
    "IL",
    "AE",
    "SA",
]
BANDS = (("s", "below: 50"), ("m", "from: 50, below: 1000"), ("l", "from: 1000"))
GOAL_MEMORY = 1000
"""MB, of our process at its peak."""


@dataclass
class Stages:
    """What each stage of the flow took; `waiting` is the time inside socket reads, writes and connects."""

    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    waiting: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        _reset_peak()
        began, waited = time.perf_counter(), self.waiting
        try:
            yield
        finally:
            row = self.rows.setdefault(name, {"wall": 0.0, "waiting": 0.0, "peak": 0.0})
            row["wall"] += time.perf_counter() - began
            row["waiting"] += self.waiting - waited
            row["peak"] = max(row["peak"], _peak())

    def watch_sockets(self) -> None:
        """Count the time spent inside socket calls from here on."""
        for owner, name in (
            (socket.SocketIO, "readinto"),
            (socket.socket, "sendall"),
            (socket.socket, "connect"),
        ):
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args)
            finally:
                self.waiting += time.perf_counter() - began

        return wrapped


def _reset_peak() -> None:
    # Where this is not Linux, or not allowed, the peak is the process's peak so far.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """MB."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def rules() -> str:
    """300 rules: every state and many countries by size of company, over sixty reps in twelve pods."""
    pods = [
        f"  p{p}: {{members: [{', '.join(f'rep{p * 5 + i}@example.com' for i in range(5))}]}}"
        for p in range(12)
    ]
    places = [("US", state) for state in STATES] + [(country, None) for country in COUNTRIES]
    made = []
    for number, (country, state) in enumerate(places):
        for band, employees in BANDS:
            where = f"country: {country}" + (f", state: {state}" if state else "")
            name = f"{country}-{state}-{band}" if state else f"{country}-{band}"
            made.append(
                f"  - {{id: {name}, level: geography, when: {{{where}, employees: {{{employees}}}}}, "
                f"assign: {{territory: {name.lower()}, pod: p{number % 12}}}}}"
            )
    industries = [
        "Technology",
        "Manufacturing",
        "Healthcare",
        "Banking",
        "Retail",
        "Consulting",
        "Construction",
        "Education",
    ]
    for number, industry in enumerate(industries * 4):
        low = 10 ** (9 + number // len(industries))
        made.append(
            f"  - {{id: named-{number}, level: named, when: {{industry: {industry}, annual_revenue: {{from: {low}}}, employees: "
            f"{{from: {20_000 + number}}}}}, assign: {{territory: strategic.{number}, owner: rep{number % REPS}@example.com}}}}"
        )
    made = made[: 300 - 1]
    made.append(
        "  - {id: rest, level: catch_all, when: {country: {is_missing: false}}, assign: {territory: rest, pod: p0}}"
    )
    workload = (
        "workload:\n  tier: {field: employees, bands: [{tier: A, from: 1000}, {tier: B, below: 1000}]}\n"
        "  tiers: {A: {touches: 12, hours_per_touch: 1}, B: {touches: 2, hours_per_touch: 0.5}}\n  default_tier: B\n"
    )
    return (
        "version: 1\nas_of: {timezone: UTC}\nlevels: [named, geography, catch_all]\npods:\n"
        + "\n".join(pods) + "\nrules:\n" + "\n".join(made) + "\n" + workload
    )  # fmt: skip


@contextmanager
def crm_process(vendor: str, accounts: int, activities: int) -> Iterator[Crm]:
    """A local CRM in another process, with so much in it."""
    command = [
        sys.executable, "-m", "connectors.sandbox", vendor, "--accounts", str(accounts), "--reps", str(REPS),
        "--activities-per-account", str(activities / accounts),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield attach(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(30)


def measured_night(
    vendor: str, accounts: int, activities: int
) -> tuple[Stages, dict[str, dict[str, int]], int]:
    """The stages of a first and a second night, the calls of each part, and the records written."""
    folder = Path(tempfile.mkdtemp(prefix="night-"))
    stages, calls = Stages(), {}
    try:
        with stages.stage("fill the CRM (not ours)"), crm_process(vendor, accounts, activities) as crm:
            config = make_project(folder / vendor, vendor, crm)
            (config.parent / "rules.yaml").write_text(rules())
            config.write_text(
                config.read_text()
                + "limits: {empty_levels: true, unassigned_share: 1}\napply: {quota_reserve: 0}\n"
            )
            os.environ.update({n: str(crm.credentials[k]) for n, k in SECRET_VARIABLES[vendor].items()})
            stages.watch_sockets()
            session = Session(load_project(config), stage=stages.stage)
            connector = session.project.connect()
            connector.setup(connector.setup_steps(session.project.output_fields()))
            written = _two_nights(session, connector, calls)
            connector.close()
    finally:
        shutil.rmtree(folder)
    return stages, calls, written


def _two_nights(session: Session, connector: Connector, calls: dict[str, dict[str, int]]) -> int:
    def since(before: Mapping[str, int]) -> dict[str, int]:
        return {k: n - before.get(k, 0) for k, n in connector.calls().items() if n != before.get(k, 0)}

    with session.ledger() as ledger:
        before = dict(connector.calls())
        snapshot = pull(session, connector).snapshot
        calls["pull"], before = since(before), dict(connector.calls())
        plan = propose(session, ledger, snapshot)
        approve(ledger, plan, by="benchmark", at=session.now(), accept=[b.name for b in plan.breaches])
        enacted = enact(session, ledger, plan, connector)
        assert str(enacted.run.state) == "done", enacted.counts
        calls["write, with re-read and verification"], before = since(before), dict(connector.calls())
        with session.stage("second night, all of it"):
            again, nothing = night(session, ledger, connector, write=True)
        assert again.is_empty and nothing is None
        calls["second night"] = since(before)
    return int(plan.summary["records"])


def cheapest(vendor: str, accounts: int, activities: int, written: int) -> dict[str, int]:
    """The cheapest known number of calls, re-read and verification not counted.

    Salesforce: REST pages of 2,000 up to 20,000 rows, else a Bulk 2.0 job (about 6 calls and a page per 100,000
    rows). HubSpot: pages of 100 for everything; batches of 100 to write.
    """
    if vendor == "salesforce":

        def read(rows: int) -> int:
            return math.ceil(rows / 2000) if rows <= 20_000 else 6 + math.ceil(rows / 100_000)

        kpis = math.ceil(written / 200) if written <= 5_000 else 26
        return {
            "pull": read(accounts) + 2 * read(activities // 2),
            "write, with re-read and verification": kpis,
        }
    return {
        "pull": math.ceil(accounts / 100) + math.ceil(activities / 100),
        "write, with re-read and verification": math.ceil(written / 100),
    }


def main() -> None:
    """Run, print a table for people and, last, a JSON list for machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vendor", choices=("salesforce", "hubspot"), action="append")
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    configure(verbosity=-1, json=False)
    accounts, activities = (100_000, 1_000_000) if given.full else (2_000, 20_000)
    results: list[dict[str, Any]] = []
    for vendor in given.vendor or ("salesforce", "hubspot"):
        stages, calls, written = measured_night(vendor, accounts, activities)
        results += _report(vendor, accounts, activities, stages, calls, written)
    print(json.dumps(results))


def _report(
    vendor: str,
    accounts: int,
    activities: int,
    stages: Stages,
    calls: Mapping[str, Mapping[str, int]],
    written: int,
) -> list[dict[str, Any]]:
    print(
        f"\n{vendor}: {accounts:,} accounts, {activities:,} activities, 300 rules, {written:,} records written"
    )
    print(f"  {'stage':26}{'wall s':>9}{'waiting for HTTP s':>20}{'peak MB':>9}")
    ours = {n: r for n, r in stages.rows.items() if "not ours" not in n}
    for name, row in ours.items():
        print(f"  {name:26}{row['wall']:9.2f}{row['waiting']:20.2f}{row['peak']:9.0f}")
    once = {n: r for n, r in ours.items() if "second" not in n}
    wall, waiting = (sum(r[k] for r in once.values()) for k in ("wall", "waiting"))
    peak = max(r["peak"] for r in ours.values())
    print(
        f"  first night: {1 - waiting / wall:.0%} of {wall:.1f} s were spent outside waiting for HTTP; peak {peak:.0f} MB"
    )
    known = cheapest(vendor, accounts, activities, written)
    results = [
        {
            "name": f"{vendor} peak memory",
            "value": round(peak),
            "unit": "MB",
            "goal": GOAL_MEMORY,
            "ok": peak <= GOAL_MEMORY,
        },
        {
            "name": f"{vendor} share outside HTTP",
            "value": round(1 - waiting / wall, 3),
            "unit": "share",
            "goal": None,
            "ok": True,
        },
    ]
    for part, counts in calls.items():
        total, least = sum(counts.values()), known.get(part)
        ratio = f", {total / least:.2f} x the cheapest known {least:,}" if least else ""
        print(
            f"  calls to {part}: {total:,}{ratio} ({', '.join(f'{k} {n:,}' for k, n in sorted(counts.items()))})"
        )
        if least:
            results.append(
                {
                    "name": f"{vendor} calls to {part}",
                    "value": round(total / least, 2),
                    "unit": "x cheapest known",
                    "goal": None,
                    "ok": True,
                }
            )
    return results


if __name__ == "__main__":
    main()
