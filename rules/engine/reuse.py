"""What the first matching bits of an account depend on, so that those of the last night can be used again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.classing import classed
from rules.engine.columns import ClassColumn
from rules.engine.compiled import Compiled
from rules.engine.deciding import bits, passed_on
from rules.engine.masking.classes import FieldClasses, NamedClasses
from rules.engine.matching import mask_tables
from rules.engine.sql import name
from rules.language.fields import country_field

FINGERPRINT = b"territory fingerprint"
VERSION = 1
"""Of what this module and the engine's plan mean by the same bits; raised whenever either changes."""


def fingerprint(ready: Compiled, read: Mapping[str, FieldClasses], schema: pa.Schema) -> str:
    """Equal ones take an account of equal `key` to equal bits and issues.

    Thresholds of fields that are compared in place are not in it: those classes are in the key, so that a day
    that passes changes only the accounts which it takes over a threshold.
    """
    digest = hashlib.sha256()

    def add(part: object) -> None:
        digest.update(repr(part).encode() + b"\0")

    add((VERSION, duckdb.__version__, ready.rules.hash, bits(ready, passed_on(ready))))
    for table in mask_tables(ready.classes, (*ready.masks, *ready.askers)):
        for batch in table.to_batches():
            for column in batch.columns:
                digest.update(memoryview(column.buffers()[1]))
    for field, found in ready.classes.items():
        add((field, found.kind, found.count))
        if isinstance(found, NamedClasses):
            add((found.exact, found.prefixes, found.lengths))
        if field in read:
            add(str(schema.field(field).type))
            add(() if isinstance(found, NamedClasses) else found.thresholds)
    return digest.hexdigest()


def keyed(
    ready: Compiled,
    cheap: Sequence[ClassColumn],
    read: Mapping[str, FieldClasses],
    schema: pa.Schema,
    source: str,
    issues: Sequence[str],
) -> str:
    """The query of every account's `key` (64 bits), beside its id and what deciding needs.

    The key covers the classes that cost nothing and the raw values of the fields in `read`, which cost to read.
    """
    raw = _raw_columns(ready, read, schema)
    values = [ClassColumn("", half) for half in _halves(raw)] if raw else []
    inner = classed([*cheap, *values], ready.holders, ready.follows, source, issues)
    classes = ", ".join(f"c{number}" for number in range(len(cheap) + len(values)))
    kept = ", ".join(column for column in passed_on(ready) if column != "issues")
    return (
        f"SELECT {kept}, hash({', '.join(filter(None, [classes, 'issues']))}) AS key FROM ({inner}) AS inputs"
    )


def stored_fingerprint(file: Path | None) -> str | None:
    """Of the bits in the file, None where there is no such file or it is of something else."""
    if file is None or not file.is_file():
        return None
    found = (pq.read_metadata(file).metadata or {}).get(FINGERPRINT)
    return found.decode() if found else None


def _raw_columns(ready: Compiled, read: Mapping[str, FieldClasses], schema: pa.Schema) -> list[str]:
    """The fields and the countries that they are read under, each once."""
    countries = [country_field(field, ready.rules.fields) for field in read]
    found = dict.fromkeys([*read, *(field for field in countries if field in schema.names)])
    return [f"accounts.{name(field)}" for field in found if field]


def _halves(columns: Sequence[str]) -> list[str]:
    """Two integers that never overflow, of 31 and 32 - 1 bits of the values' hash."""
    value = f"hash({', '.join(columns)})"
    return [f"({value} & 2147483647)", f"(({value} >> 32) & 2147483647)"]
