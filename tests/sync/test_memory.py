"""What one night tells the next: bands that do not flip, and holds that end."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sync.run import night
from tests.sync.world import LOOSE, World, make_world

RULES = """
version: 1
as_of: {timezone: UTC}
levels: [holdout, segment]
derived:
  size:
    of: employees
    bands: [{name: small}, {name: large, from: 100, up: 110, down: 90}]
rules:
  - {id: hold, level: holdout, when: {type: Hold}, keep: {at_most_days: 10}}
  - {id: large, level: segment, when: {size: large}, assign: {territory: large, owner: ana@example.com}}
  - {id: small, level: segment, when: {size: small}, assign: {territory: small, owner: lee@example.com}}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, rules=RULES)


def sleep(world: World) -> None:
    """One night that writes, a day later."""
    world.later(days=1)
    with world.session().ledger() as ledger:
        night(world.session(), ledger, world.crm, write=True)


def test_an_account_at_the_border_of_two_bands_does_not_flip(world: World) -> None:
    account = world.crm.accounts["A00"]
    for employees, owner in ((100, "U-ana"), (95, "U-ana"), (89, "U-lee"), (105, "U-lee"), (110, "U-ana")):
        account["employees"] = employees
        sleep(world)
        assert world.owner("A00") == owner, f"{employees} employees"


def test_a_hold_ends_after_its_days_though_its_reason_stands(world: World) -> None:
    sleep(world)
    world.crm.accounts["A00"]["type"] = "Hold"
    world.crm.accounts["A00"]["employees"] = 500
    owners = []
    for _ in range(13):
        sleep(world)
        owners.append(world.owner("A00"))
    assert owners == ["U-lee"] * 10 + ["U-ana"] * 3


def test_a_plan_that_is_only_looked_at_leaves_no_trace_in_the_next(world: World) -> None:
    world.crm.accounts["A00"]["employees"] = 100
    world.plan()
    world.crm.accounts["A00"]["employees"] = 95
    sleep(world)
    assert world.owner("A00") == "U-lee", "nobody was told that it had been large"


def test_a_level_of_holds_may_be_empty_when_the_last_one_ends(tmp_path: Path) -> None:
    world = make_world(tmp_path, rules=RULES, limits={**LOOSE, "empty_levels": False})
    assert world.plan().breaches == ()


def test_the_workload_is_that_of_the_band_in_which_the_night_left_the_account(tmp_path: Path) -> None:
    tiers = "tiers: {large: {touches: 12, hours_per_touch: 1}, small: {touches: 2, hours_per_touch: 1}}"
    world = make_world(tmp_path, rules=f"{RULES}workload: {{tier: {{field: size}}, {tiers}}}\n")
    world.crm.accounts["A00"]["employees"] = 110
    sleep(world)
    world.crm.accounts["A00"]["employees"] = 95
    folder = world.plan().path.parent
    assigned, measured = (
        {row["account_id"]: row for row in pq.read_table(folder / f"{table}.parquet").to_pylist()}["A00"]
        for table in ("assignments", "account_kpis")
    )
    assert (assigned["territory"], measured["tier"], measured["workload_hours"]) == ("large", "large", 12.0)
