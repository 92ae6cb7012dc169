"""Derived fields in the engine are what the book says, and the rules that use them decide as it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Anything

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from rules.engine.assign import assign
from rules.engine.database import open_database
from rules.engine.derived.cells import cell
from rules.engine.derived.needed import needed_for
from rules.engine.derived.prepared import prepare
from rules.engine.errors import AssignError
from rules.engine.lay import lay_accounts, lay_families
from rules.engine.memory import lay_memory
from rules.engine.relations import DuckDatabase
from rules.evaluate import evaluate
from rules.language.condition import Between, FieldKind, In, InList, IsMissing, Like, Not
from rules.language.derived import Banded, BandsOf, Computed, Measure, OfOpportunities, Step
from rules.language.expression import Branch, Case, Column, Literal
from rules.language.record import Value, normalise_record
from rules.language.ruleset import Complexity, IfUnknown, RuleSet, Tier, Workload
from rules.language.values.folding import fold
from rules.measure.night import measure
from rules.tables import MEMORY
from tests.rules.engine.derived_worlds import KINDS, MONEY, World, derived_worlds
from tests.rules.engine.naive_derived import Record, records
from tests.rules.engine.worlds import FIELDS, HERE, Row, rule, rule_set, tables

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


@settings(max_examples=25, deadline=None)
@given(derived_worlds())
def test_every_derived_field_is_what_the_book_says(world: World) -> None:
    """To the last digit: bands, expressions, facts of opportunities and of families."""
    check_cells(world)


@pytest.mark.slow
@settings(max_examples=1_500, deadline=None)
@given(derived_worlds())
def test_every_derived_field_is_what_the_book_says_in_one_case_of_ten_thousand(world: World) -> None:
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
    for tried in rules.rules:
        truth = evaluate(tried.when, record, rules.lists)
        if truth or (truth is None and tried.if_unknown is IfUnknown.MATCH):
            return tried.id, False
        if truth is None and tried.if_unknown is IfUnknown.REVIEW:
            return tried.id, True
    return None, False


@settings(max_examples=25, deadline=None)
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


@settings(max_examples=10, deadline=None)
@given(derived_worlds())
def test_a_night_that_is_computed_again_from_its_own_memory_decides_the_same(world: World) -> None:
    first, remembered = night(world)
    again, kept = night(replace(world, memory=remembered))
    assert again == first
    assert kept == remembered


def test_a_tier_may_be_a_band_that_remembers(tmp_path: Path) -> None:
    """The workload reads the band that the rules decided by: last night's counts."""
    steps = (Step("small", None, None, None), Step("big", 200.0, 220.0, 180.0))
    size = Banded("size", (BandsOf("employees", steps),), HERE)
    work = Workload("size", (Tier("small", 1, 1), Tier("big", 4, 1)), (), None)
    rules = rule_set(
        fields={**FIELDS, "size": FieldKind.TEXT},
        derived={"size": size},
        workload=replace(work, complexity=(Complexity("bank", Like("industry", "bank%"), 1.0),)),
    )
    accounts = [
        {"id": "a1", "employees": 210, "industry": "Banking"},
        {"id": "a2", "employees": 210, "industry": "Tribank"},
        {"id": "a3", "employees": 10, "industry": None},
    ]
    made = World(rules, accounts, [], {("a1", "size"): "small", ("a2", "size"): "big"}).tables(tmp_path)
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), made.activities)
    assign(rules, made, tmp_path / "out.parquet", DAY, holders={})
    measure(rules, made, tmp_path / "out.parquet", tmp_path / "kpis", DAY)
    found = pq.read_table(tmp_path / "kpis" / "account_kpis.parquet").to_pylist()
    assert [(row["tier"], row["workload_hours"]) for row in found] == [
        ("small", 2.0),
        ("big", 4.0),
        ("small", 1.0),
    ]


