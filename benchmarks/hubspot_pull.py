"""A full pull and a pull of changes from HubSpot, beside a bare urllib3 + orjson loop over the same pages.

    python benchmarks/hubspot_pull.py            60,000 companies, 3,000 changed, limits for 30 seconds
    python benchmarks/hubspot_pull.py --full  1,000,000 companies, 20,000 changed

The portal is the sandbox, in a process of its own. Ours lists side by side, checks, keeps what it has on disk, and
turns every value into a typed column; the bare loop follows the cursor and parses JSON. Each run is a process of its
own, so that CPU time and peak memory are its own; runs alternate, and medians are compared. A pull is killed with
SIGKILL in its midst and gone on with; every row is compared with the portal's own. Last, a part of the portal is read
under HubSpot's own limits (190 calls in ten seconds), each answer 150 ms away.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

RATIO, MOST_MEGABYTES, MOST_CALLS, LEAST_RATE, MOST_REFUSED = 1.5, 500, 1.05, 0.95, 0.01
BURST, WINDOW = 190, 10.0
LATENCY, LIMITED = 0.15, 60_000
TOKEN = "BENCH_HUBSPOT_TOKEN"


@dataclass(frozen=True, slots=True)
class Portal:
    """A sandbox that runs."""

    url: str
    credentials: dict[str, str]

    def connect(self, **changes: Any) -> Any:
        """The connector, all settings default but for these."""
        from connectors.hubspot import HubSpotSettings, plugin

        given = {"portal_id": self.credentials["portal_id"], "token": {"env": TOKEN}, "base_url": self.url}
        settings = HubSpotSettings.model_validate({**given, "local": True, **changes})
        return plugin.connect(settings, plugin.default_fields())


@contextmanager
def sandbox(companies: int, seed: int) -> Iterator[Portal]:
    """A portal of so many companies that lets anybody call as often as they like."""
    command = [
        sys.executable, "-m", "connectors.sandbox", "hubspot", "--accounts", str(companies), "--reps", "200",
        "--activities-per-account", "0", "--seed", str(seed),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            portal = Portal(told["url"], told["credentials"])
            limits(portal, burst_limit=1_000_000, search_limit=1_000_000, daily_limit=100_000_000)
            yield portal
        finally:
            process.terminate()


def limits(portal: Portal, **changes: Any) -> None:
    """Change the portal's settings."""
    from connectors.sandbox import attach

    with attach(portal.url) as crm:
        crm.settings(**changes)


# -- what runs in a process of its own


def ours(portal: Portal, spool: Path, since: str | None) -> dict[str, Any]:
    """A pull as a night makes it, into a file."""
    import pyarrow.parquet as pq

    from connectors.records import RecordKind, Watermark

    connector = portal.connect()
    connector.check(
        writing=False
    )  # brings the vendor's package in, whose import is not what is measured here
    schema = connector._mapping.schema(RecordKind.ACCOUNTS)
    before, began, started = sum(connector.calls().values()), cpu(), time.perf_counter()
    mark = None if since is None else Watermark(since)
    pull, rows, writing = connector.pull(RecordKind.ACCOUNTS, mark, spool=spool), 0, 0.0
    with pq.ParquetWriter(spool.with_suffix(".parquet"), schema) as file:
        for batch in pull.batches:
            rows += batch.num_rows
            at = cpu()
            file.write_batch(batch)
            writing += cpu() - at  # is the caller's, and not what is measured here
    return {
        "rows": rows,
        "calls": sum(connector.calls().values()) - before,
        "cpu": cpu() - began - writing,
        "seconds": time.perf_counter() - started,
        "watermark": pull.watermark,
        "complete": pull.complete,
    }


def plain(portal: Portal, spool: Path, since: str | None) -> dict[str, Any]:
    """The same pages, one after the other, parsed and thrown away."""
    pages = bare(portal, _properties(portal))
    began, started, rows = cpu(), time.perf_counter(), 0
    for page in pages:
        rows += len(page)
    return {"rows": rows, "cpu": cpu() - began, "seconds": time.perf_counter() - started}


