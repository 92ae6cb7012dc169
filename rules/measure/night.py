"""One measuring of one plan: accounts, assignments and activities in, three KPI tables and a summary out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from rules.engine.lay import lay_accounts
from rules.engine.pods.owners import read_owners
from rules.engine.relations import DuckDatabase
from rules.language.ruleset import RuleSet
from rules.language.today import on_day
from rules.measure import sql
from rules.measure.account_table import account_query
from rules.measure.files import write_batches, write_query
from rules.measure.reps import plan_capacity
from rules.measure.rollup import Sources, roll_up
from rules.measure.summary import MeasureSummary
from rules.measure.summing import Summing
from rules.measure.tables_made import Touches, rep_rows, territory_rows
from rules.measure.touches import UNDECLARED, Counting, counting, per_account, per_rep
from rules.tables import ACCOUNT_KPIS, REP_KPIS, TERRITORY_KPIS, Tables

ACCOUNTS_FILE = "account_kpis.parquet"
REPS_FILE = "rep_kpis.parquet"
TERRITORIES_FILE = "territory_kpis.parquet"


def measure(
    rules: RuleSet,
    tables: Tables,
    assignments: Path,
    into: Path,
    as_of: date,
    *,
    owner_role: str | None = None,
    memory_limit: str = "1GB",
    threads: int | None = None,
) -> MeasureSummary:
    """Write account_kpis, rep_kpis and territory_kpis.parquet into a folder, and sum up the plan.

    The files have the schemas of rules.tables and are byte-identical for equal input whatever its row order.
    Windows are whole days of the rule set's time zone that end with `as_of`; a number whose inputs are
    missing is null, never 0. `owner_role` is the role whose assignment is the account's owner, the first of
    `rules.roles` by default. Memory stays under `memory_limit`
    (what does not fit goes to disk inside `into`) plus some tens of MB. Raises duckdb.Error where a file
    cannot be read; then no file of this call is left half written.
    """
    rules = on_day(rules, as_of)
    role = owner_role or rules.roles[0]
    into.mkdir(parents=True, exist_ok=True)
    with opened(into, memory_limit, threads) as connection:
        schema = lay_accounts(DuckDatabase(connection), tables.accounts, ["owner_id"])
        touches = write_accounts(connection, rules, tables, schema, into, as_of)
        loads = roll_up(connection, sources(rules, schema, assignments, into), role)
    reps = plan_capacity(rules, role, read_owners(tables.owners, rules.reps, as_of), as_of)
    workload = rules.workload
    rows = rep_rows(loads, reps, workload.hours_per_rep if workload else None, touches)
    write_batches(pa.Table.from_pylist(rows, REP_KPIS).to_batches(), REP_KPIS, into / REPS_FILE)
    places = pa.Table.from_pylist(territory_rows(loads), TERRITORY_KPIS)
    write_batches(places.to_batches(), TERRITORY_KPIS, into / TERRITORIES_FILE)
    return Summing(rules, role, loads, reps, touches, as_of).summary()


@contextmanager
def opened(into: Path, memory_limit: str, threads: int | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into a folder of its own, and leaves nothing behind."""
    with TemporaryDirectory(dir=into, prefix=".spill-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": spill,
        }
        if threads is not None:
            config["threads"] = threads
        with duckdb.connect(":memory:", config=config) as connection:
            # Every query says its own order; keeping the input's would hold whole files in memory.
            connection.execute("SET preserve_insertion_order = false")
            yield connection


def write_accounts(
    connection: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    tables: Tables,
    schema: pa.Schema,
    into: Path,
    as_of: date,
) -> Touches | None:
    """Write the account table; the answer is each rep's touches, None where no activities are read."""
    counts = counting(rules.workload or UNDECLARED, as_of, rules.timezone)
    read = has_rows(connection, tables.activities)
    touched = per_account(tables.activities, counts) if read else None
    query = account_query(DuckDatabase(connection), rules, tables, schema, touched, as_of)
    write_query(connection, query, ACCOUNT_KPIS, into / ACCOUNTS_FILE)
    return rep_touches(connection, tables.activities, counts) if read else None


def has_rows(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Whether anything was read into this table at all."""
    return bool(connection.execute(f"SELECT 1 FROM {sql.parquet(file)} LIMIT 1").fetchall())


def rep_touches(connection: duckdb.DuckDBPyConnection, activities: Path, counts: Counting) -> Touches:
    """Distinct touches in 30 and 90 days by owner; those of nobody under ""."""
    rows = connection.execute(per_rep(activities, counts)).fetchall()
    return {owner or "": (recent, touches) for owner, recent, touches in rows}


def sources(rules: RuleSet, schema: pa.Schema, assignments: Path, into: Path) -> Sources:
    """What is rolled up; a potential field that the snapshot has not is unknown throughout."""
    field = (rules.workload or UNDECLARED).potential_field
    return Sources(
        assignments=assignments,
        account_kpis=into / ACCOUNTS_FILE,
        potential=f"CAST(a.{sql.name(field)} AS DOUBLE)" if field in schema.names else "NULL::DOUBLE",
        currency="a.currency" if "currency" in schema.names else "NULL::VARCHAR",
    )
