"""A full pull of accounts by Bulk 2.0, beside plain `requests` that streams the same pages to disk.

    python benchmarks/salesforce_pull.py          200,000 accounts
    python benchmarks/salesforce_pull.py --full    1,000,000 accounts

The org is the sandbox, in a process of its own. Ours makes the job, waits for it, keeps its pages on disk, counts
and checks them, and turns every value into a typed column; the plain side knows the job and its locators already and
writes bytes. Each run is a process of its own, so that CPU time and peak memory are its own; runs alternate, and
medians are compared. A page is 100,000 rows on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

GOAL, MOST_MEGABYTES = 3.0, 500
MOST_CALLS = 270
"""For ten million accounts: the upper end of what is known to be possible; REST takes 5,000."""
VERSION = "62.0"


@dataclass(frozen=True, slots=True)
class Org:
    """A sandbox that runs."""

    url: str
    credentials: dict[str, str]

    def environment(self) -> dict[str, str]:
        """What the connector's settings name."""
        return {"BENCH_ID": self.credentials["client_id"], "BENCH_SECRET": self.credentials["client_secret"]}

    def settings(self) -> Any:
        """The connector's settings, all defaults but that every pull is by Bulk."""
        from connectors.salesforce import SalesforceSettings

        login = {
            "method": "client_credentials",
            "client_id": {"env": "BENCH_ID"},
            "client_secret": {"env": "BENCH_SECRET"},
        }
        return SalesforceSettings.model_validate(
            {
                "org_id": self.credentials["org_id"],
                "instance_url": self.url,
                "local": True,
                "api_version": VERSION,
                "login": login,
                "bulk_read_above": 0,
            }
        )


@contextmanager
def sandbox(accounts: int, seed: int) -> Iterator[Org]:
    """An org of so many accounts."""
    command = [
        sys.executable, "-m", "connectors.sandbox", "salesforce", "--accounts", str(accounts), "--reps", "200",
        "--activities-per-account", "0", "--seed", str(seed),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Org(told["url"], told["credentials"])
        finally:
            process.terminate()


def ours(org: Org, spool: Path) -> dict[str, Any]:
    """A pull as a night makes it: rows, and calls by kind."""
    from connectors.records import RecordKind
    from connectors.salesforce import plugin

    connector = plugin.connect(org.settings(), plugin.default_fields())
    connector.identity()  # brings simple-salesforce in, whose import is not what is measured here
    began = cpu()
    rows = sum(batch.num_rows for batch in connector.pull(RecordKind.ACCOUNTS, spool=spool).batches)
    seconds = cpu() - began
    connector.close()
    return {"rows": rows, "calls": connector.calls(), "cpu": seconds}


def plain(org: Org, spool: Path) -> dict[str, Any]:
    """The same pages, streamed to disk with `requests` as its documentation says."""
    import requests

    manifest = json.loads((spool / "Account" / "manifest.json").read_bytes())
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {_token(org, session)}"
    url = f"{org.url}/services/data/v{VERSION}/jobs/query/{manifest['job']}"
    began, size = cpu(), 0
    for page in manifest["pages"]:
        params = {"maxRecords": "100000"} | ({"locator": page["locator"]} if page["locator"] else {})
        with session.get(f"{url}/results", params=params, stream=True, timeout=120) as answer:
            answer.raise_for_status()
            with (spool / "plain.csv").open("wb") as file:
                for block in answer.iter_content(1 << 16):
                    size += file.write(block)
    seconds = cpu() - began
    session.delete(url, timeout=120).raise_for_status()
    return {"megabytes of CSV": size / 1e6, "cpu": seconds}


def _token(org: Org, session: Any) -> str:
    given = {name: org.credentials[name] for name in ("client_id", "client_secret")}
    answer = session.post(
        f"{org.url}/services/oauth2/token", data={"grant_type": "client_credentials", **given}, timeout=120
    )
    return str(answer.json()["access_token"])


SIDES = {"ours": ours, "plain": plain}


def cpu() -> float:
    """Seconds of CPU time of this process so far, in its own code and in the kernel."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def alone(side: str, org: Org, spool: Path) -> None:
    """The body of one run's process."""
    import logging

    import pyarrow.csv  # noqa: F401
    import structlog

    import connectors.salesforce.connector  # noqa: F401  # imports are not what is measured here

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    began = time.perf_counter()
    found = SIDES[side](org, spool)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, "seconds": time.perf_counter() - began, "megabytes": peak}))


