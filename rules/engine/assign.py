"""Accounts and rules in, one outcome per account and role out."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from rules.engine.classing import classed
from rules.engine.columns import class_columns
from rules.engine.compiled import Compiled, compiled
from rules.engine.database import open_database
from rules.engine.deciding import decided
from rules.engine.lay import lay_accounts, lay_masks, lay_turns
from rules.engine.masks import CAP
from rules.engine.owners import read_owners
from rules.engine.rows import Rows
from rules.engine.sharing import shared_out
from rules.engine.sql import text
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
        _decide(con, ready, tables.accounts, Path(spill))
        [(accounts,)] = con.execute("SELECT count(*) FROM decided").fetchall()
        placed = [
            shared_out(con, number, role, ready.turns[number], accounts)
            for number, role in enumerate(ready.roles)
        ]
        rows = Rows(ready.catalogue, ready.owners, tables.accounts)
        write_assignments(rows.tables(con, placed), into)
    tallies = tallies_of(ready.catalogue.outcomes, rows.counts)
    return AssignSummary(as_of, rules.hash, accounts, tallies, rows.issues, ready.expressions)


def _decide(con: duckdb.DuckDBPyConnection, ready: Compiled, accounts: Path, spill: Path) -> None:
    """Makes the view `decided`: every outcome but for who in the pod, sorted by id, rows numbered in `number`.

    In three steps through files, so that none of them needs all accounts or all columns in memory.
    """
    schema = lay_accounts(con, accounts, ready.holders)
    columns = class_columns(con, ready.rules, ready.classes, schema)
    lay_masks(con, ready.classes, ready.masks)
    lay_turns(con, ready.turns, ready.owners)
    # The joins stand in the right order already; DuckDB 2.0 would find a worse one.
    con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    con.execute("SET preserve_insertion_order = FALSE")
    _file_view(con, "classed", classed(columns, ready.holders), spill)
    _file_view(con, "unsorted", decided(ready.classes, ready.masks, ready.rules.rules), spill)
    con.execute("RESET disabled_optimizers")
    con.execute("SET preserve_insertion_order = TRUE")
    _file_view(con, "decided", "SELECT * EXCLUDE (number) FROM unsorted ORDER BY id", spill)


def _file_view(con: duckdb.DuckDBPyConnection, name: str, query: str, spill: Path) -> None:
    """Writes the result to a file and shows it under the name, with the row's `number`."""
    file = text(str(spill / f"{name}.parquet"))
    con.execute(f"COPY ({query}) TO {file} (FORMAT parquet)")
    con.execute(
        f"CREATE VIEW {name} AS SELECT * RENAME (file_row_number AS number) "
        f"FROM read_parquet({file}, file_row_number = TRUE)"
    )
