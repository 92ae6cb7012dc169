"""What measure says of small worlds, held against a naive computation and against sums done by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.condition import All, Any, Between, In, IsMissing, Not
from rules.language.people import Member
from rules.language.ruleset import Band, Complexity, Tier, Workload
from rules.measure.night import ACCOUNTS_FILE, REPS_FILE, TERRITORIES_FILE, measure
from rules.measure.summary import MeasureSummary
from rules.tables import ACCOUNT_KPIS, REP_KPIS, TERRITORY_KPIS
from tests.rules.measure import naive
from tests.rules.measure.worlds import (
    AS_OF,
    World,
    account,
    activity,
    assigned,
    owner,
    rows_of,
    rule,
    rule_set,
    write,
)  # fmt: skip

FILES = {ACCOUNTS_FILE: ACCOUNT_KPIS, REPS_FILE: REP_KPIS, TERRITORIES_FILE: TERRITORY_KPIS}
BY_SIZE = Workload(
    tier_field="employees",
    tiers=(Tier("A", 12, 1.5), Tier("B", 6, 0.75), Tier("C", 1, 0.1)),
    bands=(Band("C", None, 200), Band("B", 200, 2000), Band("A", 2000, None)),
    default_tier=None,
    complexity=(
        Complexity("abroad", Not(In("country", ("US",))), 0.25),
        Complexity("bank", All((In("industry", ("banking",)), Between("employees", 100, None))), 0.5),
        Complexity("blank", Any((IsMissing("industry"), In("industry", ("n/a", "gold")))), 0.1),
    ),
    travel_hours=0.5,
)
BY_NAME = Workload(
    tier_field="type",
    tiers=(Tier("Gold", 10, 1), Tier("Big  Fish", 4, 2)),
    bands=(),
    default_tier="Gold",
    qualifying=("call", "meeting", "note"),
    directions=("outbound", "inbound"),
    hours_per_rep=100.0,
)
PODS = {"east": (Member("R1@example.com", 0.5), Member("r2@example.com"), Member("gone@example.com"))}


def measured(world: World, folder: Path) -> MeasureSummary:
    tables, assignments = write(world, folder)
    return measure(world.rules, tables, assignments, folder / "kpis", AS_OF)


OWNERS = (owner("r1"), owner("r2"), owner("r3"), owner("left", active=False), owner("queue", person=False))
IDS = st.sampled_from([f"a{n}" for n in range(6)])
WHO = st.sampled_from(["r1", "r2", "r3", "left", "queue", None])
MOMENTS = st.one_of(
    st.none(),
    st.datetimes(datetime(2025, 12, 20), datetime(2026, 4, 3)).map(
        lambda t: t.replace(tzinfo=UTC, microsecond=0)
    ),
    st.sampled_from([0, 29, 30, 89, 90]).flatmap(
        lambda days: st.sampled_from([-1, 0, 1]).map(
            lambda s: datetime(2026, 3, 31, 4, tzinfo=UTC) - timedelta(days=days, seconds=s)
        )
    ),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    accounts = [
        account(
            id,
            draw(WHO),
            country=draw(st.sampled_from(["US", "usa", "Germany", "Grmany", "", None])),
            industry=draw(st.sampled_from(["Banking", " BANKING ", "Mining", "N/A", None])),
            employees=draw(st.sampled_from([None, 0, 99, 100, 199, 200, 1999, 2000, 10**6])),
            annual_revenue=draw(st.sampled_from([None, 0.0, 0.1, 1e6, 3.3e9])),
            currency=draw(st.sampled_from([None, None, None, "EUR"])),
            type=draw(st.sampled_from(["gold", "GOLD", "big fish", "Big Fish ", "tin", "", None])),
            deleted=draw(st.sampled_from([False, False, False, True])),
        )
        for id in draw(st.lists(IDS, unique=True))
    ]
    activities = [
        activity(
            f"e{n}", linked, by, kind, "", occurred_at=at, direction=way, deleted=draw(st.integers(0, 9)) == 0
        )
        for n in range(draw(st.integers(0, 12)))
        for by, at in [(draw(WHO), draw(MOMENTS))]
        for kind in [draw(st.sampled_from(["call", "email", "meeting", "note", "task"]))]
        for way in [draw(st.sampled_from(["inbound", "outbound", None]))]
        for linked in draw(st.lists(st.one_of(st.none(), IDS), unique=True, min_size=1, max_size=3))
    ]
    territory = st.sampled_from(["north", "south", None])
    assignments = [assigned(a["id"], draw(WHO), draw(territory)) for a in accounts if draw(st.booleans())]
    assignments += [
        assigned(a["id"], draw(WHO), "other", role="SDR") for a in accounts if draw(st.booleans())
    ]
    rules = rule_set(
        draw(st.sampled_from([BY_SIZE, BY_NAME, None])),
        rules=[rule(pod="east"), rule(owner="r2"), rule(owner="r3@example.com", role="SDR")],
        pods=PODS,
        timezone=draw(st.sampled_from(["UTC", "America/New_York", "Asia/Tokyo"])),
        roles=("AE", "SDR"),
    )
    return World(rules, accounts, OWNERS, activities, assignments)


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_every_number_equals_the_naive_computation(world: World) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        summary = measured(world, folder)
        accounts = rows_of(folder / "kpis" / ACCOUNTS_FILE)
        reps = {row["owner_id"]: row for row in rows_of(folder / "kpis" / REPS_FILE)}
        territories = {row["territory"]: row for row in rows_of(folder / "kpis" / TERRITORIES_FILE)}
    expected = naive.account_kpis(world, AS_OF)
    assert accounts == [approximately(row) for row in expected]
    by_id = {row["account_id"]: row for row in expected}
    before, after = naive.books(world, "before"), naive.books(world, "after")
    assert list(reps) == sorted({*before, *after, "r1", "r2"})
    for rep, row in reps.items():
        assert shared(row) == approximately(naive_load(after.get(rep, []), by_id, world))
        assert row["touches_30d"] == naive.rep_touches(world, rep, 30, AS_OF)
        assert row["touches_90d"] == naive.rep_touches(world, rep, 90, AS_OF)
    assert {t: shared(row) for t, row in territories.items()} == {
        t: approximately(naive_load(rows, by_id, world))
        for t, rows in naive.books(world, "territory").items()
    }
    assert summary.accounts.value == len(expected)


def naive_load(rows: list, by_id: dict, world: World) -> dict:
    kpis = [by_id[row["id"]] for row in rows]
    covered = sum(bool(k["covered"]) for k in kpis) if world.activities or not kpis else None
    return {
        "accounts": len(kpis),
        "hours": naive.total([k["workload_hours"] for k in kpis]),
        "covered_accounts": covered,
        "coverage": covered / len(kpis) if kpis and covered is not None else None,
        "potential": naive.potential(rows),
    }


def shared(row: dict) -> dict:
    return {k: row[k] for k in ("accounts", "hours", "covered_accounts", "coverage", "potential")}


def approximately(row: dict) -> dict:
    return {k: pytest.approx(v, rel=1e-9, abs=1e-8) if isinstance(v, float) else v for k, v in row.items()}


@settings(max_examples=15, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_change_a_byte(world: World, chance: random.Random) -> None:
    shuffled = replace(
        world,
        accounts=chance.sample(world.accounts, len(world.accounts)),
        owners=chance.sample(world.owners, len(world.owners)),
        activities=chance.sample(world.activities, len(world.activities)),
        assignments=chance.sample(world.assignments, len(world.assignments)),
    )
    with TemporaryDirectory() as name:
        one, other = Path(name, "one"), Path(name, "other")
        assert measured(world, one) == measured(shuffled, other)
        for file in FILES:
            assert (one / "kpis" / file).read_bytes() == (other / "kpis" / file).read_bytes()


def test_files_have_the_promised_schemas_also_when_everything_is_empty(tmp_path: Path) -> None:
    summary = measured(World(rule_set(BY_SIZE), [], [], []), tmp_path)
    for file, schema in FILES.items():
        assert pq.read_schema(tmp_path / "kpis" / file) == schema
        assert pq.read_metadata(tmp_path / "kpis" / file).num_rows == 0
    assert (summary.accounts.value, summary.coverage.value, summary.touches_90d.value) == (0, None, None)
    assert [b.cv.value for b in summary.balances()] == [None] * 4
    assert sorted(p.name for p in (tmp_path / "kpis").iterdir()) == sorted(FILES)


def test_a_touch_of_three_accounts_counts_for_each_and_once_for_the_rep(tmp_path: Path) -> None:
    accounts = [account(id, "r1", employees=10) for id in ("a", "b", "c")]
    activities = [activity("e", a["id"], "r1", "call", "2026-03-30 12:00") for a in accounts]
    rules = rule_set(BY_SIZE, [rule(owner="r1")])
    summary = measured(World(rules, accounts, [owner("r1")], activities), tmp_path)
    assert [row["calls_30d"] for row in rows_of(tmp_path / "kpis" / ACCOUNTS_FILE)] == [1, 1, 1]
    assert [row["touches_30d"] for row in rows_of(tmp_path / "kpis" / REPS_FILE)] == [1]
    assert summary.touches_30d.value == 1


def test_an_activity_counts_on_its_local_day(tmp_path: Path) -> None:
    """03:30 UTC on 1 April is still 31 March in New York, and 04:00 is not: daylight saving began on 8 March."""
    activities = [
        activity("last", "a", "r1", "call", "2026-04-01 03:59:59"),
        activity("tomorrow", "a", "r1", "call", "2026-04-01 04:00"),
        activity("first of 30", "a", "r1", "email", "2026-03-02 05:00"),
        activity("too old", "a", "r1", "email", "2026-03-02 04:59:59"),
    ]
    rules = rule_set(BY_SIZE, timezone="America/New_York")
    measured(World(rules, [account("a")], [], activities), tmp_path)
    [row] = rows_of(tmp_path / "kpis" / ACCOUNTS_FILE)
    assert (row["calls_30d"], row["emails_30d"], row["emails_90d"]) == (1, 1, 2)
    assert (row["last_touch"], row["days_since_touch"]) == (date(2026, 3, 31), 0)


def test_the_size_of_a_sales_force_by_the_workload_method(tmp_path: Path) -> None:
    """Talley's own example: (1,000 x 36 + 2,000 x 12) / 1,000 = 60 reps."""
    workload = Workload(
        tier_field="type",
        tiers=(Tier("A", 36, 1), Tier("B", 12, 1)),
        bands=(),
        default_tier=None,
        hours_per_rep=1000.0,
    )
    accounts = [account(f"a{n}", type="A") for n in range(1000)]
    accounts += [account(f"b{n}", type="B") for n in range(2000)]
    summary = measured(World(rule_set(workload), accounts, [], []), tmp_path)
    assert summary.reps_needed.value == 60.0
    assert summary.hours.n == 3000


