"""Assigning again gives the bytes of assigning from scratch, and evaluates only what can have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Anything

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine.assign import assign
from rules.engine.incremental import Again, assign_again
from rules.language.condition import All, Between, DaysFromToday, In, IsMissing
from rules.language.ruleset import RuleSet
from rules.tables import Tables
from tests.rules.engine import derived_worlds as derived
from tests.rules.engine import outcome_worlds
from tests.rules.engine.derived_worlds import derived_worlds
from tests.rules.engine.outcome_worlds import World
from tests.rules.engine.worlds import Row, accounts, rule, rule_set, rule_sets, tables

DAY = date(2026, 3, 30)
HOLDERS = {"AE": "owner_id", "CSM": "csm_id"}
EACH = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def again(
    rules: RuleSet,
    made: Tables,
    folder: Path,
    day: date = DAY,
    holders: Mapping[str, str] = HOLDERS,
    **options: Anything,
) -> Again:
    """The night in both ways: the same bytes, the same summary."""
    files = [
        folder / name
        for name in ("scratch.parquet", "scratch-memory.parquet", "again.parquet", "memory-of-again.parquet")
    ]
    right = assign(rules, made, files[0], day, holders=holders, memory_into=files[1])
    found = assign_again(
        rules, made, files[2], day, matched=folder / "matched.parquet", above=options.get("above", -1),
        holders=holders, memory_into=files[3],
    )  # fmt: skip
    assert found.summary == right
    assert files[2].read_bytes() == files[0].read_bytes()
    assert files[3].read_bytes() == files[1].read_bytes()
    return found


@EACH
@given(rule_sets(), accounts(), accounts(), st.sampled_from([0, 1, 30]))
def test_a_second_night_is_as_from_scratch(
    rules: RuleSet, rows: list[Row], later: list[Row], days: int
) -> None:
    """Accounts come, go and change; days pass."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        again(rules, tables(folder, rows), folder)
        again(rules, tables(folder, [*rows[:6], *other(rows[:6], later)]), folder, DAY + timedelta(days=days))


def other(rows: Sequence[Row], later: Sequence[Row]) -> list[Row]:
    """Those of the later accounts that are not among the rows."""
    ids = {row["id"] for row in rows}
    return [row for row in later if row["id"] not in ids]


@EACH
@given(outcome_worlds.worlds(), outcome_worlds.accounts(), st.sampled_from([0, 1, 40]))
def test_so_it_is_with_holds_families_exceptions_and_people(
    world: World, later: list[Row], days: int
) -> None:
    """Parents change, and owners, and what the night before remembered."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        again(world.rules, world.tables(folder), folder, holders=outcome_worlds.HOLDERS)
        changed = replace(world, rows=[*world.rows[:5], *other(world.rows[:5], later)], memory={})
        day = DAY + timedelta(days=days)
        again(world.rules, changed.tables(folder), folder, day, holders=outcome_worlds.HOLDERS)


@EACH
@given(derived_worlds(), derived_worlds(), st.booleans())
def test_so_it_is_with_bands_expressions_opportunities_and_family_facts(
    world: derived.World, later: derived.World, only_deals: bool
) -> None:
    """Also where nothing changes but somebody's opportunities, and what the night before remembered."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        again(world.rules, world.tables(folder), folder, holders={})
        rows = (
            world.accounts
            if only_deals
            else [*world.accounts[:5], *other(world.accounts[:5], later.accounts)]
        )
        changed = replace(world, accounts=rows, deals=later.deals, memory=later.memory)
        again(world.rules, changed.tables(folder), folder, DAY + timedelta(days=1), holders={})


RULES = rule_set(
    rule("recent", Between("signed_on", DaysFromToday(-90), None), owner="u1"),
    rule("banks", All((In("industry", ("banking",)), Between("employees", 200, None))), pod="both"),
    rule("odd", IsMissing("country"), owner="u2"),
)
ROWS: list[dict[str, Anything]] = [
    {"id": f"a{n:03}", "industry": ["Banking", "x"][n % 2], "employees": n, "country": "US",
     "signed_on": DAY - timedelta(days=n), "owner_id": ["u1", None][n % 2]}
    for n in range(300)
]  # fmt: skip


def test_only_what_can_match_otherwise_is_evaluated(tmp_path: Path) -> None:
    assert again(RULES, tables(tmp_path, ROWS), tmp_path).evaluated == 300, "the first night"
    assert again(RULES, tables(tmp_path, ROWS), tmp_path).evaluated == 0
    rows = [dict(row) for row in ROWS]
    rows[7]["industry"] = "Ｂanking"
    rows[8]["employees"] = 9
    rows[9]["employees"] = 250
    rows[10]["name"] = "no rule asks for it"
    rows.append({"id": "new", "country": "Grmany"})
    found = again(RULES, tables(tmp_path, rows[1:]), tmp_path).evaluated
    assert found == 3, "7 is written otherwise, 9 is in another class, and one is new; 8 stays in its class"


def test_a_day_that_passes_evaluates_only_the_accounts_that_it_moves(tmp_path: Path) -> None:
    made = tables(tmp_path, ROWS)
    again(RULES, made, tmp_path)
    assert again(RULES, made, tmp_path, DAY + timedelta(days=1)).evaluated == 1
    assert again(RULES, made, tmp_path, DAY + timedelta(days=4)).evaluated == 3


def test_other_rules_evaluate_everybody(tmp_path: Path) -> None:
    made = tables(tmp_path, ROWS)
    again(RULES, made, tmp_path)
    assert again(replace(RULES, hash="other"), made, tmp_path).evaluated == 300
    wider = rule_set(*RULES.rules, rule("more", In("customer", (True,)), owner="u1"), hash="other")
    assert again(wider, made, tmp_path).evaluated == 300


def test_a_file_of_something_else_is_not_taken_for_last_night(tmp_path: Path) -> None:
    made = tables(tmp_path, ROWS)
    (tmp_path / "matched.parquet").write_bytes(made.owners.read_bytes())
    assert again(RULES, made, tmp_path).evaluated == 300


def test_few_accounts_are_assigned_from_scratch_and_nothing_is_kept(tmp_path: Path) -> None:
    made = tables(tmp_path, ROWS)
    assert again(RULES, made, tmp_path, above=300).evaluated == 300
    assert not (tmp_path / "matched.parquet").exists()
