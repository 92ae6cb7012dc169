"""Accounts and rules in, one outcome per account and role out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rules.engine.classes import classes_of
from rules.engine.columns import class_columns
from rules.engine.lay import lay_accounts, lay_masks, lay_turns
from rules.engine.masks import CAP, RoleMasks, masks_of
from rules.engine.outcomes import Catalogue
from rules.engine.owners import Owners, read_owners
from rules.engine.plan import decided
from rules.engine.sharing import Placed, shared_out
from rules.engine.streams import batches
from rules.engine.summary import AssignSummary, tallies_of
from rules.engine.turns import Turns, turns_of
from rules.engine.write import SortedIds, write_assignments
from rules.language.ruleset import RuleSet
from rules.tables import ASSIGNMENTS, Tables

BATCH = 65_536
Numbers = npt.NDArray[np.int32]


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
    roles = sorted(rules.roles)
    present = holders if holders is not None else dict.fromkeys(rules.roles[:1], "owner_id")
    with (
        tempfile.TemporaryDirectory(prefix=".assign-", dir=into.parent) as spill,
        _database(memory_limit, spill, threads) as con,
    ):
        owners, catalogue = read_owners(tables.owners), Catalogue()
        masks, turns = _decide(
            con, rules, tables, roles, [present.get(role) for role in roles], owners, catalogue, cap
        )
        [(accounts,)] = con.execute("SELECT count(*) FROM decided").fetchall()
        placed = [shared_out(con, role, roles[role], found, accounts) for role, found in enumerate(turns)]
        ledger = _Written(catalogue, owners, SortedIds(tables.accounts))
        write_assignments(ledger.tables(con, placed), into)
    expressions = {rules.rules[found.rule].id: None for role in masks for found in role.expressions}
    tallies = tallies_of(catalogue.outcomes, ledger.counts)
    return AssignSummary(as_of, rules.hash, accounts, tallies, ledger.issues, tuple(expressions))


def _database(memory_limit: str, spill: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": spill,
    }
    if threads is not None:
        config["threads"] = threads
    return duckdb.connect(":memory:", config=config)


def _decide(
    con: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    tables: Tables,
    roles: Sequence[str],
    holders: Sequence[str | None],
    owners: Owners,
    catalogue: Catalogue,
    cap: int,
) -> tuple[list[RoleMasks], list[Turns]]:
    """Makes the table `decided`: every outcome but for who in the pod."""
    classes = classes_of((rule.when for rule in rules.rules), rules.fields, rules.lists)
    masks = [masks_of(role, rules.rules, classes, cap) for role in roles]
    turns = [turns_of(found, rules, owners, catalogue) for found in masks]
    schema = lay_accounts(con, tables.accounts, holders)
    columns = class_columns(con, rules, classes, schema)
    lay_masks(con, classes, masks)
    lay_turns(con, turns, owners)
    query = decided(columns, classes, masks, rules.rules, holders)
    # The joins stand in the right order already; DuckDB 2.0 would find a worse one.
    con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    con.execute(f"CREATE TABLE decided AS {query}")
    con.execute("RESET disabled_optimizers")
    return masks, turns


class _Written:
    """Turns `decided` into assignments batch by batch, counting on the way."""

    def __init__(self, catalogue: Catalogue, owners: Owners, ids: SortedIds) -> None:
        self._columns = catalogue.columns()
        self._owners = pa.array([owner.id for owner in owners.all], pa.string())
        self._ids = ids
        self.counts = np.zeros(len(catalogue.outcomes), np.int64)
        self.issues = 0

    def tables(self, con: duckdb.DuckDBPyConnection, placed: Sequence[Placed]) -> Iterator[pa.Table]:
        """Tables of `ASSIGNMENTS` in the order of `decided`."""
        first = 0
        for batch in batches(con, "SELECT * FROM decided", BATCH):
            if batch.num_rows:
                self._ids.check(batch.column("id"))
                self.issues += batch.num_rows - batch.column("issues").null_count
                yield self._table(batch, [found[first : first + batch.num_rows] for found in placed])
            first += batch.num_rows

    def _table(self, batch: pa.RecordBatch, placed: Sequence[Placed]) -> pa.Table:
        roles = range(len(placed))
        outcomes = _interleaved([batch.column(f"outcome_{role}").to_numpy() for role in roles])
        owners = _interleaved(
            [
                np.where(
                    placed[role] >= 0, placed[role], batch.column(f"owner_{role}").fill_null(-1).to_numpy()
                )
                for role in roles
            ]
        )
        self.counts += np.bincount(outcomes, minlength=len(self.counts))
        rows = pa.array(np.repeat(np.arange(batch.num_rows), len(placed)))
        found = {column: values.take(pa.array(outcomes)) for column, values in self._columns.items()}
        found["account_id"] = batch.column("id").take(rows)
        found["owner_id"] = self._owners.take(pa.array(owners, mask=owners < 0))
        found["data_issues"] = batch.column("issues").take(rows)
        return pa.table([found[column] for column in ASSIGNMENTS.names], schema=ASSIGNMENTS)


def _interleaved(columns: Sequence[Numbers]) -> Numbers:
    """The roles' values in turn, account by account."""
    return np.stack(columns, axis=1).reshape(-1)
