"""Derived fields in the engine are what the book says, and the rules that use them decide as it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Anything

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from rules.engine.assign import assign
from rules.engine.database import open_database
from rules.engine.derived.cells import cell
from rules.engine.derived.needed import needed_for
from rules.engine.derived.prepared import prepare
from rules.engine.lay import lay_accounts, lay_families
from rules.engine.memory import lay_memory
from rules.engine.relations import DuckDatabase
from rules.evaluate import evaluate
from rules.language.condition import IsMissing
from rules.language.record import Value, normalise_record
from rules.language.ruleset import IfUnknown, RuleSet
from rules.tables import MEMORY
from tests.rules.engine.derived_worlds import World, derived_worlds
from tests.rules.engine.naive_derived import Record, records

DAY = date(2026, 3, 1)
Memory = dict[tuple[str, str], str]


def cells_of(world: World) -> dict[str, dict[str, Value | None]]:
    """The derived fields of every account, as the engine has them."""
    rules, names = world.rules, list(world.rules.derived)
    with TemporaryDirectory() as name, open_database("400MB", Path(name), 1) as con:
        database, tables = DuckDatabase(con, Path(name)), world.tables(Path(name))
        schema = lay_accounts(database, tables.accounts, [])
        lay_memory(database, tables.memory)
        lay_families(database, rules.family, rules.missing_values, schema)
        prepare(database, rules, needed_for([IsMissing(name) for name in names], rules), tables, schema)
        rows = database.fetch(f"SELECT id, {', '.join(cell(name) for name in names)} FROM prepared")
        assert len(rows) == len({id for id, *_ in rows})
        return {id: dict(zip(names, values, strict=True)) for id, *values in rows}


@settings(max_examples=60, deadline=None)
@given(derived_worlds())
def test_every_derived_field_is_what_the_book_says(world: World) -> None:
    """To the last digit: bands, expressions, facts of opportunities and of families."""
    check_cells(world)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(derived_worlds())
def test_every_derived_field_is_what_the_book_says_ten_thousand_times(world: World) -> None:
    check_cells(world)
    check_night(world)


def check_cells(world: World) -> None:
    right = records(world.rules, world.accounts, world.deals, world.memory)
    found = cells_of(world)
    assert set(found) == set(right)
    for id, record in right.items():
        assert found[id] == {name: record[name] for name in world.rules.derived}, id


def night(world: World) -> tuple[dict[str, dict[str, Anything]], Memory]:
    """The assignments by account, and what the next night must know."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        out, memory = folder / "out.parquet", folder / "next.parquet"
        assign(world.rules, world.tables(folder), out, DAY, holders={}, memory_into=memory)
        kept = pq.read_table(memory)
        assert kept.schema.equals(MEMORY)
        rows = kept.to_pylist()
        keys = [(row["account_id"], row["key"]) for row in rows]
        assert keys == sorted(set(keys))
        remembered = {(row["account_id"], row["key"].removeprefix("band:")): row["value"] for row in rows}
        return {row["account_id"]: row for row in pq.read_table(out).to_pylist()}, remembered


def by_the_book(rules: RuleSet, record: Record) -> tuple[str | None, bool]:
    """The rule that decides, and whether a person must look."""
    for rule in rules.rules:
        truth = evaluate(rule.when, record, rules.lists)
        if truth or (truth is None and rule.if_unknown is IfUnknown.MATCH):
            return rule.id, False
        if truth is None and rule.if_unknown is IfUnknown.REVIEW:
            return rule.id, True
    return None, False


@settings(max_examples=60, deadline=None)
@given(derived_worlds())
def test_rules_over_derived_fields_decide_as_the_book_does(world: World) -> None:
    """Patterns, several texts in one field, synonyms and currencies among them."""
    check_night(world)


def check_night(world: World) -> None:
    right = records(world.rules, world.accounts, world.deals, world.memory)
    found, remembered = night(world)
    assert {id: (row["rule_id"], row["decision"] == "review") for id, row in found.items()} == {
        id: by_the_book(world.rules, record) for id, record in right.items()
    }
    check_issues(world, found)
    bands = {(id, "size"): record["size"] for id, record in right.items() if record["size"] is not None}
    derived: Anything = world.rules.derived["size"]
    assert remembered == (bands if derived.remembers else {})


def check_issues(world: World, found: Mapping[str, Mapping[str, Anything]]) -> None:
    """Each is said once, and only what an explanation of the account says, or what is wrong with its family."""
    for row in world.accounts:
        if row["id"] in found:
            told = [issue for issue in (found[row["id"]]["data_issues"] or "").split("; ") if issue]
            known = set(normalise_record({**row}, world.rules).issues.values())
            assert len(told) == len(set(told))
            assert {issue for issue in told if not issue.startswith("parent_id ")} <= known


@settings(max_examples=20, deadline=None)
@given(derived_worlds())
def test_a_night_that_is_computed_again_from_its_own_memory_decides_the_same(world: World) -> None:
    first, remembered = night(world)
    again, kept = night(replace(world, memory=remembered))
    assert again == first
    assert kept == remembered
