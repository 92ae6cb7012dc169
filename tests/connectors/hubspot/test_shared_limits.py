"""Two programs on one portal: HubSpot's own limits, real time, answers some way away."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from connectors.sandbox import Crm, Seed, running
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

LATENCY = 0.15
SECONDS = 60.0
READER = """
import json, os, sys, time
from connectors.hubspot import HubSpotSettings, plugin
from connectors.records import RecordKind
given, until, start = json.loads(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
time.sleep(start)
connector = plugin.connect(HubSpotSettings.model_validate(given), plugin.default_fields())
connector.check(writing=False)
marks, done = [], False
while not done:
    for batch in connector.pull(RecordKind.ACCOUNTS).batches:
        marks.append((time.time(), sum(connector.calls().values())))
        if done := time.time() > until:
            break
print(json.dumps({"marks": marks, "refused": connector._client.limits.refusals}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["list", "search"])
def test_two_programs_share_the_rate_and_hardly_ever_run_into_it(way: str) -> None:
    """The second begins when the first is in full swing; searches have no headers, so that a 429 now and then tells."""
    with running(
        "hubspot", seed=Seed(accounts=90_000, reps=3, seed=2, activities_per_account=0), fields=FIELDS
    ) as crm:
        world = HubSpotWorld(crm)
        crm.fault("latency", path="/crm/", times=None, seconds=LATENCY)
        given = world.settings(read=way).model_dump(mode="json", exclude={"token"})
        given["token"] = {"env": "HUBSPOT_WORLD_TOKEN"}
        until = time.time() + SECONDS
        programs = [
            subprocess.Popen(
                [sys.executable, "-c", READER, json.dumps(given), str(until), str(start)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for start in (0.0, 8.0)
        ]
        first, last = _served(crm, until - 22), _served(crm, until - 2)
        told = [json.loads(program.communicate()[0].splitlines()[-1]) for program in programs]
        crm.clear_faults()
        world.close()
    allowed = 19.0 if way == "list" else 5.0
    made = [one["marks"][-1][1] for one in told]
    refused = sum(one["refused"] for one in told)
    told_us = f"{(last - first) / 20:.1f} calls a second, {refused} of {sum(made)} answers 429, shares {made}"
    assert (last - first) / 20 >= (0.95 if way == "list" else 0.7) * allowed, told_us
    assert refused <= (0.01 if way == "list" else 0.03) * sum(made), told_us
    assert min(made) >= 0.25 * max(made), told_us


def _served(crm: Crm, at: float) -> int:
    time.sleep(max(0.0, at - time.time()))
    return sum(crm.calls().values())