def truth(portal: Portal, spool: Path, since: str | None) -> dict[str, Any]:
    """What the portal holds, as text, into a file to compare with."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = _properties(portal)
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = 0
    with pq.ParquetWriter(spool, schema) as file:
        for page in bare(portal, names):
            file.write_batch(pa.RecordBatch.from_pylist([record["properties"] for record in page], schema))
            rows += len(page)
    return {"rows": rows}


def bare(portal: Portal, names: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """Pages of the list, by its cursor: urllib3 and orjson and nothing else."""
    import orjson
    import urllib3

    headers = {"Authorization": f"Bearer {os.environ[TOKEN]}", "Accept-Encoding": "gzip"}
    pool = urllib3.PoolManager(headers=headers)
    url = f"{portal.url}/crm/v3/objects/companies"
    fields = {"limit": "100", "properties": ",".join(names), "archived": "false"}
    while True:
        body = orjson.loads(pool.request("GET", url, fields=fields, timeout=60.0).data)
        yield body["results"]
        following = (body.get("paging") or {}).get("next")
        if not following:
            return
        fields["after"] = following["after"]


def _properties(portal: Portal) -> list[str]:
    """The properties that ours asks for."""
    from connectors.hubspot.reading.rows import Rows
    from connectors.records import RecordKind

    connector = portal.connect()
    rows = Rows(connector._client, connector._mapping, connector._properties, RecordKind.ACCOUNTS)
    connector.close()
    return list(rows.frames[0].properties)


SIDES = {"ours": ours, "plain": plain, "truth": truth}


def cpu() -> float:
    """Seconds of CPU time of this process so far, in its own code and in the kernel, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def alone(side: str, portal: Portal, spool: Path, since: str | None) -> None:
    """The body of one run's process."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found = SIDES[side](portal, spool, since)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, "megabytes": peak}))


def started(side: str, portal: Portal, spool: Path, since: str | None = None) -> subprocess.Popen[str]:
    """That process."""
    command = [
        sys.executable, "-m", "benchmarks.hubspot_pull", "--side", side, "--spool", str(spool),
        "--portal", json.dumps([portal.url, portal.credentials]), *(["--since", since] if since else []),
    ]  # fmt: skip
    environment = {**os.environ, TOKEN: portal.credentials["token"]}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def run(side: str, portal: Portal, spool: Path, since: str | None = None) -> dict[str, Any]:
    """What it found."""
    with started(side, portal, spool, since) as process:
        told, _ = process.communicate()
    assert process.returncode == 0
    return dict(json.loads(told.splitlines()[-1]))


# -- the parts


def killed(portal: Portal, spool: Path, records: int) -> dict[str, Any]:
    """A pull that is killed after a third of its rows were kept, and then made again: what the second try takes."""
    with started("ours", portal, spool) as process:
        while len(list(spool.glob("*.arrow"))) * 2_000 < records / 3 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    return run("ours", portal, spool)


def change(portal: Portal, count: int) -> None:
    """New names for every so-manieth company, an hour after everything else."""
    import urllib3

    from connectors.sandbox import attach

    os.environ[TOKEN] = portal.credentials["token"]
    headers = {"Authorization": f"Bearer {os.environ[TOKEN]}", "Content-Type": "application/json"}
    ids = [record["id"] for page in bare(portal, ["hs_object_id"]) for record in page]
    chosen = ids[:: len(ids) // count][:count]
    with attach(portal.url) as crm, urllib3.PoolManager(headers=headers) as pool:
        crm.advance(3600)
        for start in range(0, count, 100):
            inputs = [
                {"id": id, "properties": {"name": f"Changed {id}"}} for id in chosen[start : start + 100]
            ]
            url = f"{portal.url}/crm/v3/objects/companies/batch/update"
            assert pool.request("POST", url, body=json.dumps({"inputs": inputs})).status == 200
        crm.advance(120)


def wrong(pulled: Path, true: Path, *, only: str = "") -> int:
    """Rows that differ in any column, are missing, or are there twice; `only` so named ones need be there at all."""
    import duckdb

    from connectors.hubspot import plugin
    from connectors.mapping import FieldType
    from connectors.records import RecordKind

    casts = {FieldType.INTEGER: "BIGINT", FieldType.NUMBER: "DOUBLE", FieldType.DATETIME: "TIMESTAMPTZ"}
    fields = plugin.default_fields().of(RecordKind.ACCOUNTS)
    told = ", ".join(
        f"""nullif("{f.source}", '')::{casts.get(f.type, "VARCHAR")} AS "{f.name}" """ for f in fields
    )
    names = ", ".join(f'"{f.name}"::{casts.get(f.type, "VARCHAR")} AS "{f.name}"' for f in fields)
    where = f"WHERE name LIKE '{only}%'" if only else ""
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW ours AS SELECT {names} FROM '{pulled}'")
        database.execute(f"CREATE VIEW told AS SELECT {told} FROM '{true}'")
        database.execute(f"CREATE VIEW needed AS SELECT * FROM told {where}")
        counted = "SELECT count(*) FROM (SELECT * FROM {} EXCEPT ALL SELECT * FROM {})"
        pairs = (("ours", "told"), ("needed", "ours"))
        return sum(int(database.execute(counted.format(*pair)).fetchall()[0][0]) for pair in pairs)


@dataclass(frozen=True, slots=True)
class Limited:
    """A reading under HubSpot's own limits."""

    kept: float
    """Share of the allowed rate, in all whole windows but the first."""
    refused: float
    """Share of answers that were 429."""
    windows: int


