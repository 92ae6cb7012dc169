"""Raw columns to cells: in place where they are stored as what they are, else read once per distinct value.

Text that is plain is folded by the database; only odd spellings, synonyms and what means "nothing" go through
`rules.language.values.normalise`, into a small table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from rules.engine.candidates import plain_value
from rules.engine.derived.asked import Asked
from rules.engine.derived.cells import Cell, finite
from rules.engine.errors import AssignError
from rules.engine.reading import BATCH, Reader
from rules.engine.relations import Database
from rules.engine.sql import literal, name, text
from rules.evaluate import test
from rules.language.condition import Constant, FieldKind, IsMissing
from rules.language.fields import country_field
from rules.language.record import several
from rules.language.ruleset import RuleSet
from rules.language.values.domains import FREE_MAIL
from rules.language.values.normalise import Normalised

ARROW = {
    FieldKind.INTEGER: pa.int64(),
    FieldKind.NUMBER: pa.float64(),
    FieldKind.BOOLEAN: pa.bool_(),
    FieldKind.DATE: pa.date32(),
}
NEVER_UNREADABLE = (FieldKind.TEXT, FieldKind.ID)
UNDER_COUNTRY = (FieldKind.STATE, FieldKind.POSTAL_CODE)


class Values:
    """Makes cells of one relation's raw columns; `prefix` keeps its tables apart from those of others."""

    def __init__(
        self,
        database: Database,
        rules: RuleSet,
        schema: pa.Schema,
        source: str = "accounts",
        prefix: str = "",
    ) -> None:
        self._database = database
        self._rules = rules
        self._schema = schema
        self._source = source
        self._prefix = prefix or source
        self._reader = Reader(rules)
        self._tables = 0

    def cells(self, fields: Sequence[str]) -> list[Cell]:
        """A cell for each field of the rule set that is read from the CRM."""
        return [self._cell(field) for field in fields]

    def answers(self, field: str, asked: Sequence[Asked]) -> list[Cell]:
        """A cell for each test of a field that holds several texts."""
        types = [(found.name, pa.bool_()) for found in asked]

        def answered(found: Normalised) -> list[Any]:
            items = several(found.value, FieldKind.MULTI_SELECT)
            return [_answer(question, items, self._rules) for question in asked]

        table, join = self._read(field, FieldKind.MULTI_SELECT, types, "", answered)
        return [Cell(found.name, f"{table}.{name(found.name)}", join) for found in asked]

    def _cell(self, field: str) -> Cell:
        kind, stored = self._rules.fields[field], self._stored(field)
        value = in_place(kind, f"accounts.{name(field)}", stored, self._rules.timezone)
        if value is not None:
            return _without(field, kind, value, self._rules.missing_numbers.get(field, ()))
        where, plain = "", None
        if pa.types.is_string(stored) or pa.types.is_large_string(stored):
            where, plain = self._odd(field, kind)
        types = [("value", ARROW.get(kind, pa.string())), ("issue", pa.string())]

        def read(found: Normalised) -> list[Any]:
            problem = f"{field} {found.problem}" if found.problem else None
            return [_storable(kind, found.value), problem]

        table, join = self._read(field, kind, types, where, read)
        read_value = f"{table}.value"
        if plain is not None:
            read_value = f"CASE WHEN {table}.raw IS NOT NULL THEN {table}.value ELSE {plain} END"
        return Cell(field, read_value, join, None if kind in NEVER_UNREADABLE else f"{table}.issue")

    def _odd(self, field: str, kind: FieldKind) -> tuple[str, str | None]:
        """Which raw values Python must read, and what all others are; everything where nothing is plain."""
        plain = plain_value(kind, f"accounts.{name(field)}", self._rules.missing_values)
        if plain is None:
            return "", None
        special = {*self._rules.missing_values, *self._rules.synonyms.get(field, ())}
        special |= FREE_MAIL if kind is FieldKind.DOMAIN else set()
        among = ", ".join(text(value) for value in sorted(special))
        return f" AND ({plain} IS NULL OR {plain} IN ({among}))", plain

    def _read(
        self, field: str, kind: FieldKind, types: Sequence[tuple[str, pa.DataType]], where: str, read: Any
    ) -> tuple[str, str]:
        """The table of distinct values, each with what `read` makes of it, and how it is joined."""
        self._tables += 1
        table, stored = f"{self._prefix}_cells_{self._tables}", self._stored(field)
        raw, place = f"accounts.{name(field)}", self._place(field, kind)
        distinct = (
            f"SELECT DISTINCT {raw} AS raw, {place} AS place FROM {self._source} AS accounts "
            f"WHERE {raw} IS NOT NULL{where}"
        )
        schema = pa.schema([("raw", stored), ("place", pa.string()), *types])
        self._database.fill(table, schema, self._rows(field, distinct, schema, read))
        return table, f"LEFT JOIN {table} ON {table}.raw = {raw} AND {table}.place = {place}"

    def _rows(self, field: str, distinct: str, schema: pa.Schema, read: Any) -> Iterator[pa.Table]:
        for batch in self._database.batches(distinct, BATCH):
            raws, places = batch.column("raw").to_pylist(), batch.column("place").to_pylist()
            rows = [
                read(self._reader.read(field, raw, place or None))
                for raw, place in zip(raws, places, strict=True)
            ]
            made = [
                pa.array([row[number] for row in rows], column.type)
                for number, column in enumerate(list(schema)[2:])
            ]
            yield pa.table([batch.column("raw"), batch.column("place"), *made], schema=schema)

    def _place(self, field: str, kind: FieldKind) -> str:
        under = country_field(field, self._rules.fields) if kind in UNDER_COUNTRY else None
        return f"coalesce(accounts.{name(under)}, '')" if under and under in self._schema.names else "''"

    def _stored(self, field: str) -> pa.DataType:
        if field not in self._schema.names:
            raise AssignError(
                f"the {self._source} have no column {field!r}, which a rule or a derived field uses; "
                "map the field in the config"
            )
        return self._schema.field(field).type


