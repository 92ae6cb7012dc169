"""What an account's family comes to: everybody with the same ultimate parent, the account among them."""

from __future__ import annotations

from collections.abc import Sequence

from rules.engine.derived.cells import Cell, cell, finite, type_of
from rules.engine.derived.measures import measured
from rules.engine.relations import Database
from rules.engine.sql import name
from rules.language.derived import Measure, OfFamily

FACTS = "family_facts"
MEMBERS = (
    "SELECT id, root FROM roots WHERE NOT broken UNION SELECT root AS id, root FROM roots WHERE NOT broken"
)
"""Accounts of families with more than one member, or that would have more were the parent known."""


def lay_family_facts(database: Database, facts: Sequence[OfFamily], source: str) -> None:
    """Makes `family_facts`: root and a column by the name of each fact; `roots` is there (`rules.engine.family`).

    `source` is the query of all accounts with the cells that the facts are of.
    """
    columns = ", ".join(f"{_fact(fact)} AS {name(fact.name)}" for fact in facts)
    members = f"({source}) AS accounts JOIN ({MEMBERS}) AS members ON members.id = accounts.id"
    database.keep(FACTS, f"SELECT members.root AS root, {columns} FROM {members} GROUP BY members.root")


def family_cell(fact: OfFamily) -> Cell:
    """The account's cell; missing where the family is broken, and its own value where it stands alone."""
    together = f"CASE WHEN {FACTS}.root IS NOT NULL THEN {FACTS}.{name(fact.name)} ELSE {_alone(fact)} END"
    if fact.measure is Measure.SUM:
        together = finite(f"({together})")
    join = (
        "LEFT JOIN roots AS family_root ON family_root.id = accounts.id "
        f"LEFT JOIN {FACTS} ON {FACTS}.root = coalesce(family_root.root, accounts.id)"
    )
    value = f"CASE WHEN NOT coalesce(family_root.broken, FALSE) THEN {together} END"
    return Cell(fact.name, f"TRY_CAST({value} AS {type_of(fact.kind)})", join, "family_root.issue")


def _fact(fact: OfFamily) -> str:
    holds = "members.id = members.root" if fact.measure is Measure.TOP else "TRUE"
    return measured(fact.measure, None if fact.field is None else cell(fact.field), holds)


def _alone(fact: OfFamily) -> str:
    """The measure of one account."""
    own = None if fact.field is None else cell(fact.field)
    match fact.measure:
        case Measure.ANY:
            return f"coalesce({own}, FALSE)" if own else "TRUE"
        case Measure.COUNT:
            return f"CASE WHEN {own} IS NULL THEN 0 ELSE 1 END" if own else "1"
        case Measure.SUM:
            return f"CAST({own} AS DOUBLE)"
    return str(own)
