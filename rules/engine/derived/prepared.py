"""The relation that classes are taken from: accounts, and beside them the cells of everything worked out.

Each step selects from the one before, so that the whole is one query that streams: raw values, amounts in one
currency, facts of opportunities, facts of families, then bands and expressions layer by layer, then patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from rules.engine.derived.bands import banded, last_band, last_table, memory_key
from rules.engine.derived.cells import Cell, cell, issue, selected
from rules.engine.derived.expressions import computed
from rules.engine.derived.families import family_cell, lay_family_facts
from rules.engine.derived.money import amount_of, exchanged, lay_rates
from rules.engine.derived.needed import Needed, conditions_of
from rules.engine.derived.opportunities import fact_cell, lay_opportunity_facts
from rules.engine.derived.truth import lay_lists, list_joins, truth
from rules.engine.derived.values import Values
from rules.engine.errors import AssignError
from rules.engine.gates import FOLLOWS
from rules.engine.masking.classes import FieldClasses
from rules.engine.memory import remembered
from rules.engine.relations import Database
from rules.engine.sql import text
from rules.language.condition import FieldKind
from rules.language.derived import Banded, Computed
from rules.language.ruleset import Money, RuleSet
from rules.tables import Tables

PREPARED = "prepared"
BANDS = "bands_tonight"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The relation's name, and what of it is used."""

    source: str
    """`prepared`, or `accounts` where nothing had to be worked out."""
    ready: frozenset[str]
    """Fields that have a cell in it and are not read from a raw column again."""
    issues: Mapping[str, str]
    """Column of the issues by field: of fields that were read on the way."""
    of_families: frozenset[str]
    """Those of the fields that are facts of families, whose issues rules that follow tell too."""

    def issues_beside(self, classes: Mapping[str, FieldClasses]) -> list[str]:
        """The columns of issues that do not come with a class, each once."""
        told = {field for field in classes if field not in self.ready}
        families = sorted(self.of_families & set(self.issues))[:1] if FOLLOWS not in told else []
        read = [field for field in self.issues if field not in told and field not in self.of_families]
        return [self.issues[field] for field in (*read, *families)]


def prepare(
    database: Database, rules: RuleSet, needed: Needed, tables: Tables, schema: pa.Schema
) -> Prepared:
    """Makes `prepared`, a view over `accounts`; `rules` are those of the day.

    `memory` is there where a band remembers, `roots` where a family is asked for. Raises AssignError where
    the tables lack what a derived field needs.
    """
    step = _Steps(database, rules, schema)
    step.read(needed)
    step.exchange(needed)
    step.facts(needed, tables)
    for layer in needed.layers:
        step.layer(layer)
    step.add([Cell(found.name, truth(found.test, step.kinds)) for found in needed.patterns])
    if step.is_empty:
        return Prepared("accounts", frozenset(), {}, frozenset())
    database.view(PREPARED, step.source)
    families = frozenset(fact.name for fact in needed.families)
    return Prepared(PREPARED, frozenset(step.made) - step.only_read, step.issues, families)


def lay_bands(database: Database, needed: Needed) -> None:
    """Makes `bands_tonight` (account_id, key, value, since) where the next night must know some; after `prepare`."""
    bands = _remembering(needed)
    if bands:
        database.keep(BANDS, " UNION ALL ".join(_tonight(found) for found in bands))


def band_memory(needed: Needed) -> list[str]:
    """Queries for `rules.engine.memory.write_memory`, over what `lay_bands` made."""
    return [f"SELECT * FROM {BANDS}"] if _remembering(needed) else []


def _remembering(needed: Needed) -> list[Banded]:
    return [found for found in needed.computed if isinstance(found, Banded) and found.remembers]


def _tonight(found: Banded) -> str:
    known = f"{PREPARED} WHERE {cell(found.name)} IS NOT NULL"
    return remembered(text(memory_key(found)), cell(found.name), "NULL", known)


class _Steps:
    """The query so far, and which cells it has."""

    def __init__(self, database: Database, rules: RuleSet, schema: pa.Schema) -> None:
        self.source = "SELECT * FROM accounts"
        self.made: list[str] = []
        self.issues: dict[str, str] = {}
        self.only_read: frozenset[str] = frozenset()
        amounts = dict.fromkeys(rules.money.fields if rules.money else (), FieldKind.NUMBER)
        self.kinds = {**rules.fields, **amounts}
        self._database, self._rules, self._schema = database, rules, schema
        self._lists: set[str] = set()

    @property
    def is_empty(self) -> bool:
        """Nothing was worked out."""
        return not self.made

    def add(self, cells: Sequence[Cell]) -> None:
        """One more step."""
        self.source = selected(self.source, list(cells))
        self.made += [found.field for found in cells]
        self.issues |= {found.field: issue(found.field) for found in cells if found.issue}

    def read(self, needed: Needed) -> None:
        """Raw columns, amounts under a name of their own."""
        money, amounts = self._rules.money, self._amounts(needed)
        values = Values(self._database, _reading(self._rules), self._schema)
        fields = sorted({*needed.read, money.currency_field}) if money and amounts else needed.read
        cells = [
            replace(f, field=amount_of(f.field)) if f.field in amounts else f for f in values.cells(fields)
        ]
        for field, asked in needed.items.items():
            if field in self._rules.derived:
                raise AssignError(
                    f"the derived field {field!r} holds several texts; test the field it comes from"
                )
            cells += values.answers(field, asked)
        self.add(cells)
        self.only_read = frozenset(fields) - frozenset(amounts)

    def exchange(self, needed: Needed) -> None:
        """Amounts in the rule set's currency."""
        money, amounts = self._rules.money, self._amounts(needed)
        if money and (amounts or needed.opportunities):
            lay_rates(self._database, money)
            self.add([exchanged(field, cell(money.currency_field), money) for field in amounts])

    def facts(self, needed: Needed, tables: Tables) -> None:
        """What opportunities and families come to."""
        if needed.opportunities:
            lay_opportunity_facts(
                self._database, self._rules, needed.opportunities, tables.opportunities, self._lists
            )
            self.add([fact_cell(fact) for fact in needed.opportunities])
        if needed.families:
            lay_family_facts(self._database, needed.families, self.source)
            self.add([family_cell(fact) for fact in needed.families])

    def layer(self, layer: Sequence[Banded | Computed]) -> None:
        """Bands and expressions that use nothing of each other."""
        conditions = [condition for found in layer for condition in conditions_of(found)]
        lay_lists(self._database, conditions, self._rules.lists, self._lists)
        joins = [list_joins(conditions, self.kinds)]
        for found in layer:
            if isinstance(found, Banded) and found.remembers:
                last = last_table(found)
                joins.append(f"LEFT JOIN ({last_band(found)}) AS {last} ON {last}.account_id = accounts.id")
        first, *others = [Cell(found.name, self._worked_out(found)) for found in layer]
        self.add([replace(first, join=" ".join(joins)), *others])

    def _worked_out(self, found: Banded | Computed) -> str:
        return banded(found) if isinstance(found, Banded) else computed(found, self.kinds)

    def _amounts(self, needed: Needed) -> list[str]:
        money: Money | None = self._rules.money
        return [field for field in needed.read if money and field in money.fields]


def _reading(rules: RuleSet) -> RuleSet:
    """As values are read: the currency is a text that has no synonyms."""
    if rules.money is None:
        return rules
    currency = rules.money.currency_field
    synonyms = {field: words for field, words in rules.synonyms.items() if field != currency}
    return replace(rules, fields={**rules.fields, currency: FieldKind.TEXT}, synonyms=synonyms)
