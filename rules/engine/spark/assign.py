"""Accounts and rules in, one outcome per account and role out, worked out by Spark."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from rules.engine.assign import conclude, decide, made_ready
from rules.engine.database import open_database
from rules.engine.masking.masks import CAP
from rules.engine.relations import DuckDatabase
from rules.engine.spark.database import SparkDatabase
from rules.engine.spark.session import spark_session
from rules.engine.summary import AssignSummary
from rules.language.ruleset import RuleSet
from rules.tables import Tables


def assign_on_spark(
    rules: RuleSet,
    tables: Tables,
    into: Path,
    as_of: date,
    *,
    master: str,
    memory_limit: str = "400MB",
    threads: int | None = None,
    holders: Mapping[str, str] | None = None,
    cap: int = CAP,
    memory_into: Path | None = None,
) -> AssignSummary:
    """Writes the same bytes as `rules.engine.assign.assign`; `master` is Spark's, like "local[2]".

    The workers read the accounts, compare them with the rules and write a few narrow columns beside `into`;
    this machine sorts those, shares out pods and writes the assignments, within `memory_limit`. So the
    snapshot and the folder of `into` lie on storage that the workers see under the same paths. Raises
    AssignError where pyspark or Java is absent, and as `assign` does.
    """
    ready = made_ready(rules, tables, as_of, holders, cap)
    with tempfile.TemporaryDirectory(prefix=".spark-", dir=into.parent) as shared:
        with spark_session(master) as session:
            there = SparkDatabase(session, Path(shared))
            decide(there, ready, tables)
        with (
            tempfile.TemporaryDirectory(prefix=".assign-", dir=into.parent) as spill,
            open_database(memory_limit, Path(spill), threads) as con,
        ):
            here = DuckDatabase(con, Path(spill))
            there.hand_over(here)
            return conclude(here, ready, tables, into, memory_into)