def under_limits(portal: Portal) -> Limited:
    """Every answer is some way away, and the connector is told of limits by headers alone."""
    from connectors.records import RecordKind
    from connectors.sandbox import attach

    with attach(portal.url) as crm:
        crm.settings(burst_limit=BURST, search_limit=5, daily_limit=625_000)
        crm.advance(60)  # nothing of what was done before stands in the window
        crm.fault("latency", path="/crm/", times=None, seconds=LATENCY)
        connector, rows = portal.connect(), 0
        connector.check(writing=False)
        with served(crm) as samples:
            for batch in connector.pull(RecordKind.ACCOUNTS).batches:
                rows += batch.num_rows
                if rows >= LIMITED:
                    break
        made, refused = sum(connector.calls().values()), connector._client.limits.refusals
        connector.close()
        crm.clear_faults()
    windows = int((samples[-1][0] - samples[0][0]) / WINDOW)
    ends = [samples[0][0] + WINDOW, samples[0][0] + WINDOW * windows]
    first, last = (max(calls for at, calls in samples if at <= end) for end in ends)
    return Limited((last - first) / (BURST * (windows - 1)), refused / made, windows)


@contextmanager
def served(crm: Any) -> Iterator[list[tuple[float, int]]]:
    """When, and how many requests the portal has counted by then, several times a second from the first one on."""
    found: list[tuple[float, int]] = []
    done = threading.Event()
    before = sum(crm.calls().values())

    def sample() -> None:
        while not done.wait(0.1):
            calls = sum(crm.calls().values()) - before
            if calls:
                found.append((time.perf_counter(), calls))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def main() -> None:
    """Starts the portal, runs the parts, prints the table and the JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="1,000,000 companies")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--portal", help=argparse.SUPPRESS)
    parser.add_argument("--since", help=argparse.SUPPRESS)
    parser.add_argument("--spool", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        return alone(given.side, Portal(*json.loads(given.portal)), given.spool, given.since)
    companies, changed = (1_000_000, 20_000) if given.full else (60_000, 3_000)
    with sandbox(companies, given.seed) as portal, TemporaryDirectory() as folder:
        report(measured(portal, Path(folder), companies, changed, given.rounds), companies, changed)
    return None


def measured(portal: Portal, folder: Path, companies: int, changed: int, rounds: int) -> dict[str, Any]:
    """Every part, one after the other."""
    runs = [
        {side: run(side, portal, folder / f"{side}{number}") for side in ("ours", "plain")}
        for number in range(rounds)
    ]
    before, after = folder / "before.parquet", folder / "after.parquet"
    run("truth", portal, before)
    resumed = killed(portal, folder / "killed", companies)
    change(portal, changed)
    run("truth", portal, after)
    changes = run("ours", portal, folder / "changes", since=runs[-1]["ours"]["watermark"])
    return {
        "runs": runs,
        "whole": wrong(folder / f"ours{rounds - 1}.parquet", before),
        "resumed": resumed | {"wrong": wrong(folder / "killed.parquet", before)},
        "changes": changes | {"wrong": wrong(folder / "changes.parquet", after, only="Changed ")},
        "limited": under_limits(portal),
    }


def report(found: dict[str, Any], companies: int, changed: int) -> None:
    """For people, then for machines."""
    runs, resumed, changes, limited = (found[name] for name in ("runs", "resumed", "changes", "limited"))
    spent = {side: statistics.median(one[side]["cpu"] for one in runs) for side in ("ours", "plain")}
    wall = {side: statistics.median(one[side]["seconds"] for one in runs) for side in ("ours", "plain")}
    peaks = {side: max(one[side]["megabytes"] for one in runs) for side in ("ours", "plain")}
    peak = max(peaks["ours"], resumed["megabytes"], changes["megabytes"])
    ratio, cheapest = spent["ours"] / spent["plain"], -(-companies // 100)
    calls = max(one["ours"]["calls"] for one in runs) / cheapest
    found_wrong = found["whole"] + resumed["wrong"] + changes["wrong"]
    searches = -(-changed // 200)
    print(f"{companies:,} companies, median of {len(runs)} alternating runs")
    for side in ("ours", "plain"):
        print(f"  {side:6} {spent[side] / companies * 1e6:6.1f} us CPU a record {wall[side]:8.1f} s in all {peaks[side]:6.0f} MB peak")  # fmt: skip
    print(
        f"  ratio {ratio:.2f} (goal {RATIO}); calls {calls:.3f} x the {cheapest:,} pages there are (goal {MOST_CALLS})"
    )
    print(f"  killed after a third and made again: {resumed['calls']:,} calls")
    print(
        f"  {changed:,} changed: {changes['calls']} calls, {searches} searches at least; complete: {changes['complete']}"
    )
    print(f"  rows that are wrong, missing or there twice: {found_wrong}")
    print(f"  {BURST} calls in {WINDOW:.0f} s, {LATENCY * 1000:.0f} ms away: {limited.kept:.1%} of the rate kept over {limited.windows} windows, {limited.refused:.2%} of answers 429")  # fmt: skip
    size = f"{companies // 1000}k"
    rows = [
        ("CPU / urllib3 + orjson", round(ratio, 3), "x", RATIO, ratio <= RATIO),
        ("calls / pages", round(calls, 4), "x", MOST_CALLS, calls <= MOST_CALLS),
        (
            "calls after a kill",
            resumed["calls"],
            "calls",
            round(cheapest * 0.75),
            resumed["calls"] <= cheapest * 0.75,
        ),
        ("calls of changes", changes["calls"], "calls", searches + 10, changes["calls"] <= searches + 10),
        ("rows wrong", found_wrong, "rows", 0, found_wrong == 0),
        ("peak memory", round(peak), "MB", MOST_MEGABYTES, peak <= MOST_MEGABYTES),
        ("rate kept", round(limited.kept, 4), "share", LEAST_RATE, limited.kept >= LEAST_RATE),
        ("answers 429", round(limited.refused, 4), "share", MOST_REFUSED, limited.refused <= MOST_REFUSED),
    ]
    keys = ("name", "value", "unit", "goal", "ok")
    lines = [dict(zip(keys, (f"hubspot pull {size}: {row[0]}", *row[1:]), strict=True)) for row in rows]
    print(json.dumps(lines))


if __name__ == "__main__":
    main()
