"""The KPI table of accounts as one query: workload and touches side by side."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from rules.engine.boxes import Question
from rules.engine.classes import classes_of
from rules.engine.columns import class_columns
from rules.engine.matching import answer
from rules.engine.relations import DuckDatabase
from rules.language.condition import Condition
from rules.language.ruleset import RuleSet
from rules.measure.touches import LONG, SHORT, TYPES
from rules.measure.workload import conditions, hours_expression, tier_expression

COUNTS = tuple(f"touches_{days}d" for days in (SHORT, LONG)) + tuple(
    f"{kind}s_{days}d" for days in (SHORT, LONG) for kind in TYPES
)
"""The count columns, in the order of the table."""


def account_query(
    connection: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    schema: pa.Schema,
    touched: str | None,
    as_of: date,
) -> str:
    """Rows of rules.tables.ACCOUNT_KPIS, sorted by id; `touched` is None where no activities are read.

    The connection has a view `accounts` of this schema.
    """
    work = workload_query(connection, rules, schema)
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


def workload_query(connection: duckdb.DuckDBPyConnection, rules: RuleSet, schema: pa.Schema) -> str:
    """(id, tier, workload_hours) of every live account; unknown throughout where no workload is declared.

    The workload's conditions are answered by the engine's own classes of normalised values, so that a tier
    and a rule never read one value differently.
    """
    workload = rules.workload
    if workload is None:
        return "SELECT id, NULL AS tier, NULL AS workload_hours FROM accounts"
    classes = classes_of(conditions(rules, workload), rules.fields, rules.lists)
    columns = class_columns(DuckDatabase(connection), rules, classes, schema)
    numbers = {column.field: f"c{number}" for number, column in enumerate(columns)}

    def holds(condition: Condition) -> str:
        return answer(condition, TRUE, numbers, classes)

    taken = ", ".join(["id", *(f"{column.expression} AS {numbers[column.field]}" for column in columns)])
    classed = f"SELECT {taken} FROM accounts {' '.join(column.join for column in columns)}"
    tiered = f"SELECT *, {tier_expression(rules, workload, holds)} AS tier FROM ({classed})"
    return f"SELECT id, tier, {hours_expression(workload, 'tier', holds)} AS workload_hours FROM ({tiered})"


TRUE = Question(holds=True, leniently=False)
