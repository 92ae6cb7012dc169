"""The KPI table of accounts as one query: workload and touches side by side."""

from __future__ import annotations

from datetime import date

import duckdb

from rules.language.ruleset import RuleSet
from rules.measure import sql
from rules.measure.columns import Accounts, normalised
from rules.measure.conditions import fields_of
from rules.measure.touches import LONG, SHORT, TYPES
from rules.measure.workload import conditions, hours_expression, tier_expression

COUNTS = tuple(f"touches_{days}d" for days in (SHORT, LONG)) + tuple(
    f"{kind}s_{days}d" for days in (SHORT, LONG) for kind in TYPES
)
"""The count columns, in the order of the table."""


def account_query(
    connection: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    accounts: Accounts,
    touched: str | None,
    as_of: date,
) -> str:
    """Rows of rules.tables.ACCOUNT_KPIS, sorted by id; `touched` is None where no activities are read."""
    work = workload_query(connection, rules, accounts)
    if touched is None:
        counts = ", ".join(f"NULL AS {name}" for name in COUNTS)
        rest = "NULL AS last_touch, NULL AS days_since_touch, NULL AS covered"
        return f"SELECT id AS account_id, tier, workload_hours, {counts}, {rest} FROM ({work}) ORDER BY id"
    counts = ", ".join(f"coalesce(t.{name}, 0) AS {name}" for name in COUNTS)
    return f"""
        SELECT w.id AS account_id, w.tier, w.workload_hours, {counts}, t.last_touch,
               DATE '{as_of.isoformat()}' - t.last_touch AS days_since_touch,
               coalesce(t.touches_{LONG}d, 0) >= 1 AS covered
        FROM ({work}) w LEFT JOIN ({touched}) t ON t.account_id = w.id ORDER BY w.id"""


def workload_query(connection: duckdb.DuckDBPyConnection, rules: RuleSet, accounts: Accounts) -> str:
    """(id, tier, workload_hours) of every live account; unknown throughout where no workload is declared."""
    workload = rules.workload
    if workload is None:
        return f"SELECT id, NULL AS tier, NULL AS workload_hours FROM ({accounts.relation})"
    asked = frozenset[str]().union(*map(fields_of, conditions(rules, workload)))
    values = normalised(connection, rules, accounts, asked)
    tiered = f"SELECT *, {tier_expression(rules, workload)} AS {sql.name(TIER)} FROM ({values})"
    hours = hours_expression(rules, workload, sql.name(TIER))
    return f"SELECT id, {sql.name(TIER)} AS tier, {hours} AS workload_hours FROM ({tiered})"


TIER = " tier"
"""No account field can bear this name."""
