"""From a raw column of the accounts to the class of each value, in SQL.

Numbers, dates and booleans that are stored as such are compared in place. Everything else is normalised in
Python once per distinct value, into a small table of the values that are not simply `OTHER`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from rules.engine.candidates import candidates, plain_value
from rules.engine.errors import AssignError
from rules.engine.masking.classes import MISSING, FieldClasses, NamedClasses, OrderedClasses
from rules.engine.reading import Reader, read_values
from rules.engine.relations import Database
from rules.engine.sql import literal, name, text
from rules.language.condition import FieldKind
from rules.language.fields import country_field
from rules.language.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """How one field's class is computed in a query over `accounts`."""

    field: str
    expression: str
    """An integer, never null."""
    join: str = ""
    issue: str | None = None
    """Text, null where the value could be read."""


def class_columns(
    database: Database, rules: RuleSet, classes: Mapping[str, FieldClasses], schema: pa.Schema
) -> tuple[ClassColumn, ...]:
    """One column per field; creates the tables that they join. `database` has a view `accounts` of this schema."""
    reader = Reader(rules)
    columns = []
    for number, (field, found) in enumerate(classes.items()):
        stored = _column(schema, field)
        if isinstance(found, OrderedClasses) and (
            value := _in_place(found.kind, field, stored, rules.timezone)
        ):
            columns.append(_compared(found, value, rules.missing_numbers.get(field, ())))
        else:
            columns.append(_looked_up(database, found, f"values_{number}", reader, rules, schema))
    return tuple(columns)


def is_in_place(found: FieldClasses, rules: RuleSet, schema: pa.Schema) -> bool:
    """Whether the class is had by comparing the stored value, without looking at distinct ones first."""
    stored = _column(schema, found.field)
    return (
        isinstance(found, OrderedClasses)
        and _in_place(found.kind, found.field, stored, rules.timezone) is not None
    )


def _column(schema: pa.Schema, field: str) -> pa.DataType:
    if field not in schema.names:
        raise AssignError(
            f"the accounts have no column {field!r}, which a rule uses; map the field in the config"
        )
    return schema.field(field).type


def _in_place(kind: FieldKind, field: str, stored: pa.DataType, timezone: str) -> str | None:
    """The value on the scale of the thresholds, None where it must be read from text."""
    column = _of_accounts(field)
    if kind is FieldKind.INTEGER and pa.types.is_integer(stored):
        return column
    if kind is FieldKind.NUMBER and (
        pa.types.is_integer(stored) or pa.types.is_floating(stored) or pa.types.is_decimal(stored)
    ):
        return f"CAST({column} AS DOUBLE)"
    if kind is FieldKind.BOOLEAN and pa.types.is_boolean(stored):
        return f"CAST({column} AS TINYINT)"
    if kind is FieldKind.DATE and pa.types.is_date(stored):
        return f"(CAST({column} AS DATE) - DATE '1970-01-01')"
    if kind is FieldKind.DATE and pa.types.is_timestamp(stored):
        local = f"timezone({text(timezone)}, {column})" if stored.tz else column
        return f"(CAST({local} AS DATE) - DATE '1970-01-01')"
    return None


def _compared(found: OrderedClasses, value: str, missing: Sequence[float]) -> ClassColumn:
    present, issue = f"{value} IS NOT NULL", None
    if found.kind is FieldKind.NUMBER:
        present = f"isfinite({value})"
        # Spelled out, as engines differ in what they call it.
        signs = [text(f"{found.field} '{sign}inf' is not a number") for sign in ("", "-")]
        infinite = f"CASE WHEN {value} > 0 THEN {signs[0]} ELSE {signs[1]} END"
        issue = f"CASE WHEN isinf({value}) THEN {infinite} END"
    if missing and found.kind is not FieldKind.DATE:
        present += f" AND {value} NOT IN ({', '.join(literal(float(number)) for number in missing)})"
    tree = _search(value, found.thresholds, 0, len(found.thresholds))
    return ClassColumn(found.field, f"CASE WHEN {present} THEN {tree} ELSE {MISSING} END", issue=issue)


def _search(value: str, thresholds: Sequence[int | float], first: int, end: int) -> str:
    """Binary search as nested CASE: as many comparisons as the logarithm of the thresholds."""
    if first == end:
        return str(1 + first)
    middle = (first + end) // 2
    upper = _search(value, thresholds, middle + 1, end)
    lower = _search(value, thresholds, first, middle)
    return f"CASE WHEN {value} >= {literal(thresholds[middle])} THEN {upper} ELSE {lower} END"


def _looked_up(
    database: Database, found: FieldClasses, table: str, reader: Reader, rules: RuleSet, schema: pa.Schema
) -> ClassColumn:
    stored, raw = _column(schema, found.field), _of_accounts(found.field)
    place = _place(found, rules, schema)
    distinct = (
        f"SELECT DISTINCT {raw} AS raw, {place or text('')} AS place FROM accounts WHERE {raw} IS NOT NULL"
    )
    if isinstance(found, NamedClasses) and (pa.types.is_string(stored) or pa.types.is_large_string(stored)):
        odd = candidates(database, found, raw, table, rules)
        if odd:
            plain = plain_value(found.kind, raw, rules.missing_values)
            several = f"SELECT {raw} AS raw, {plain} AS plain FROM accounts WHERE {raw} IS NOT NULL"
            distinct = f"SELECT DISTINCT raw, '' AS place FROM ({several}) AS several WHERE {odd}"
    unread = read_values(database, found, reader, table, stored, distinct)
    beside = f" AND {table}.place = {place}" if place else ""
    return ClassColumn(
        found.field,
        # Of the two classes that are in no table, missing is 0 and OTHER is 1.
        f'coalesce({table}."class", CAST({raw} IS NOT NULL AS INTEGER))',
        f"LEFT JOIN {table} ON {table}.raw = {raw}{beside}",
        f"{table}.issue" if unread else None,
    )


def _place(found: FieldClasses, rules: RuleSet, schema: pa.Schema) -> str:
    """The raw country that values of the field are read under; "" where they need none, or there is none."""
    if found.kind not in (FieldKind.STATE, FieldKind.POSTAL_CODE):
        return ""
    under = country_field(found.field, rules.fields)
    return f"coalesce({_of_accounts(under)}, '')" if under in schema.names and under else ""


def _of_accounts(field: str) -> str:
    """The accounts' own column, whatever columns stand beside it."""
    return f"accounts.{name(field)}"