def in_place(kind: FieldKind, column: str, stored: pa.DataType, timezone: str) -> str | None:
    """The cell of a column that is stored as what it is, None where it must be read from text."""
    if kind is FieldKind.INTEGER and pa.types.is_integer(stored):
        return f"CAST({column} AS BIGINT)"
    if kind is FieldKind.NUMBER and (
        pa.types.is_integer(stored) or pa.types.is_floating(stored) or pa.types.is_decimal(stored)
    ):
        return f"CAST({column} AS DOUBLE)"
    if kind is FieldKind.BOOLEAN and pa.types.is_boolean(stored):
        return column
    if kind is FieldKind.DATE and pa.types.is_timestamp(stored):
        return f"CAST({f'timezone({text(timezone)}, {column})' if stored.tz else column} AS DATE)"
    if kind is FieldKind.DATE and pa.types.is_date(stored):
        return f"CAST({column} AS DATE)"
    return None


def _without(field: str, kind: FieldKind, value: str, missing: Sequence[float]) -> Cell:
    """No declared missing number, and nothing that is not finite."""
    issue = None
    if kind is FieldKind.NUMBER:
        # Spelled out, as engines differ in what they call it.
        signs = [text(f"{field} '{sign}inf' is not a number") for sign in ("", "-")]
        problem = f"CASE WHEN {value} > 0 THEN {signs[0]} ELSE {signs[1]} END"
        issue = f"CASE WHEN isinf({value}) THEN {problem} END"
    found = finite(value) if kind is FieldKind.NUMBER else value
    if missing and kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        numbers = ", ".join(literal(float(number)) for number in missing)
        found = f"CASE WHEN {value} NOT IN ({numbers}) THEN {found} END"
    return Cell(field, found, issue=issue)


def _storable(kind: FieldKind, value: Constant | None) -> Constant | None:
    """The value as its column takes it: counts beyond 64 bits are the furthest one inside."""
    if kind is FieldKind.INTEGER and isinstance(value, int):
        return max(-(2**63), min(2**63 - 1, value))
    if kind in (FieldKind.NUMBER, FieldKind.BOOLEAN, FieldKind.DATE) or value is None:
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _answer(asked: Asked, items: Any, rules: RuleSet) -> bool | None:
    if isinstance(asked.test, IsMissing):
        return None if items is None else True
    return test(asked.test, items, rules.lists)
