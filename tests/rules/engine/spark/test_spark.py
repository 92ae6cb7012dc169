"""Spark decides as DuckDB does, byte for byte, and so as the book does."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rules.engine.assign import assign
from rules.engine.errors import AssignError
from rules.engine.spark.assign import assign_on_spark
from rules.language.ruleset import RuleSet
from rules.tables import Tables
from tests.rules.engine import outcome_worlds
from tests.rules.engine.derived_worlds import World, derived_worlds
from tests.rules.engine.spark.java import java_home
from tests.rules.engine.worlds import Row, accounts, rule_sets, tables

pytestmark = pytest.mark.slow
DAY = date(2026, 3, 30)
MASTER = "local[2]"
HOLDERS = {"AE": "owner_id", "CSM": "csm_id"}
QUIET = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Spark for all tests here; without pyspark or a Java this fails, as it should in the slow run."""
    from pyspark.sql import SparkSession

    home = java_home(tmp_path_factory.mktemp("java") / "home")
    before = os.environ.get("JAVA_HOME")
    if home is not None:
        os.environ["JAVA_HOME"] = str(home)
    builder = SparkSession.builder.master(MASTER)
    for setting, value in QUIET.items():
        builder = builder.config(setting, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield
    session.stop()
    if home is not None and before is None:
        del os.environ["JAVA_HOME"]


def check(rules: RuleSet, made: Tables, folder: Path, holders: Mapping[str, str], cap: int) -> None:
    """Assignments and what the next night must know are the same bytes."""
    summaries, files = [], []
    for engine, options in ((assign, {}), (assign_on_spark, {"master": MASTER})):
        into = folder / engine.__name__
        into.mkdir()
        summaries.append(
            engine(
                rules, made, into / "assignments.parquet", DAY,
                holders=holders, cap=cap, memory_into=into / "memory.parquet", **options,
            )
        )  # fmt: skip
        files.append({file.name: file.read_bytes() for file in into.iterdir()})
    assert summaries[0] == summaries[1]
    assert files[0].keys() == files[1].keys() == {"assignments.parquet", "memory.parquet"}
    for name, content in files[0].items():
        here, there = (
            pq.read_table(folder / engine / name).to_pylist()
            for engine in (assign.__name__, assign_on_spark.__name__)
        )
        differing = [(one, other) for one, other in zip(here, there, strict=True) if one != other]
        assert differing == []
        assert content == files[1][name]


def many(rows: st.SearchStrategy[list[Row]]) -> st.SearchStrategy[list[Row]]:
    """Eight draws in one, as Spark takes seconds for any number of accounts."""
    return st.lists(rows, min_size=8, max_size=8).map(
        lambda parts: [{**row, "id": f"{row['id']}-{n}"} for n, part in enumerate(parts) for row in part]
    )


# A smaller example is seconds per step away, so the first one that differs is shown as it is.
EACH = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@EACH
@given(rule_sets(), many(accounts()), st.sampled_from([64, 64, 2, 0]))
def test_spark_decides_as_duckdb_does(spark: None, rules: RuleSet, rows: list[Row], cap: int) -> None:
    """Nulls, blanks, odd text, boundary values, expressions beyond the masks."""
    with TemporaryDirectory() as folder:
        check(rules, tables(Path(folder), rows), Path(folder), HOLDERS, cap)


@EACH
@given(outcome_worlds.worlds())
def test_holds_families_exceptions_and_people_too(spark: None, world: outcome_worlds.World) -> None:
    with TemporaryDirectory() as folder:
        check(world.rules, world.tables(Path(folder)), Path(folder), outcome_worlds.HOLDERS, 64)


@EACH
@given(derived_worlds())
def test_bands_expressions_opportunities_and_family_facts_too(spark: None, world: World) -> None:
    with TemporaryDirectory() as folder:
        check(world.rules, world.tables(Path(folder)), Path(folder), {}, 64)


def test_a_million_accounts_and_three_hundred_rules_are_the_same_bytes(
    spark: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[4] / "benchmarks")
    world, made = (importlib.import_module(name) for name in ("assign_world", "assign_rules"))
    world.write_snapshot(tmp_path, 1_000_000)
    check(made.make_rules(300), world.tables(tmp_path), tmp_path, {"AE": "owner_id"}, 64)


def test_a_spark_on_another_master_is_not_taken_by_surprise(spark: None, tmp_path: Path) -> None:
    made = tables(tmp_path, [{"id": "a"}])
    with pytest.raises(AssignError, match=r"a Spark runs already, on local\[2\]"):
        assign_on_spark(
            outcome_worlds.rule_set(), made, tmp_path / "out.parquet", DAY, master="spark://elsewhere:7077"
        )