def test_without_activities_or_workload_nothing_is_zero_that_is_unknown(tmp_path: Path) -> None:
    rules = rule_set(None, [rule(owner="r1")])
    summary = measured(World(rules, [account("a", "r1")], [owner("r1")], []), tmp_path)
    [row] = rows_of(tmp_path / "kpis" / ACCOUNTS_FILE)
    assert {name for name, value in row.items() if value is not None} == {"account_id"}
    [rep] = rows_of(tmp_path / "kpis" / REPS_FILE)
    assert {name: v for name, v in rep.items() if v is not None} == {"owner_id": "r1", "accounts": 1}
    assert {m.definition for m in summary.measures() if m.value is not None} == {"plan.accounts"}


def test_money_of_two_currencies_is_not_added_up(tmp_path: Path) -> None:
    accounts = [
        account("a", "r1", annual_revenue=1.0, currency="EUR"),
        account("b", "r2", annual_revenue=1.0, currency="USD"),
    ]
    rules = rule_set(BY_SIZE, [rule(owner="r1"), rule(owner="r2")])
    summary = measured(World(rules, accounts, [owner("r1"), owner("r2")], []), tmp_path)
    assert [row["potential"] for row in rows_of(tmp_path / "kpis" / REPS_FILE)] == [1.0, 1.0]
    assert summary.potential.value is None
    assert summary.potential_after.cv.value is None