def run_alone(side: str, org: Org, spool: Path) -> dict[str, Any]:
    """What that process found."""
    command = [
        sys.executable, "-m", "benchmarks.salesforce_pull", "--side", side, "--spool", str(spool),
        "--org", json.dumps([org.url, org.credentials]),
    ]  # fmt: skip
    environment = {**os.environ, **org.environment()}
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def main() -> None:
    """Starts the org, runs both sides in turn, prints the table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="1,000,000 accounts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--org", help=argparse.SUPPRESS)
    parser.add_argument("--spool", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        return alone(given.side, Org(*json.loads(given.org)), given.spool)
    accounts, runs = (1_000_000 if given.full else 200_000), []
    with sandbox(accounts, given.seed) as org, TemporaryDirectory() as folder:
        for number in range(given.rounds):
            spool = Path(folder) / str(number)
            runs.append({side: run_alone(side, org, spool) for side in SIDES})
    report(runs, accounts)
    return None


def report(runs: list[dict[str, dict[str, Any]]], accounts: int) -> None:
    """For people, then for machines."""
    seconds = {side: statistics.median(run[side]["cpu"] for run in runs) for side in SIDES}
    wall = {side: statistics.median(run[side]["seconds"] for run in runs) for side in SIDES}
    peaks = {side: max(run[side]["megabytes"] for run in runs) for side in SIDES}
    ratio, missing = seconds["ours"] / seconds["plain"], max(accounts - run["ours"]["rows"] for run in runs)
    calls = runs[-1]["ours"]["calls"]
    of_pages = sum(count for kind, count in calls.items() if kind in ("bulk_page", "bulk_pages"))
    for_ten_million = round(sum(calls.values()) - of_pages + of_pages * 10_000_000 / accounts)
    million = 1_000_000 / accounts
    size = f"{accounts // 1000}k"
    print(f"{accounts:,} accounts, median of {len(runs)} alternating runs")
    for side in SIDES:
        print(f"  {side:6} {seconds[side] * million:6.2f} s CPU per million rows {wall[side]:8.1f} s in all {peaks[side]:6.0f} MB peak")  # fmt: skip
    print(f"  ratio {ratio:.2f} (goal {GOAL}); {missing} rows missing")
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(calls.items()))
    print(f"  {sum(calls.values())} calls: {told}; REST pages would take {-(-accounts // 2000):,}")
    print(f"  for ten million accounts {for_ten_million} calls (known ways: 70 to 270; REST 5,000)")
    lines = [
        {"name": f"salesforce pull {size}: CPU / requests to disk", "value": round(ratio, 3), "unit": "x", "goal": GOAL, "ok": ratio <= GOAL},
        {"name": f"salesforce pull {size}: CPU per million rows", "value": round(seconds["ours"] * million, 3), "unit": "s", "goal": None, "ok": True},
        {"name": f"salesforce pull {size}: peak memory", "value": round(peaks["ours"]), "unit": "MB", "goal": MOST_MEGABYTES, "ok": peaks["ours"] <= MOST_MEGABYTES},
        {"name": "salesforce pull: calls for 10M", "value": for_ten_million, "unit": "calls", "goal": MOST_CALLS, "ok": for_ten_million <= MOST_CALLS},
        {"name": f"salesforce pull {size}: rows missing", "value": missing, "unit": "rows", "goal": 0, "ok": missing == 0},
    ]  # fmt: skip
    print(json.dumps(lines))


if __name__ == "__main__":
    main()
