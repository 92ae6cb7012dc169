"""The KPI table of accounts as one query: workload and touches side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa

from rules.engine.derived.asked import plain_fields, rewritten
from rules.engine.derived.needed import Needed, needed_for
from rules.engine.derived.prepared import Prepared, prepare
from rules.engine.derived.ready import class_columns_over
from rules.engine.lay import lay_families
from rules.engine.masking.boxes import Question
from rules.engine.masking.classes import classes_of
from rules.engine.matching import answer
from rules.engine.memory import lay_memory
from rules.engine.relations import DuckDatabase
from rules.language.condition import Condition
from rules.language.ruleset import RuleSet
from rules.measure.touches import LONG, SHORT, TYPES
from rules.measure.workload import conditions, hours_expression, tier_expression
from rules.tables import Tables

COUNTS = tuple(f"touches_{days}d" for days in (SHORT, LONG)) + tuple(
    f"{kind}s_{days}d" for days in (SHORT, LONG) for kind in TYPES
)
"""The count columns, in the order of the table."""


def account_query(
    database: DuckDatabase,
    rules: RuleSet,
    tables: Tables,
    schema: pa.Schema,
    touched: str | None,
    as_of: date,
) -> str:
    """Rows of rules.tables.ACCOUNT_KPIS, sorted by id; `touched` is None where no activities are read.

    The database has a view `accounts` of this schema.
    """
    work = workload_query(database, rules, tables, schema)
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


def workload_query(database: DuckDatabase, rules: RuleSet, tables: Tables, schema: pa.Schema) -> str:
    """(id, tier, workload_hours) of every live account; unknown throughout where no workload is declared.

    The workload's conditions are answered by the engine's own classes of normalised values, so that a tier
    and a rule never read one value differently.
    """
    workload = rules.workload
    if workload is None:
        return "SELECT id, NULL AS tier, NULL AS workload_hours FROM accounts"
    asking = conditions(rules, workload)
    plain = replace(rules, fields=plain_fields(asking, rules))
    rephrased = [rewritten(condition, rules.fields) for condition in asking]
    classes = classes_of(rephrased, plain.fields, plain.lists)
    prepared = _prepared(database, rules, needed_for(asking, rules), tables, schema)
    columns = class_columns_over(database, plain, classes, prepared, schema)
    numbers = {field: f"c{number}" for number, field in enumerate(columns)}

    def holds(condition: Condition) -> str:
        return answer(rewritten(condition, rules.fields), TRUE, numbers, classes)

    taken = [f"{column.expression} AS {numbers[field]}" for field, column in columns.items()]
    joins = " ".join(column.join for column in columns.values())
    classed = f"SELECT {', '.join(['accounts.id AS id', *taken])} FROM {prepared.source} AS accounts {joins}"
    tiered = f"SELECT *, {tier_expression(rules, workload, holds)} AS tier FROM ({classed})"
    return f"SELECT id, tier, {hours_expression(workload, 'tier', holds)} AS workload_hours FROM ({tiered})"


def _prepared(
    database: DuckDatabase, rules: RuleSet, needed: Needed, tables: Tables, schema: pa.Schema
) -> Prepared:
    """The accounts with the derived fields that the workload uses, as they were assigned by."""
    lay_memory(database, tables.memory)
    if needed.families:
        lay_families(database, rules.family, rules.missing_values, schema)
    return prepare(database, rules, needed, tables, schema)


TRUE = Question(holds=True, leniently=False)
