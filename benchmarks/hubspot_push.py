"""Calls, rate and time of writing owners and KPIs to HubSpot, beside the fewest calls and the package's own batches.

    python benchmarks/hubspot_push.py           8,000 owner changes, each with a KPI
    python benchmarks/hubspot_push.py --full    50,000

Every change goes the way of a night: plan, ledger, batches, re-read, write, history, verification. The portal is a local
one with the limits of a Professional account (190 calls in ten seconds) and a quarter of a second for every answer;
its change history is then held against the plan. The last line is a JSON list of {"name", "value", "unit", "goal", "ok"}.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from push_world import SCORE, Change, Pushed, push

from connectors.base import Load
from connectors.hubspot import HubSpotSettings, plugin
from connectors.hubspot.connector import HubSpotConnector
from connectors.mapping import MappedField
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from sync.ledger import WriteState

LATENCY = 0.25
ALLOWED, WINDOW = 190, 10.0
"""Calls in any so many seconds."""
ALTERNATIVE = 2_000
"""Changes that the alternative makes; its time is told per change, as it does one batch after the other."""
OWNER, KPI = "hubspot_owner_id", "territory_score"
Result = dict[str, Any]


@contextmanager
def portal(companies: int) -> Iterator[Any]:
    """A portal of companies, without deals and activities."""
    seed = Seed(companies, reps=40, seed=7, activities_per_account=0, deals_per_account=0)
    with running("hubspot", seed=seed, fields=[("companies", KPI, "number")]) as crm:
        os.environ["PUSH_HUBSPOT_TOKEN"] = crm.credentials["token"]
        crm.fault("latency", path=".", times=None, seconds=LATENCY)
        yield crm


def connect(crm: Any) -> HubSpotConnector:
    """A connection with the defaults."""
    settings = HubSpotSettings.model_validate(
        {
            "portal_id": crm.credentials["portal_id"],
            "token": {"env": "PUSH_HUBSPOT_TOKEN"},
            "base_url": crm.url,
            "local": True,
        }
    )
    score = MappedField("score", KPI, SCORE.type, SCORE.role)
    return HubSpotConnector(settings, plugin.default_fields().with_fields(RecordKind.ACCOUNTS, [score]))


def planned(crm: Any, count: int) -> list[Change]:
    """`count` companies, each to another owner and with a new score."""
    people = [o["id"] for o in crm.records("owners") if not o["archived"] and o["type"] == "PERSON"]
    changes: list[Change] = []
    for number, record in enumerate(crm.records("companies")[:count]):
        before = record[OWNER] or None
        heir = next(p for p in people[number % len(people) :] + people if p != before)
        changes.append((record["id"], "owner_id", before, heir))
        changes.append((record["id"], "score", None, str(number % 900 + 0.5)))
    return changes


class Paced:
    """When calls were made, as seen twenty times a second from beside."""

    def __init__(self, connector: HubSpotConnector) -> None:
        self._connector = connector
        self._over = threading.Event()
        self.seen: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Paced:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.seen.append((time.perf_counter(), sum(self._connector.calls().values())))

    def kept(self) -> float:
        """Share of the allowed calls that were made in the whole windows from the first call on."""
        began = next(at for at, calls in self.seen if calls)
        windows = int((self.seen[-1][0] - began) / WINDOW)
        if not windows:
            return 1.0
        made = max(calls for at, calls in self.seen if at <= began + windows * WINDOW)
        return made / (windows * ALLOWED)


def wrong(crm: Any, changes: Sequence[Change]) -> list[str]:
    """Companies that do not hold what was planned, or that an app changed in more than one call."""
    there = {r["id"]: r for r in crm.records("companies")}
    found = []
    for record, column, _, after in changes:
        held = there[record][OWNER if column == "owner_id" else KPI]
        if held != after:
            found.append(f"{record}.{column} is {held}, not {after}")
    calls = Counter(
        record
        for record, _ in {(r["id"], r["request_id"]) for r in crm.history("companies") if r["actor"] == "api"}
    )
    return found + [f"{id} was written {count} times" for id, count in calls.items() if count != 1]


def packaged(crm: Any, changes: Sequence[Change]) -> float:
    """Seconds a change by the package's typed calls: a look and an update, one batch after the other."""
    import hubspot
    from hubspot.crm.companies import BatchInputSimplePublicObjectBatchInput as Updates
    from hubspot.crm.companies import BatchReadInputSimplePublicObjectId as Reads

    client = hubspot.Client.create(access_token=crm.credentials["token"])
    api = client.crm.companies.batch_api  # one object: every access would build a new pool
    api.api_client.configuration.host = crm.url
    values: dict[str, dict[str, str]] = {}
    for record, column, _, after in changes[: 2 * ALTERNATIVE]:
        values.setdefault(record, {})[OWNER if column == "owner_id" else KPI] = after
    records = list(values)
    began = time.perf_counter()
    for start in range(0, len(records), 100):
        some = [{"id": id} for id in records[start : start + 100]]
        api.read(Reads(inputs=some, properties=[OWNER, KPI], properties_with_history=[]))
        api.update(Updates(inputs=[{**one, "properties": values[one["id"]]} for one in some]))
    return (time.perf_counter() - began) / len(records)


def measure(count: int, folder: Path) -> list[Result]:
    """Ours, then the alternative on a portal of its own."""
    with portal(count + 100) as crm:
        changes = planned(crm, count)
        connector = connect(crm)
        with Paced(connector) as paced:
            done = push(connector, changes, folder)
        connector.close()
        told = plugin.forecast(connector._settings, Load(0, (count,))).calls
        bad = wrong(crm, changes)
    with portal(ALTERNATIVE + 100) as crm:
        each = packaged(crm, planned(crm, ALTERNATIVE))
    return _results(count, done, paced.kept(), told, bad, each)


def _results(
    count: int, done: Pushed, kept: float, told: Any, bad: Sequence[str], each: float
) -> list[Result]:
    batches = -(-count // 100)
    kinds = ", ".join(f"{calls} {kind}" for kind, calls in sorted(done.calls.items()))
    print(f"{count:,} owner changes, each with a KPI: {done.total} calls in {done.seconds:.1f} s ({kinds})")
    print(f"  the fewest known writes are {batches}; the plan told {dict(told)}")
    print(
        f"  {kept:.1%} of the calls that were allowed; "
        + ", ".join(f"{n:,} {s}" for s, n in done.states.items())
    )
    print(
        f"  the package's typed calls, one after the other: {each * count:.1f} s, with no history and no second look"
    )
    for one in bad[:10]:
        print(f"  WRONG {one}")
    writes = done.calls["batch update"] / batches
    right = not bad and done.states == {WriteState.APPLIED: count} and not done.verified.differing
    off = sum(abs(done.calls[kind] - calls) for kind, calls in told.items())
    ratio = done.seconds / (each * count)
    return [
        _result(f"write calls {count}", writes, "of the fewest known", 1.0, writes <= 1.0),
        _result(f"rate kept {count}", kept, "of the allowed calls", 0.95, kept >= 0.95),
        _result(f"calls not as the plan told {count}", off, "calls", 0, off == 0),
        _result(f"time {count}", ratio, "of the package's calls in turn", 1.0, ratio <= 1.0),
        _result(f"companies not as planned {count}", len(bad), "companies", 0, right),
    ]


def _result(name: str, value: float, unit: str, goal: float | None, ok: bool) -> Result:
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "ok": ok}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        results = measure(50_000 if given.full else 8_000, Path(name))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
