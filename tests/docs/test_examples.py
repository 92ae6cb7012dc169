"""Every kind of rule that admins write has an example: it loads, is proved sound, and does what its tests say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.records import MAIN
from connectors.tables import ACTIVITIES, OPPORTUNITIES, OWNERS
from rules.engine.assign import assign
from rules.explanation.explain import explain
from rules.language.load import load_rules
from rules.language.ruleset import RuleSet, RuleTest
from rules.proof.codes import Severity
from rules.proof.lint import prove
from rules.tables import Tables
from rules.testing import run_tests
from sync.config import load_project
from tests.docs.blocks import ROOT

EXAMPLES = ROOT / "docs" / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/rules.yaml") if path.parent.name != "companies")
TODAY = date(2026, 11, 23)
"""A day inside the exceptions' dates and outside the freezes'."""
each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def rules_of(folder: Path) -> RuleSet:
    """The example's rules, over the fields that the examples' config names."""
    return load_rules(folder / "rules.yaml", load_project(EXAMPLES / "config.yaml").rule_fields())


def test_each_of_the_fifteen_kinds_has_an_example_that_the_index_names() -> None:
    index = (EXAMPLES / "README.md").read_text()
    assert len(FOLDERS) == 15
    assert [folder.name for folder in FOLDERS if f"({folder.name}/rules.yaml)" not in index] == []


@each
def test_an_example_passes_its_own_tests(folder: Path) -> None:
    ran = run_tests(rules_of(folder), TODAY)
    assert ran.results, "an example without tests shows nothing"
    assert ran.passed, str(ran)


@each
def test_an_example_is_proved_sound(folder: Path) -> None:
    wrong = [found for found in prove(rules_of(folder), TODAY) if found.severity is Severity.ERROR]
    assert wrong == [], "\n".join(map(str, wrong))


@each
def test_the_engine_takes_an_example_as_its_tests_do(folder: Path, tmp_path: Path) -> None:
    rules = rules_of(folder)
    tests = [test for test in rules.tests if not set(test.given) & set(rules.derived)]
    rows = [{"id": f"T{n}", **test.given} for n, test in enumerate(tests)]
    parents = {row.get("parent_id") for row in rows} - {row["id"] for row in rows} - {None}
    rows += [{"id": parent} for parent in sorted(filter(None, parents))]
    assign(rules, _tables(tmp_path, rules, rows), tmp_path / "out.parquet", TODAY)
    found = {
        (r["account_id"], r["role"]): r["rule_id"]
        for r in pq.read_table(tmp_path / "out.parquet").to_pylist()
    }
    for row, test in zip(rows, tests, strict=False):
        assert found[str(row["id"]), test.expected.role] == _winner(rules, test), test.name


def _winner(rules: RuleSet, test: RuleTest) -> str | None:
    explained = next(e for e in explain(test.given, rules, TODAY) if e.role == test.expected.role)
    return explained.winner.id if explained.winner else None


def _tables(folder: Path, rules: RuleSet, rows: list[dict[str, str | None]]) -> Tables:
    """The accounts of the tests as raw text, an active user for whoever holds one, and no deals."""
    texts = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in ("id", *rules.fields)}
    pq.write_table(pa.table(texts), folder / "accounts.parquet")
    holders = {row[name] for row in rows for name in ("owner_id", *rules.holders.values()) if row.get(name)}
    users = [
        {"id": holder, "active": True, "person": True, "deleted": False}
        for holder in sorted(filter(None, holders))
    ]
    pq.write_table(pa.Table.from_pylist(users, OWNERS), folder / "owners.parquet")
    pq.write_table(OPPORTUNITIES.empty_table(), folder / "opportunities.parquet")
    pq.write_table(ACTIVITIES.empty_table(), folder / "activities.parquet")
    return Tables(**{str(kind): folder / f"{kind}.parquet" for kind in MAIN})
