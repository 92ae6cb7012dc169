"""Accounts may have columns called like those that the plan itself uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rules.engine.assign import assign
from rules.engine.dialects.plan import plan_sql
from rules.language.condition import Constant, FieldKind, In, Like
from rules.language.ruleset import Action, RuleSet
from rules.tables import Tables
from tests.rules.engine.worlds import rule, rule_set, tables

DAY = date(2026, 3, 1)
NAMES = (
    "class",
    "raw",
    "place",
    "issue",
    "follows",
    "value",
    "named",
    "select",
    "id of owner",
    'so "called"',
)
KINDS: dict[FieldKind, tuple[Constant, Constant]] = {
    FieldKind.TEXT: ("a", "b"),
    FieldKind.INTEGER: (1, 2),
    FieldKind.POSTAL_CODE: ("US-02116", "K1A0B6"),
}


def world(folder: Path, column: str, kind: FieldKind, *, like: bool = False) -> tuple[RuleSet, Tables]:
    """Three accounts, of which the first one's value of the column fits and the second one follows it."""
    values = KINDS[kind]
    made = tables(folder, [])
    columns = {
        "id": ["a", "b", "c"],
        "owner_id": ["u1", None, None],
        "parent_id": [None, "a", None],
        "country": ["US", "CA", None],
        column: [*values, None],
    }
    pq.write_table(pa.table(columns), made.accounts)
    fits = Like(column, "a%") if like else In(column, values[:1])
    follow = rule("child", In("country", ("CA",)), action=Action.FOLLOW, territory="", owner=None, pod=None)
    fields = {"country": FieldKind.COUNTRY, "parent_id": FieldKind.ID, column: kind}
    return rule_set(follow, rule("fits", fits, owner="u1"), lists={}, fields=fields), made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("column", NAMES)
def test_a_column_of_any_name_is_read(tmp_path: Path, column: str, kind: FieldKind) -> None:
    rules, made = world(tmp_path, column, kind)
    assign(rules, made, tmp_path / "out", DAY)
    assert pq.read_table(tmp_path / "out")["rule_id"].to_pylist() == ["fits", "child", None]


@pytest.mark.parametrize("column", NAMES)
def test_a_derived_test_of_a_column_of_any_name_is_answered(tmp_path: Path, column: str) -> None:
    rules, made = world(tmp_path, column, FieldKind.TEXT, like=True)
    assign(rules, made, tmp_path / "out", DAY)
    assert pq.read_table(tmp_path / "out")["rule_id"].to_pylist() == ["fits", "child", None]


@pytest.mark.parametrize("column", NAMES)
def test_a_script_reads_a_column_of_any_name(tmp_path: Path, column: str) -> None:
    rules, made = world(tmp_path, column, FieldKind.TEXT)
    rules = replace(rules, rules=rules.rules[1:])
    script = plan_sql(
        rules, made.owners, pq.read_schema(made.accounts), "duckdb", DAY, holders={"AE": "owner_id"}
    )
    with duckdb.connect(":memory:") as con:
        con.execute(f"CREATE TABLE accounts AS SELECT * FROM read_parquet('{made.accounts}')")
        found = con.execute(script)
        at = [name for name, *_ in found.description].index("rule_id")
        assert [row[at] for row in found.fetchall()] == ["fits", None, None]