@pytest.mark.parametrize(
    ("pattern", "fitting"),
    [
        ("%bank%", {"bank", "the bank", "banker"}),
        ("b_nk", {"bank", "bönk"}),
        ("%a_k%r", {"banker"}),
        ("50%", set()),
    ],
)
def test_a_pattern_fits_the_whole_text(tmp_path: Path, pattern: str, fitting: set[str]) -> None:
    texts = ["bank", "BÖNK", "the  Bank", "banker", "x50%", None]
    rules = rule_set(rule("fits", Like("industry", pattern)))
    accounts = [{"id": f"a{n}", "industry": text} for n, text in enumerate(texts)]
    found, _ = night(World(rules, accounts, [], {}))
    taken = {fold(str(row["industry"])) for row in accounts if found[row["id"]]["rule_id"]}  # type: ignore[index]
    assert taken == fitting


def test_a_pattern_of_many_wildcards_takes_no_time() -> None:
    """A backtracking match would take years."""
    rules = rule_set(rule("evil", Like("industry", "%a_" * 30 + "b")))
    accounts = [{"id": "a", "industry": "a" * 5_000}, {"id": "b", "industry": "é" + "a" * 5_000}]
    found, _ = night(World(rules, accounts, [], {}))
    assert {row["rule_id"] for row in found.values()} == {None}


def test_a_currency_without_a_rate_is_a_data_issue_and_the_amount_is_missing() -> None:
    rules = rule_set(
        rule("rich", Between("annual_revenue", 1e6, None)),
        rule("missing", IsMissing("annual_revenue")),
        fields=KINDS,
        money=MONEY,
    )
    accounts = [
        {"id": "a1", "annual_revenue": 1e6, "currency": "XYZ"},
        {"id": "a2", "annual_revenue": 950_000.0, "currency": " eur "},
        {"id": "a3", "annual_revenue": 1e6, "currency": None},
        {"id": "a4", "annual_revenue": 1e9, "currency": "XXL"},
    ]
    found, _ = night(World(rules, accounts, [], {}))
    assert {id: row["rule_id"] for id, row in found.items()} == {
        "a1": "missing", "a2": "rich", "a3": "rich", "a4": "missing"
    }  # fmt: skip
    assert found["a1"]["data_issues"] == "annual_revenue is in 'xyz', for which the rules have no rate"
    assert found["a4"]["data_issues"] == "annual_revenue is too much in USD"


def test_opportunities_that_a_derived_field_needs_must_be_there(tmp_path: Path) -> None:
    hot = OfOpportunities("hot", FieldKind.BOOLEAN, Measure.ANY, None, In("won", (True,)), HERE)
    rules = rule_set(
        rule("hot", In("hot", (True,))), derived={"hot": hot}, fields={**FIELDS, "hot": FieldKind.BOOLEAN}
    )
    made = tables(tmp_path, [{"id": "a"}])
    with pytest.raises(
        AssignError, match=r"opportunities\.parquet is not there, which a derived field needs"
    ):
        assign(rules, made, tmp_path / "out.parquet", DAY, holders={})


def test_not_in_a_list_is_unknown_where_the_field_is_missing() -> None:
    """So a choice does not take that branch, though nobody is in the list."""
    branch = Branch(Not(InList("industry", "industry")), Literal(1))
    score = Computed("score", FieldKind.NUMBER, Case((branch,), Literal(0)), HERE)
    rules = rule_set(fields={**FIELDS, "score": FieldKind.NUMBER}, derived={"score": score})
    accounts: list[Row] = [
        {"id": "a1", "industry": None},
        {"id": "a2", "industry": "mining"},
        {"id": "a3", "industry": "Bank"},
    ]
    found = cells_of(World(rules, accounts, [], {}))
    assert {id: cells["score"] for id, cells in found.items()} == {"a1": 0.0, "a2": 1.0, "a3": 0.0}


def test_what_is_not_a_number_is_missing_though_a_file_s_statistics_leave_it_out() -> None:
    """DuckDB answers a comparison with infinity from the statistics, so that NaN would pass it."""
    same = Computed("same", FieldKind.NUMBER, Column("annual_revenue"), HERE)
    rules = rule_set(fields={**FIELDS, "same": FieldKind.NUMBER}, derived={"same": same})
    amounts = [float("nan"), 1.0, 2.0]
    accounts = [{"id": f"a{n}", "annual_revenue": amount} for n, amount in enumerate(amounts)]
    found = cells_of(World(rules, accounts, [], {}))
    assert [cells["same"] for _, cells in sorted(found.items())] == [None, 1.0, 2.0]
