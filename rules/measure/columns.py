"""Account fields as normalised columns: once per distinct value, by the language's own normalisation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from rules.language.condition import Constant, FieldKind
from rules.language.folding import fold
from rules.language.normalise import Raw, normalise
from rules.language.ruleset import RuleSet
from rules.measure import sql

BATCH = 50_000
"""Distinct values in memory at a time."""
PLACED = (FieldKind.STATE, FieldKind.POSTAL_CODE)
"""Kinds that are read under the account's country."""
ARROW: Mapping[FieldKind, pa.DataType] = {
    FieldKind.INTEGER: pa.int64(),
    FieldKind.NUMBER: pa.float64(),
    FieldKind.BOOLEAN: pa.bool_(),
    FieldKind.DATE: pa.date32(),
}
"""What a normalised column holds; text where nothing stands here."""
PLAIN: Mapping[FieldKind, frozenset[str]] = {
    FieldKind.INTEGER: frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}),
    FieldKind.NUMBER: frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"}),
    FieldKind.BOOLEAN: frozenset({"BOOLEAN"}),
    FieldKind.DATE: frozenset({"DATE"}),
}
"""Column types that need no reading, only the check for missing numbers."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts file with the types of its columns, as DuckDB names them."""

    path: Path
    types: Mapping[str, str]

    @property
    def relation(self) -> str:
        """The accounts that are not deleted."""
        live = " WHERE NOT deleted" if "deleted" in self.types else ""
        return f"SELECT * FROM {sql.parquet(self.path)}{live}"


def open_accounts(connection: duckdb.DuckDBPyConnection, path: Path) -> Accounts:
    """The file, looked at once."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {sql.parquet(path)}").fetchall()
    return Accounts(path, {name: kind for name, kind, *_ in described})


def normalised(
    connection: duckdb.DuckDBPyConnection, rules: RuleSet, accounts: Accounts, fields: Iterable[str]
) -> str:
    """A query of (id, fields...): each account's normalised values, null where missing or unreadable."""
    selected, joins = ["a.id"], []
    for number, field in enumerate(sorted(set(fields))):
        kind = rules.fields[field]
        if field not in accounts.types:
            selected.append(f"NULL AS {sql.name(field)}")
        elif accounts.types[field] in PLAIN.get(kind, ()):
            selected.append(f"{plain(rules, field, accounts.types[field])} AS {sql.name(field)}")
        else:
            table = f"normalised_{number}"
            read_distinct(connection, rules, accounts, field, table)
            selected.append(f"{table}.value AS {sql.name(field)}")
            joins.append(
                f"LEFT JOIN {table} ON {table}.raw = a.{sql.name(field)} "
                f"AND {table}.country IS NOT DISTINCT FROM {country_of(accounts, kind, 'a.')}"
            )
    return f"SELECT {', '.join(selected)} FROM ({accounts.relation}) a {' '.join(joins)}"


def plain(rules: RuleSet, field: str, stored: str) -> str:
    """A column that is of its kind already; numbers that are declared missing, or not finite, are null."""
    column = f"a.{sql.name(field)}"
    if stored in ("FLOAT", "DOUBLE"):
        column = f"CASE WHEN isfinite({column}) THEN {column} END"
    missing = ", ".join(repr(number) for number in rules.missing_numbers.get(field, ()))
    return f"CASE WHEN {column} NOT IN ({missing}) THEN {column} END" if missing else column


def country_of(accounts: Accounts, kind: FieldKind, of: str = "") -> str:
    """The stored country that a value of this kind is read under; NULL for other kinds."""
    return f"{of}country" if kind in PLACED and "country" in accounts.types else "NULL"


def read_distinct(
    connection: duckdb.DuckDBPyConnection, rules: RuleSet, accounts: Accounts, field: str, table: str
) -> None:
    """A temporary table (raw, country, value) of every distinct stored value that can be read."""
    kind = rules.fields[field]
    column = sql.name(field)
    query = (
        f"SELECT DISTINCT {column} AS raw, CAST({country_of(accounts, kind)} AS VARCHAR) AS country "
        f"FROM ({accounts.relation}) WHERE {column} IS NOT NULL"
    )
    reader = connection.cursor().sql(query).to_arrow_reader(BATCH)
    batches = read_values(reader, rules, kind)
    schema = reader.schema.append(pa.field("value", ARROW.get(kind, pa.string())))
    source = pa.RecordBatchReader.from_batches(schema, batches)
    connection.register(f"{table}_source", source)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {table}_source")
    connection.unregister(f"{table}_source")


def read_values(
    batches: Iterable[pa.RecordBatch], rules: RuleSet, kind: FieldKind
) -> Iterator[pa.RecordBatch]:
    """The batches with the normalised value of each row beside it."""
    read = Reading(kind, frozenset(map(fold, rules.missing_values)), ZoneInfo(rules.timezone))
    for batch in batches:
        raws, places = (batch.column(i).to_pylist() for i in (0, 1))
        values = [read.value(raw, place) for raw, place in zip(raws, places, strict=True)]
        column = pa.array(values, ARROW.get(kind, pa.string()))
        yield pa.RecordBatch.from_arrays([*batch.columns, column], names=["raw", "country", "value"])


@dataclass(frozen=True, slots=True)
class Reading:
    """How stored values of one field are read."""

    kind: FieldKind
    missing: frozenset[str]
    timezone: ZoneInfo

    def value(self, raw: Raw, place: str | None) -> Constant | None:
        """One value, read under its country where its kind asks for one."""
        country = None
        if self.kind in PLACED:
            country = normalise(FieldKind.COUNTRY, place, missing=self.missing).value
        under = country if isinstance(country, str) else None
        return normalise(self.kind, raw, under, self.missing, self.timezone).value
