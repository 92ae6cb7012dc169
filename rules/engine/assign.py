"""Accounts and rules in, one outcome per account and role out."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from rules.engine.classing import classed
from rules.engine.columns import class_columns
from rules.engine.compiled import Compiled, compiled
from rules.engine.database import open_database
from rules.engine.deciding import decided
from rules.engine.lay import lay_accounts, lay_masks, lay_turns
from rules.engine.masks import CAP
from rules.engine.owners import read_owners
from rules.engine.relations import Database, DuckDatabase
from rules.engine.rows import Rows
from rules.engine.sharing import shared_out
from rules.engine.summary import AssignSummary, tallies_of
from rules.engine.write import write_assignments
from rules.language.ruleset import RuleSet
from rules.tables import Tables


def assign(
    rules: RuleSet,
    tables: Tables,
    into: Path,
    as_of: date,
    *,
    memory_limit: str = "400MB",
    threads: int | None = None,
    holders: Mapping[str, str] | None = None,
    cap: int = CAP,
) -> AssignSummary:
    """Writes `into`: one row of `ASSIGNMENTS` per account that is not deleted and role, sorted by id and role.

    Equal rules and equal tables, in whatever order of rows, give equal bytes. `holders` names for each role
    the accounts' column with its present owner; by default the first role's is `owner_id` and other roles
    have none. `memory_limit` is DuckDB's; beyond it work goes to disk beside `into`. Raises AssignError where
    the rules do not fit the tables; a value that cannot be read is missing and a data issue of its account.
    """
    present = holders if holders is not None else dict.fromkeys(rules.roles[:1], "owner_id")
    ready = compiled(rules, read_owners(tables.owners), present, cap)
    with (
        tempfile.TemporaryDirectory(prefix=".assign-", dir=into.parent) as spill,
        open_database(memory_limit, Path(spill), threads) as con,
    ):
        database = DuckDatabase(con, Path(spill))
        with database.joins_as_written():
            decide(database, ready, tables)
        return conclude(database, ready, tables, into, as_of)


def decide(database: Database, ready: Compiled, tables: Tables) -> None:
    """Makes the relation `unsorted`: every outcome but for who in the pod.

    In two steps that are kept, so that neither needs all columns at once.
    """
    schema = lay_accounts(database, tables.accounts, ready.holders)
    columns = class_columns(database, ready.rules, ready.classes, schema)
    lay_masks(database, ready.classes, ready.masks)
    lay_turns(database, ready.turns, ready.owners)
    database.keep("classed", classed(columns, ready.holders))
    database.keep("unsorted", decided(ready.classes, ready.masks, ready.rules.rules))


def conclude(
    database: DuckDatabase, ready: Compiled, tables: Tables, into: Path, as_of: date
) -> AssignSummary:
    """From `unsorted` to the assignments, sorted by id: a few narrow columns, on this machine."""
    database.keep_numbered("decided", "SELECT * FROM unsorted ORDER BY id")
    [(accounts,)] = database.fetch("SELECT count(*) FROM decided")
    placed = [
        shared_out(database, number, role, ready.turns[number], accounts)
        for number, role in enumerate(ready.roles)
    ]
    rows = Rows(ready.catalogue, ready.owners, tables.accounts)
    write_assignments(rows.tables(database, placed), into)
    tallies = tallies_of(ready.catalogue.outcomes, rows.counts)
    return AssignSummary(as_of, ready.rules.hash, accounts, tallies, rows.issues, ready.expressions)
