"""The ten explanations that were written by hand are the ones that the tool gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import duckdb
import pytest

from benchmarks.real_companies import EXAMPLE, FIELDS
from rules.explanation.explain import Explanation, explain
from rules.language.load import load_rules
from rules.language.ruleset import RuleSet
from tests.docs.blocks import ROOT
from tests.test_real_companies_rules import AS_OF, COMPANIES, needs_data

PAGE = ROOT / "docs" / "examples" / "companies" / "explained.md"


class ByHand(NamedTuple):
    """One row of the page."""

    listing: str
    company: str
    rule: str
    why: str
    missed: str
    field: str


def by_hand() -> list[ByHand]:
    """The rows of the page's table."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [ByHand(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines[1:]]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules(EXAMPLE, FIELDS)


@pytest.fixture(scope="module")
def companies() -> Mapping[str, Mapping[str, str | None]]:
    """The rows of the ten, as the CRM would hold them."""
    columns = "symbol AS id, name, sector, country, state, city, zipcode AS postal_code, website, industry, market_cap"
    source = f"SELECT {columns} FROM read_csv(?, all_varchar = true) WHERE list_contains(?, symbol)"
    with duckdb.connect() as con:
        rows = con.sql(source, params=[str(COMPANIES), [row.listing for row in by_hand()]]).to_arrow_table()
    return {row["id"]: row for row in rows.to_pylist()}


def test_there_are_ten_and_every_rule_that_they_name_exists(rules: RuleSet) -> None:
    rows = by_hand()
    assert len({row.listing for row in rows}) == 10
    assert {row.rule for row in rows} | {row.missed for row in rows} <= {rule.id for rule in rules.rules}


@needs_data
@pytest.mark.parametrize("row", by_hand(), ids=lambda row: row.listing)
def test_the_tool_explains_a_company_as_the_page_does(
    row: ByHand, rules: RuleSet, companies: Mapping[str, Mapping[str, str | None]]
) -> None:
    found: Explanation = explain(companies[row.listing], rules, AS_OF)[0]
    assert found.winner is not None and found.winner.id == row.rule
    missed = next(tried for tried in found.tried if tried.rule.id == row.missed)
    order = [tried.rule.id for tried in found.tried]
    assert order.index(row.missed) < order.index(row.rule)
    assert row.field in [comparison.field for comparison in missed.compared]
