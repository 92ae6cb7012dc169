"""Assignments are what the book says, whatever the accounts hold, and equal input gives equal bytes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Anything

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.assign import assign
from rules.language.record import normalise_record
from rules.language.ruleset import RuleSet
from rules.tables import ASSIGNMENTS
from tests.rules.engine import naive
from tests.rules.engine.worlds import OWNERS, Row, accounts, rule_sets, tables

DAY = date(2026, 3, 1)
HOLDERS = {"AE": "owner_id", "CSM": "csm_id"}


def assigned(rules: RuleSet, rows: Sequence[Row], **options: Anything) -> list[dict[str, Anything]]:
    """The assignments of these accounts as rows."""
    with TemporaryDirectory() as folder:
        into = Path(folder) / "assignments.parquet"
        assign(rules, tables(Path(folder), rows), into, DAY, holders=HOLDERS, **options)
        table = pq.read_table(into)
        assert table.schema.equals(ASSIGNMENTS)
        return table.to_pylist()


def check(rules: RuleSet, rows: Sequence[Row], cap: int) -> None:
    found = assigned(rules, rows, cap=cap)
    right = dict(naive.assignments(rules, rows, OWNERS, HOLDERS))
    keys = [(row["account_id"], row["role"]) for row in found]
    assert keys == sorted(right)
    for row in found:
        decision, code, rule_id, owners = right[row["account_id"], row["role"]]
        assert (row["decision"], row["reason_code"], row["rule_id"]) == (decision, code, rule_id), row
        assert row["owner_id"] in owners


@settings(max_examples=40, deadline=None)
@given(rule_sets(), accounts(), st.sampled_from([64, 2, 0]))
def test_the_engine_decides_as_the_book_does(rules: RuleSet, rows: list[Row], cap: int) -> None:
    """Also where conditions have more alternatives than the masks take (a low cap)."""
    check(rules, rows, cap)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(rule_sets(), accounts(), st.sampled_from([64, 64, 2, 0]))
def test_the_engine_decides_as_the_book_does_in_one_case_of_ten_thousand(
    rules: RuleSet, rows: list[Row], cap: int
) -> None:
    check(rules, rows, cap)


@settings(max_examples=20, deadline=None)
@given(rule_sets(), accounts(), st.randoms(use_true_random=False))
def test_equal_accounts_give_equal_bytes_whatever_the_order_of_their_rows(
    rules: RuleSet, rows: list[Row], shuffle: random.Random
) -> None:
    mixed = list(rows)
    shuffle.shuffle(mixed)
    with TemporaryDirectory() as folder:
        files = []
        for number, (given_rows, threads) in enumerate([(rows, 1), (mixed, 2)]):
            into = Path(folder) / f"{number}.parquet"
            made = tables(Path(folder), given_rows)
            assign(rules, made, into, DAY, holders=HOLDERS, threads=threads)
            files.append(into.read_bytes())
    assert files[0] == files[1]


@settings(max_examples=25, deadline=None)
@given(rule_sets(), accounts())
def test_assigning_again_after_applying_changes_no_owner(rules: RuleSet, rows: list[Row]) -> None:
    first = assigned(rules, rows)
    again = assigned(rules, applied(rows, first))
    assert [row["owner_id"] for row in again] == [row["owner_id"] for row in first]
    assert [row["rule_id"] for row in again] == [row["rule_id"] for row in first]


def applied(rows: Sequence[Row], assignments: Sequence[Mapping[str, Anything]]) -> list[Row]:
    """The accounts once their new owners are written."""
    given_to = {(a["account_id"], HOLDERS[a["role"]]): a["owner_id"] for a in assignments if a["owner_id"]}
    return [
        {**row, **{column: given_to.get((row["id"], column), row.get(column)) for column in HOLDERS.values()}}
        for row in rows
    ]


@settings(max_examples=25, deadline=None)
@given(rule_sets(), accounts())
def test_values_that_cannot_be_read_are_named(rules: RuleSet, rows: list[Row]) -> None:
    """The same sentences as an explanation of the account gives, of the fields that rules use."""
    found = {row["account_id"]: row["data_issues"] for row in assigned(rules, rows)}
    for row in rows:
        if row["id"] in found:
            issues = set(normalise_record(row, rules).issues.values())
            assert set((found[row["id"]] or "").split("; ")) - {""} <= issues, (found, issues)
