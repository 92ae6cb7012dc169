"""What an account's opportunities come to, as one relation of facts by account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.derived.cells import Cell, cell, finite, selected, type_of
from rules.engine.derived.measures import measured
from rules.engine.derived.money import amount_of, exchanged
from rules.engine.derived.truth import lay_lists, list_joins, truth
from rules.engine.derived.values import Values
from rules.engine.errors import AssignError
from rules.engine.masking.classes import tests_in
from rules.engine.relations import Database
from rules.engine.sql import name
from rules.language.derived import OPPORTUNITY_FIELDS, Measure, OfOpportunities
from rules.language.ruleset import RuleSet

FACTS = "opportunity_facts"


def lay_opportunity_facts(
    database: Database, rules: RuleSet, facts: Sequence[OfOpportunities], file: Path, laid: set[str]
) -> None:
    """Makes `opportunity_facts`: account_id and a column by the name of each fact, for accounts that have some.

    Deleted opportunities and those of no account are left out. Amounts are in the rule set's currency where
    it has one. Raises AssignError where there is no such file or column.
    """
    schema = _lay_opportunities(database, file)
    own = replace(rules, fields=OPPORTUNITY_FIELDS, missing_numbers={}, synonyms={}, derived={})
    conditions = [fact.where for fact in facts]
    lay_lists(database, conditions, rules.lists, laid)
    source = _valued(database, own, sorted(_fields(facts)), schema)
    joins = list_joins(conditions, OPPORTUNITY_FIELDS)
    columns = ", ".join(f"{_fact(fact)} AS {name(fact.name)}" for fact in facts)
    query = f"SELECT account_id, {columns} FROM ({source}) AS accounts {joins} GROUP BY account_id"
    database.keep(FACTS, query)


def fact_cell(fact: OfOpportunities) -> Cell:
    """The account's cell: an account without opportunities has none of them, which is no missing count."""
    found = f"{FACTS}.{name(fact.name)}"
    empty = {Measure.ANY: "FALSE", Measure.COUNT: "0"}.get(fact.measure)
    value = f"coalesce({found}, {empty})" if empty else found
    if fact.measure is Measure.SUM:
        value = finite(value)
    join = f"LEFT JOIN {FACTS} ON {FACTS}.account_id = accounts.id"
    return Cell(fact.name, f"TRY_CAST({value} AS {type_of(fact.kind)})", join)


def _lay_opportunities(database: Database, file: Path) -> pa.Schema:
    if not file.exists():
        raise AssignError(f"{file} is not there, which a derived field needs; pull the opportunities")
    schema = pq.read_schema(file)
    if "account_id" not in schema.names:
        raise AssignError(f"{file} has no column 'account_id'; pull the opportunities again")
    living = " AND NOT coalesce(deleted, FALSE)" if "deleted" in schema.names else ""
    database.parquet("opportunities", file, where=f"account_id IS NOT NULL{living}")
    return schema


def _fields(facts: Sequence[OfOpportunities]) -> Iterator[str]:
    used = {test.field for fact in facts for test in tests_in(fact.where)}
    yield from used | {fact.field for fact in facts if fact.field is not None}


def _valued(database: Database, rules: RuleSet, fields: Sequence[str], schema: pa.Schema) -> str:
    """The query of the opportunities with the cells of the fields; amounts exchanged where there is money."""
    values = Values(database, rules, schema, "opportunities")
    money = rules.money if "amount" in fields else None
    needed = sorted({*fields, "currency"}) if money else list(fields)
    cells = values.cells(needed)
    if money is None:
        return selected("SELECT * FROM opportunities", cells)
    own = [replace(found, field=amount_of("amount")) if found.field == "amount" else found for found in cells]
    return selected(
        selected("SELECT * FROM opportunities", own), [exchanged("amount", cell("currency"), money)]
    )


def _fact(fact: OfOpportunities) -> str:
    holds = truth(fact.where, OPPORTUNITY_FIELDS)
    return measured(fact.measure, None if fact.field is None else cell(fact.field), holds)
