"""From a raw column of the accounts to the class of each value, in SQL.

Numbers, dates and booleans that are stored as such are compared in place. Everything else is normalised in
Python once per distinct value, into a small table of the values that are not simply `OTHER`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import pyarrow as pa

from rules.engine.candidates import candidates
from rules.engine.classes import MISSING, OTHER, FieldClasses, NamedClasses, OrderedClasses
from rules.engine.errors import AssignError
from rules.engine.relations import Database
from rules.engine.sql import literal, name, text
from rules.engine.thresholds import EPOCH
from rules.language.condition import Constant, FieldKind
from rules.language.fields import country_field
from rules.language.normalise import Normalised, Raw, normalise
from rules.language.record import meant
from rules.language.ruleset import RuleSet

BATCH = 50_000


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """How one field's class is computed in a query over `accounts`."""

    field: str
    expression: str
    """An integer, never null."""
    join: str = ""
    issue: str | None = None
    """Text, null where the value could be read."""


class Reader:
    """Normalises the values of one rule set's fields; remembers the countries it has read."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._missing = frozenset(rules.missing_values)
        self._timezone = ZoneInfo(rules.timezone)
        self._country = lru_cache(10_000)(self._read_country)

    def read(self, field: str, raw: Raw, place: Raw) -> Normalised:
        """The value in the form in which it is compared; `place` is the raw country it is read under."""
        kind = self._rules.fields[field]
        found = normalise(kind, raw, self._country(place), self._missing, self._timezone)
        return meant(self._rules, field, found)

    def _read_country(self, place: Raw) -> str | None:
        value = normalise(FieldKind.COUNTRY, place, None, self._missing).value
        return None if value is None else str(value)


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


def _column(schema: pa.Schema, field: str) -> pa.DataType:
    if field not in schema.names:
        raise AssignError(
            f"the accounts have no column {field!r}, which a rule uses; map the field in the config"
        )
    return schema.field(field).type


def _in_place(kind: FieldKind, field: str, stored: pa.DataType, timezone: str) -> str | None:
    """The value on the scale of the thresholds, None where it must be read from text."""
    column = name(field)
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
        issue = f"CASE WHEN isinf({value}) THEN {text(found.field)} || ' ''' || {value} || ''' is not a number' END"
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
    database: Database,
    found: FieldClasses,
    table: str,
    reader: Reader,
    rules: RuleSet,
    schema: pa.Schema,
) -> ClassColumn:
    under = None
    if found.kind in (FieldKind.STATE, FieldKind.POSTAL_CODE):
        under = country_field(found.field, rules.fields)
    place = f"coalesce({name(under)}, '')" if under in schema.names and under else "''"
    raw = name(found.field)
    is_text = pa.types.is_string(_column(schema, found.field)) or pa.types.is_large_string(
        _column(schema, found.field)
    )
    where = (
        candidates(database, found, raw, table, rules) if is_text and isinstance(found, NamedClasses) else ""
    )
    distinct = f"SELECT DISTINCT {raw} AS raw, {place} AS place FROM accounts WHERE {raw} IS NOT NULL{where}"
    unread = 0

    def special() -> Iterator[pa.Table]:
        nonlocal unread
        for batch in database.batches(distinct, BATCH):
            rows = _special(found, reader, batch)
            unread += rows.num_rows - rows.column("issue").null_count
            if rows.num_rows:
                yield rows

    database.fill(table, _special_schema(_column(schema, found.field)), special())
    return ClassColumn(
        found.field,
        # Of the two classes that are in no table, missing is 0 and OTHER is 1.
        f'coalesce({table}."class", CAST({raw} IS NOT NULL AS INTEGER))',
        f"LEFT JOIN {table} ON {table}.raw = {raw} AND {table}.place = {place}",
        f"{table}.issue" if unread else None,
    )


def _special_schema(stored: pa.DataType) -> pa.Schema:
    """Of what `_special` gives."""
    return pa.schema([("raw", stored), ("place", pa.string()), ("class", pa.int32()), ("issue", pa.string())])


def _special(found: FieldClasses, reader: Reader, batch: pa.RecordBatch) -> pa.Table:
    """The values of the batch that are of another class than OTHER, with what is wrong about them."""
    kept: list[tuple[int, int, str | None]] = []
    for row, (number, problem) in enumerate(_read(found, reader, batch)):
        if number != OTHER or problem:
            kept.append((row, number, problem))
    rows = batch.take(pa.array([row for row, _, _ in kept], pa.int64()))
    return pa.table(
        {
            "raw": rows.column("raw"),
            "place": rows.column("place"),
            "class": pa.array([number for _, number, _ in kept], pa.int32()),
            "issue": pa.array(
                [f"{found.field} {problem}" if problem else None for *_, problem in kept], pa.string()
            ),
        }
    )


def _read(found: FieldClasses, reader: Reader, batch: pa.RecordBatch) -> Iterator[tuple[int, str | None]]:
    for raw, place in zip(batch.column("raw").to_pylist(), batch.column("place").to_pylist(), strict=True):
        value = reader.read(found.field, raw, place or None)
        yield (MISSING if value.value is None else _class_of(found, value.value)), value.problem


def _class_of(found: FieldClasses, value: Constant) -> int:
    if isinstance(found, NamedClasses):
        return found.class_of(str(value))
    if isinstance(value, date):
        return found.class_of(value.toordinal() - EPOCH)
    assert isinstance(value, int | float)
    return found.class_of(value)