def test_balance_before_and_after_is_over_the_same_reps(tmp_path: Path) -> None:
    """r1 (half time) holds 3 accounts of 0.6 h and r2 none; afterwards 1 and 2, exactly by capacity."""
    accounts = [account(f"a{n}", "r1", employees=10, country="US", industry="x") for n in range(3)]
    assignments = [assigned("a0", None), assigned("a1", "r2"), assigned("a2", "r2")]
    rules = rule_set(BY_SIZE, [rule(pod="east")], PODS)
    world = World(rules, accounts, [owner("r1"), owner("r2")], [], assignments)
    summary = measured(world, tmp_path)
    before, after = summary.hours_before, summary.hours_after
    assert before.carried.value == pytest.approx(1.8)
    # Targets 0.6 and 1.2 h, so x = (3, 0): mean 1.5, sigma 1.5.
    assert (before.cv.value, before.gini.value, before.max_min.value) == pytest.approx((1.0, 0.5, None))
    assert before.max_deviation.value == pytest.approx(2.0)
    assert before.index["r1"].value == pytest.approx(300.0)
    assert [m.value for m in after.measures()] == pytest.approx([1.8, 0.0, 0.0, 0.0, 1.0, 1.0])
    reps = {row["owner_id"]: row for row in rows_of(tmp_path / "kpis" / REPS_FILE)}
    assert reps["r1"]["capacity_hours"] == 195.0
    assert reps["r1"]["utilisation"] == pytest.approx(0.6 / 195)
    assert reps["r2"]["target_hours"] == pytest.approx(1.2)
