"""Families by name: what a child is told, and what becomes of it when the parent goes nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any as Anything

import pyarrow.parquet as pq
import pytest

from rules.engine.assign import assign
from rules.engine.errors import AssignError
from rules.language.condition import In
from rules.language.ruleset import Action, Family, IfUnknown, RuleSet
from tests.rules.engine.test_holds_and_exceptions import DAY, decided, hold
from tests.rules.engine.worlds import Row, pod, rule, rule_set, tables

FAMILY = rule("family", action=Action.FOLLOW, territory="")


def found_of(rules: RuleSet, rows: list[Row], folder: Path) -> dict[str, tuple[Anything, ...]]:
    """Decision, code, territory and owner by account."""
    found = decided(rules, tables(folder, rows), folder)
    return {id: (r["decision"], r["reason_code"], r["territory"], r["owner_id"]) for id, r in found.items()}


def test_a_child_goes_where_its_ultimate_parent_goes_and_says_why(tmp_path: Path) -> None:
    rules = rule_set(FAMILY, rule("us", In("country", ("US",)), owner="u1"), rule("rest", owner="u2"))
    rows: list[Row] = [{"id": "top", "country": "US"}, {"id": "mid", "parent_id": "top", "country": "DE"},
                       {"id": "leaf", "parent_id": "mid"}, {"id": "alone"}]  # fmt: skip
    found = decided(rules, tables(tmp_path, rows), tmp_path)
    assert {id: row["owner_id"] for id, row in found.items()} == {
        "alone": "u2", "leaf": "u1", "mid": "u1", "top": "u1"
    }  # fmt: skip
    leaf = found["leaf"]
    assert (leaf["reason_code"], leaf["rule_id"], leaf["territory"]) == ("family", "family", "t.us")
    assert leaf["reason"] == "family: follows its ultimate parent; us: country is US"


def test_a_family_from_a_pod_goes_to_one_rep(tmp_path: Path) -> None:
    rules = rule_set(
        FAMILY, rule("r", pod="team"), pods={"team": pod("team", ["ana@example.com", "lee@example.com"])}
    )
    rows: list[Row] = [{"id": f"p{n}"} for n in range(20)]
    rows += [{"id": f"c{n}", "parent_id": f"p{n % 20}"} for n in range(60)]
    found = decided(rules, tables(tmp_path, rows), tmp_path)
    assert {row["owner_id"] for row in found.values()} == {"u1", "u2"}
    assert all(found[f"c{n}"]["owner_id"] == found[f"p{n % 20}"]["owner_id"] for n in range(60))
    loads = [sum(row["owner_id"] == owner for row in found.values()) for owner in ("u1", "u2")]
    assert abs(loads[0] - loads[1]) <= 8, "families count with all their accounts"


def test_a_child_of_an_undecided_parent_is_undecided_too(tmp_path: Path) -> None:
    rules = rule_set(
        FAMILY, rule("us", In("country", ("US",)), owner="u9"),
        rule("bank", In("industry", ("banking",)), owner="u1", if_unknown=IfUnknown.REVIEW),
    )  # fmt: skip
    rows: list[Row] = [{"id": "p", "country": "US"}, {"id": "c", "parent_id": "p", "owner_id": "u2"},
                       {"id": "q"}, {"id": "d", "parent_id": "q"}]  # fmt: skip
    found = found_of(rules, rows, tmp_path)
    assert found["c"] == ("unassigned", "family_undecided", "t.us", None)
    assert found["d"] == ("review", "family_undecided", "t.bank", None)


def test_a_child_of_a_held_parent_goes_to_the_owner_that_stays(tmp_path: Path) -> None:
    rules = rule_set(FAMILY, hold(), rule("us", owner="u1"))
    rows: list[Row] = [{"id": "p", "owner_id": "u2"}, {"id": "c", "parent_id": "p", "owner_id": "u1"}]
    found = found_of(rules, rows, tmp_path)
    assert found["p"] == ("held", "held", "t.us", "u2")
    assert found["c"] == ("assigned", "family", "t.us", "u2")


def test_a_held_child_has_the_territory_of_its_family(tmp_path: Path) -> None:
    """The rule beneath the hold follows, so the territory is the ultimate parent's."""
    rules = rule_set(hold(), FAMILY, rule("us", In("country", ("US",)), owner="u1"), rule("rest", owner="u1"))
    rows: list[Row] = [{"id": "p", "country": "US"}, {"id": "c", "parent_id": "p", "owner_id": "u2"}]
    assert found_of(rules, rows, tmp_path)["c"] == ("held", "held", "t.us", "u2")


def test_a_circle_and_a_chain_too_long_are_reviewed_and_named(tmp_path: Path) -> None:
    rules = rule_set(FAMILY, rule("us", owner="u1"), family=Family(most_levels=2))
    rows: list[Row] = [{"id": "x", "parent_id": "y"}, {"id": "y", "parent_id": "x"}, {"id": "a"},
                       {"id": "b", "parent_id": "a"}, {"id": "c", "parent_id": "b"}, {"id": "d", "parent_id": "c"},
                       {"id": "o", "parent_id": "001gone"}]  # fmt: skip
    found = decided(rules, tables(tmp_path, rows), tmp_path)
    broken = {id for id, row in found.items() if row["reason_code"] == "family_broken"}
    assert broken == {"x", "y", "d"}
    assert found["x"]["decision"] == "review"
    assert found["x"]["owner_id"] is None
    assert found["x"]["data_issues"] == "parent_id goes in a circle, or further up than 2 levels"
    assert (found["o"]["owner_id"], found["o"]["data_issues"]) == (
        "u1",
        "parent_id '001gone' is not an account",
    )


def test_a_column_that_families_need_and_the_snapshot_lacks_stops_the_run(tmp_path: Path) -> None:
    made = tables(tmp_path, [{"id": "a"}])
    pq.write_table(pq.read_table(made.accounts).drop_columns(["parent_id"]), made.accounts)
    with pytest.raises(AssignError, match=r"no column 'parent_id', which rules follow.*parent_field"):
        assign(rule_set(FAMILY), made, tmp_path / "out.parquet", DAY)
