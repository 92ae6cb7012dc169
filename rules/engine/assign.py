"""Accounts and rules in, one outcome per account and role out."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from rules.engine.classing import classed
from rules.engine.columns import ClassColumn
from rules.engine.compiled import Compiled, compiled
from rules.engine.database import open_database
from rules.engine.deciding import decided
from rules.engine.derived.prepared import Prepared, band_memory, lay_bands, prepare
from rules.engine.derived.ready import class_columns_over
from rules.engine.following import children_of, follow
from rules.engine.gate_columns import gate_columns
from rules.engine.holding import hold_memory, lay_holds
from rules.engine.lay import lay_accounts, lay_families, lay_masks, lay_turns
from rules.engine.masking.masks import CAP
from rules.engine.memory import lay_memory, write_memory
from rules.engine.pods.held import held_of
from rules.engine.pods.owners import read_owners
from rules.engine.pods.sharing import share_out
from rules.engine.relations import Database, DuckDatabase
from rules.engine.rows import Rows
from rules.engine.settled import Settled
from rules.engine.summary import AssignSummary, tallies_of
from rules.engine.write import write_assignments
from rules.language.ruleset import RuleSet, holders_of
from rules.language.today import on_day
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
    memory_into: Path | None = None,
) -> AssignSummary:
    """Writes `into`: one row of `ASSIGNMENTS` per account that is not deleted and role, sorted by id and role.

    Equal rules and equal tables, in whatever order of rows, give equal bytes. `holders` names for each role
    the accounts' column with its present owner, by default those of the rules. `memory_limit` is DuckDB's; beyond it work goes to disk beside `into`. Raises AssignError where
    the rules do not fit the tables; a value that cannot be read is missing and a data issue of its account.
    `memory_into` is written with what the next night must know, to be its `tables.memory`.
    """
    ready = made_ready(rules, tables, as_of, holders, cap)
    with (
        tempfile.TemporaryDirectory(prefix=".assign-", dir=into.parent) as spill,
        open_database(memory_limit, Path(spill), threads) as con,
    ):
        database = DuckDatabase(con, Path(spill))
        with database.joins_as_written():
            decide(database, ready, tables)
        return conclude(database, ready, tables, into, memory_into)


def made_ready(
    rules: RuleSet, tables: Tables, as_of: date, holders: Mapping[str, str] | None, cap: int
) -> Compiled:
    """The rules of the day, with the owners resolved; no account is read."""
    present = holders if holders is not None else holders_of(rules)
    owners = read_owners(tables.owners, rules.reps, as_of)
    return compiled(on_day(rules, as_of), owners, present, cap, as_of)


def decide(database: Database, ready: Compiled, tables: Tables) -> None:
    """Makes the relation `unsorted`: every outcome but for who in the pod.

    In two steps that are kept, so that neither needs all columns at once.
    """
    prepared, schema = lay(database, ready, tables)
    columns = _columns(database, ready, prepared, schema)
    issues = prepared.issues_beside(ready.classes)
    database.keep("classed", classed(columns, ready.holders, ready.follows, prepared.source, issues))
    database.keep("unsorted", decided(ready))


def lay(database: Database, ready: Compiled, tables: Tables) -> tuple[Prepared, pa.Schema]:
    """Makes every relation that classes are taken from and outcomes are looked up in; gives the accounts' columns."""
    schema = lay_accounts(database, tables.accounts, ready.holders)
    lay_memory(database, tables.memory)
    lay_holds(database, ready.timed)
    if ready.follows or ready.needed.families:
        lay_families(database, ready.rules.family, ready.rules.missing_values, schema)
    lay_masks(database, ready.classes, (*ready.masks, *ready.askers))
    lay_turns(database, ready.turns, ready.owners)
    prepared = prepare(database, ready.rules, ready.needed, tables, schema)
    lay_bands(database, ready.needed)
    return prepared, schema


def _columns(database: Database, ready: Compiled, prepared: Prepared, schema: pa.Schema) -> list[ClassColumn]:
    """One per field of `ready.classes`, in their order."""
    found = gate_columns(ready.classes, ready.roles, ready.timed, ready.as_of)
    asked = {field: classes for field, classes in ready.classes.items() if field not in found}
    found |= class_columns_over(database, ready.asked, asked, prepared, schema)
    return [found[field] for field in ready.classes]


def conclude(
    database: DuckDatabase, ready: Compiled, tables: Tables, into: Path, memory_into: Path | None
) -> AssignSummary:
    """From `unsorted` to the assignments, sorted by id: a few narrow columns, on this machine."""
    database.number("decided", "unsorted", by="id")
    [(accounts,)] = database.fetch("SELECT count(*) FROM decided")
    settled = [_settled(database, ready, role, tables.accounts, accounts) for role in range(len(ready.roles))]
    rows = Rows(ready.catalogue, ready.owners, tables.accounts)
    write_assignments(rows.tables(database, settled), into)
    if memory_into is not None:
        tonight = [*hold_memory(ready.timed, ready.as_of), *band_memory(ready.needed)]
        write_memory(database, tonight, memory_into)
    tallies = tallies_of(ready.catalogue.outcomes, rows.counts)
    return AssignSummary(ready.as_of, ready.rules.hash, accounts, tallies, rows.issues, ready.expressions)


def _settled(database: Database, ready: Compiled, role: int, file: Path, accounts: int) -> Settled:
    """Who in the pods, then what goes for families."""
    settled = Settled(accounts)
    turns = ready.turns[role]
    children = children_of(database, role, turns)
    held = held_of(database, role, turns, children, file, ready.as_of, ready.rules.timezone)
    share_out(database, role, turns, children, settled, held)
    follow(children, turns, ready.catalogue, settled)
    return settled
