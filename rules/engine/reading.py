"""Values that only Python can read: each distinct one once, into a small table of those that are not simply `OTHER`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import pyarrow as pa

from rules.engine.masking.classes import MISSING, OTHER, FieldClasses, NamedClasses
from rules.engine.masking.thresholds import EPOCH
from rules.engine.relations import Database
from rules.language.condition import Constant, FieldKind
from rules.language.record import meant
from rules.language.ruleset import RuleSet
from rules.language.values.normalise import Normalised, Raw, normalise
from rules.language.values.postal import postal_code

BATCH = 50_000


class Reader:
    """Normalises the values of one rule set's fields; remembers the countries it has read."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._missing = frozenset(rules.missing_values)
        self._timezone = ZoneInfo(rules.timezone)
        self._country = lru_cache(10_000)(self._read_country)
        self._takes_five = cache(lambda country: postal_code("12345", country) == f"{country}-12345")

    def read(self, field: str, raw: Raw, place: Raw) -> Normalised:
        """The value in the form in which it is compared; `place` is the raw country it is read under."""
        kind = self._rules.fields[field]
        country = self._country(place) if place else None
        if kind is FieldKind.POSTAL_CODE and country and self._is_plain_code(raw, country):
            return Normalised(f"{country}-{raw}")
        found = normalise(kind, raw, country, self._missing, self._timezone)
        return meant(self._rules, field, found)

    def _is_plain_code(self, raw: Raw, country: str) -> bool:
        """Five digits in a country whose codes have five: tens of thousands, which nothing changes."""
        five = isinstance(raw, str) and len(raw) == 5 and raw.isascii() and raw.isdigit()
        return five and raw not in self._missing and self._takes_five(country)

    def _read_country(self, place: Raw) -> str | None:
        value = normalise(FieldKind.COUNTRY, place, None, self._missing).value
        return None if value is None else str(value)


def read_values(
    database: Database, found: FieldClasses, reader: Reader, table: str, stored: pa.DataType, distinct: str
) -> bool:
    """Makes the table of raw, place, class and issue out of the query of distinct (raw, place).

    True where some value could not be read.
    """
    unread = 0

    def special() -> Iterator[pa.Table]:
        nonlocal unread
        for batch in database.batches(distinct, BATCH):
            rows = _special(found, reader, batch)
            unread += rows.num_rows - rows.column("issue").null_count
            if rows.num_rows:
                yield rows

    database.fill(table, _special_schema(stored), special())
    return unread > 0


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
