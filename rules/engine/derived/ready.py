"""From a cell to the class of its value: it is normalised already, so the rules alone say which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from rules.engine.columns import ClassColumn, class_columns
from rules.engine.derived.cells import cell, on_scale
from rules.engine.derived.prepared import Prepared
from rules.engine.masking.classes import MISSING, OTHER, FieldClasses, NamedClasses, OrderedClasses
from rules.engine.relations import Database
from rules.engine.sql import literal
from rules.language.ruleset import RuleSet


def class_columns_over(
    database: Database,
    rules: RuleSet,
    classes: Mapping[str, FieldClasses],
    prepared: Prepared,
    schema: pa.Schema,
) -> dict[str, ClassColumn]:
    """One column per field, over `prepared.source`: from cells where there are, else from raw columns.

    `rules` have the kinds of `rules.engine.derived.asked.plain_fields`, and `schema` is that of `accounts`.
    """
    found = ready_columns(database, {field: c for field, c in classes.items() if field in prepared.ready})
    read = {field: c for field, c in classes.items() if field not in found}
    found |= {column.field: column for column in class_columns(database, rules, read, schema)}
    return {field: found[field] for field in classes}


def ready_columns(database: Database, classes: Mapping[str, FieldClasses]) -> dict[str, ClassColumn]:
    """One column per field, over a relation with the cells of all; creates the tables that they join."""
    return {
        field: _ordered(found)
        if isinstance(found, OrderedClasses)
        else _named(database, found, f"ready_{number}")
        for number, (field, found) in enumerate(classes.items())
    }


def _ordered(found: OrderedClasses) -> ClassColumn:
    value = on_scale(found.kind, cell(found.field))
    tree = _search(value, found.thresholds, 0, len(found.thresholds))
    known = f"{cell(found.field)} IS NOT NULL"
    return ClassColumn(found.field, f"CASE WHEN {known} THEN {tree} ELSE {MISSING} END")


def _search(value: str, thresholds: Sequence[int | float], first: int, end: int) -> str:
    """Binary search as nested CASE."""
    if first == end:
        return str(1 + first)
    middle = (first + end) // 2
    upper = _search(value, thresholds, middle + 1, end)
    lower = _search(value, thresholds, first, middle)
    return f"CASE WHEN {value} >= {literal(thresholds[middle])} THEN {upper} ELSE {lower} END"


def _named(database: Database, found: NamedClasses, table: str) -> ClassColumn:
    """The class of the exact value, else that of its longest prefix."""
    value, tables = cell(found.field), [(f"{table}_exact", cell(found.field), found.exact)]
    for length in found.lengths:
        prefixes = {prefix: number for prefix, number in found.prefixes.items() if len(prefix) == length}
        tables.append((f"{table}_{length}", f"left({value}, {length})", prefixes))
    for name, _, rows in tables:
        numbers = pa.array(rows.values(), pa.int32())
        database.store(name, pa.table({"value": pa.array(rows, pa.string()), "class": numbers}))
    tried = ", ".join(f'{name}."class"' for name, *_ in tables)
    joins = " ".join(f"LEFT JOIN {name} ON {name}.value = {compared}" for name, compared, _ in tables)
    number = f"CASE WHEN {value} IS NULL THEN {MISSING} ELSE coalesce({tried}, {OTHER}) END"
    return ClassColumn(found.field, number, joins)
