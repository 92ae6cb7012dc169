"""People in pods by name: caps, floors, ramps, absences, last days, and turns."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any as Anything

import pyarrow.parquet as pq
import pytest

from rules.engine.assign import assign
from rules.engine.errors import AssignError
from rules.engine.pods.loads import pod_loads
from rules.engine.pods.owners import read_owners
from rules.language.condition import In
from rules.language.people import Absence, Member, PodBy, Ramp, Rep
from rules.language.ruleset import RuleSet
from tests.rules.engine.test_assign_cases import REPS
from tests.rules.engine.test_holds_and_exceptions import DAY, decided
from tests.rules.engine.worlds import Row, pod, rule, rule_set, tables

EMAILS = [rep["email"] for rep in REPS[:4]]


def team(by: PodBy = PodBy.REMAINING_CAPACITY, members: Anything = EMAILS, **reps: Anything) -> RuleSet:
    """One pod for everybody; `reps` are said by the part of the email before the @."""
    said = {f"{name}@example.com": Rep(f"{name}@example.com", **what) for name, what in reps.items()}
    return rule_set(rule("r", pod="team"), pods={"team": pod("team", members, by)}, reps=said)


def loads(rules: RuleSet, rows: list[Row], folder: Path, day: date = DAY) -> Counter[str | None]:
    found = decided(rules, tables(folder, rows, REPS), folder, day)
    return Counter(row["owner_id"] for row in found.values())


def new(count: int, **columns: Anything) -> list[Row]:
    return [{"id": f"a{n:04}", **columns} for n in range(count)]


def test_nobody_is_given_more_than_the_cap_and_the_rest_is_left_over(tmp_path: Path) -> None:
    capped = {f"rep{n}": {"cap": 10 * n} for n in range(4)}
    assert loads(team(**capped), new(100), tmp_path) == {"u01": 10, "u02": 20, "u03": 30, None: 40}
    found = decided(team(**capped), tables(tmp_path, new(100), REPS), tmp_path)
    left = [row for row in found.values() if row["owner_id"] is None]
    assert {(row["decision"], row["reason_code"]) for row in left} == {("unassigned", "pod_full")}
    assert left[0]["reason"] == (
        "r: every account; everybody in pod team who is there has as many accounts as the cap allows"
    )


def test_a_cap_counts_what_the_rep_has_by_every_rule_and_pod_of_the_role(tmp_path: Path) -> None:
    """Accounts that are given directly count first, whichever rule comes first."""
    rules = rule_set(
        rule("east", In("country", ("US",)), pod="east"),
        rule("west", In("country", ("DE",)), pod="west"),
        rule("named", owner=EMAILS[0]),
        pods={name: pod(name, EMAILS[:2]) for name in ("east", "west")},
        reps={EMAILS[0]: Rep(EMAILS[0], cap=25)},
    )
    rows = [{**row, "country": [None, "US", "DE"][n % 3]} for n, row in enumerate(new(60))]
    assert loads(rules, rows, tmp_path) == {"u00": 25, "u01": 35}


def test_what_is_held_beyond_the_cap_stays(tmp_path: Path) -> None:
    rows = [*new(30, owner_id="u00"), {"id": "b1"}, {"id": "b2"}]
    assert loads(team(rep0={"cap": 10}), rows, tmp_path)["u00"] == 30


def test_floors_are_filled_first(tmp_path: Path) -> None:
    held = new(100, owner_id="u00")
    some = [{"id": f"b{n}"} for n in range(10)]
    rules = team(members=[EMAILS[0], Member(EMAILS[1], 0.01), Member(EMAILS[2], 5.0)], rep1={"floor": 8})
    assert loads(rules, held + some, tmp_path) == {"u00": 100, "u01": 8, "u02": 2}
    assert loads(rules, held + some[:6], tmp_path) == {"u00": 100, "u01": 6}


def test_a_ramp_is_a_share_of_the_capacity(tmp_path: Path) -> None:
    rules = team(members=EMAILS[:2], rep1={"ramp": Ramp(date(2026, 12, 1), (0.25, 0.5))})
    december, january = (loads(rules, new(1_000), tmp_path, day) for day in (DAY, date(2027, 1, 2)))
    assert december["u01"] / december["u00"] == pytest.approx(0.25, rel=0.15)
    assert january["u01"] / january["u00"] == pytest.approx(0.5, rel=0.15)
    assert loads(rules, new(100), tmp_path, date(2026, 11, 30)) == {"u00": 100}


def test_who_is_away_keeps_accounts_and_gets_none(tmp_path: Path) -> None:
    away = {"absences": (Absence(DAY, date(2027, 1, 3)),)}
    rows = [*new(10, owner_id="u01"), {"id": "b"}]
    assert loads(team(members=EMAILS[:2], rep1=away), rows, tmp_path) == {"u01": 10, "u00": 1}
    found = decided(team(members=EMAILS[1:2], rep1=away), tables(tmp_path, rows, REPS), tmp_path)
    assert (found["b"]["reason_code"], found["a0001"]["reason_code"]) == ("no_eligible_member", "sticky")
    assert found["b"]["reason"] == (
        "r: every account; nobody in pod team can take an account: "
        "rep1@example.com is out of office until 2027-01-03"
    )


def test_who_has_left_owns_nothing_from_the_day_after(tmp_path: Path) -> None:
    rules = team(members=EMAILS[:2], rep1={"last_day": DAY})
    named = rule_set(rule("r", owner=EMAILS[1]), reps=rules.reps)
    rows = new(10, owner_id="u01")
    assert loads(rules, rows, tmp_path) == {"u01": 10}
    assert loads(rules, rows, tmp_path, date(2026, 12, 29)) == {"u00": 10}
    [row] = decided(named, tables(tmp_path, rows[:1], REPS), tmp_path, date(2026, 12, 29)).values()
    assert row["reason_code"] == "owner_inactive"
    assert row["reason"] == "r: every account; rep1@example.com left on 2026-12-28"


def test_round_robin_counts_only_accounts_of_its_window(tmp_path: Path) -> None:
    """An old book of business is no reason to get fewer leads, and new ones go in turn: no two apart."""
    old, young = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
    rows = [*new(50, owner_id="u00", created_at=old)]
    rows += [{"id": f"b{n}", "owner_id": "u01", "created_at": young} for n in range(3)]
    rows += [{"id": f"c{n}", "created_at": young} for n in range(10)]
    rules = team(PodBy.ROUND_ROBIN, [Member(EMAILS[0], 0.2), *EMAILS[1:3]])
    found = loads(rules, rows, tmp_path)
    given = {owner: found[owner] - kept for owner, kept in {"u00": 50, "u01": 3, "u02": 0}.items()}
    assert sorted(given.values()) == [1, 4, 5]
    assert given["u01"] in (1, 2), "three of the window are load already"


def test_round_robin_without_a_time_of_creation_is_an_error(tmp_path: Path) -> None:
    made = tables(tmp_path, new(1), REPS)
    pq.write_table(pq.read_table(made.accounts).drop_columns(["created_at"]), made.accounts)
    with pytest.raises(AssignError, match=r"round_robin.*'created_at'.*by: equal"):
        assign(team(PodBy.ROUND_ROBIN), made, tmp_path / "out.parquet", DAY)


@pytest.mark.parametrize("by", list(PodBy))
def test_when_one_leaves_only_that_ones_accounts_move_and_loads_stay_fair(tmp_path: Path, by: PodBy) -> None:
    rows = new(600, created_at=datetime(2026, 12, 20, tzinfo=UTC))
    before = decided(team(by), tables(tmp_path, rows, REPS), tmp_path)
    owned = [{**row, "owner_id": before[row["id"]]["owner_id"]} for row in rows]
    mixed = list(owned)
    random.Random(1).shuffle(mixed)
    left: Mapping[str, Anything] = {"rep2": {"last_day": date(2026, 12, 1)}}
    after = decided(team(by, **left), tables(tmp_path, mixed, REPS), tmp_path)
    moved = {id for id, row in after.items() if row["owner_id"] != before[id]["owner_id"]}
    assert moved == {id for id, row in before.items() if row["owner_id"] == "u02"}
    fair = Counter(row["owner_id"] for row in after.values())
    assert all(abs(load - 200) <= 11 for load in fair.values())
    assert decided(team(by, **left), tables(tmp_path, owned, REPS), tmp_path) == after


def test_a_pod_that_cannot_hold_what_rules_send_is_told(tmp_path: Path) -> None:
    rules = team(members=EMAILS[:2], rep0={"cap": 10}, rep1={"cap": 20})
    made = tables(tmp_path, new(42), REPS)
    summary = assign(rules, made, tmp_path / "out.parquet", DAY)
    [load] = pod_loads(rules, read_owners(made.owners, rules.reps, DAY), summary)
    assert (load.pod, load.role, load.rules) == ("team", "AE", ("r",))
    assert (load.accounts, load.left_over, load.members, load.room) == (42, 12, 2, 30)
    assert load.is_too_small
    roomy = team(members=EMAILS[:2], rep0={"cap": 10})
    summary = assign(roomy, made, tmp_path / "out.parquet", DAY)
    [load] = pod_loads(roomy, read_owners(made.owners, roomy.reps, DAY), summary)
    assert (load.left_over, load.room, load.is_too_small) == (0, None, False)
