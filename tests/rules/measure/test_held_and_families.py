"""A held account and one that follows its family are work of their owner, in their territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rules.engine.assign import assign
from rules.language.condition import Between, DaysFromToday, FieldKind, In
from rules.language.people import Ramp, Rep
from rules.language.ruleset import Action, Complexity, RuleSet
from rules.measure.night import ACCOUNTS_FILE, REPS_FILE, TERRITORIES_FILE, measure
from tests.rules.measure.test_measure import BY_SIZE
from tests.rules.measure.worlds import AS_OF, Row, World, account, owner, rows_of, rule, rule_set, write


def measured(rules: RuleSet, accounts: Sequence[Row], folder: Path) -> None:
    """The KPI files of a night with three reps."""
    tables, into = write(World(rules, accounts, [owner(f"r{n}") for n in (1, 2, 3)], []), folder)
    assign(rules, tables, into, AS_OF)
    measure(rules, tables, into, folder, AS_OF)


def test_every_account_counts_where_the_outcome_says(tmp_path: Path) -> None:
    hold = replace(rule(id="hold"), when=In("type", ("customer",)), action=Action.KEEP, territory="")
    family = replace(rule(id="family"), action=Action.FOLLOW, territory="")
    us = replace(rule("r1@example.com", id="us"), when=In("country", ("US",)), territory="us")
    rules = rule_set(BY_SIZE, [hold, family, us, rule("r2@example.com", id="rest")])
    accounts = [
        account("top", country="US", employees=100),
        account("child", "r2", parent_id="top", employees=100),
        account("held", "r3", country="US", type="Customer", employees=100),
        account("other", employees=100),
    ]
    measured(rules, accounts, tmp_path)
    reps = {row["owner_id"]: row["accounts"] for row in rows_of(tmp_path / REPS_FILE)}
    places = {row["territory"]: row["accounts"] for row in rows_of(tmp_path / TERRITORIES_FILE)}
    assert reps == {"r1": 2, "r2": 1, "r3": 1}
    assert places == {"t": 1, "us": 3}


def test_a_new_rep_has_the_ramps_share_of_the_capacity_and_one_who_left_has_none(tmp_path: Path) -> None:
    rules = rule_set(
        BY_SIZE,
        [rule("r1@example.com", id="a"), rule("r2@example.com", id="b")],
        reps={
            "r1@example.com": Rep("r1@example.com", ramp=Ramp(AS_OF, (0.25,))),
            "r2@example.com": Rep("r2@example.com", last_day=date(2026, 3, 1)),
        },
    )
    measured(rules, [account("x", "r1", employees=100), account("y", "r2", employees=100)], tmp_path)
    found = {row["owner_id"]: row["capacity_hours"] for row in rows_of(tmp_path / REPS_FILE)}
    assert found["r1"] == pytest.approx(BY_SIZE.hours_per_rep * 0.25)
    assert found.get("r2") is None


def test_days_from_today_in_the_workload_count_from_the_runs_day(tmp_path: Path) -> None:
    new = Complexity("new", Between("created_at", DaysFromToday(-30), None), 1.0)
    rules = rule_set(replace(BY_SIZE, complexity=(new,), travel_hours=0.0), [rule("r1@example.com")])
    rules = replace(rules, fields={**rules.fields, "created_at": FieldKind.DATE})
    days = {"new": datetime(2026, 3, 2, tzinfo=UTC), "old": datetime(2026, 2, 27, tzinfo=UTC)}
    measured(rules, [account(id, employees=100, created_at=day) for id, day in days.items()], tmp_path)
    hours = {row["account_id"]: row["workload_hours"] for row in rows_of(tmp_path / ACCOUNTS_FILE)}
    assert hours == {"new": pytest.approx(0.2), "old": pytest.approx(0.1)}
