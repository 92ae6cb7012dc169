"""A table of ours as parts of Salesforce's objects: pages as columns, and columns that Salesforce has not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from connectors.salesforce.fields import Described
from connectors.salesforce.reading.values import fitted, read_json


@dataclass(frozen=True, slots=True)
class Columns:
    """A page of one object: its fields by Salesforce's names, each of its natural type (`values.natural`)."""

    rows: int
    arrays: Mapping[str, pa.Array]

    def get(self, name: str, type: pa.DataType) -> pa.Array:
        """The field in that type; nulls where the org has it not."""
        found = self.arrays.get(name)
        return pa.nulls(self.rows, type) if found is None else found.cast(type)

    @property
    def ids(self) -> pa.Array:
        """The records' own ids."""
        return self.arrays["Id"]


Derive = Callable[[Columns, Collection[str]], pa.Array]
"""One column from a page; the second argument names users (by id or casefolded username) who are no persons."""


@dataclass(frozen=True, slots=True)
class Part:
    """One object that a table is read from.

    `extra` fields are asked for where the org has them. `derived` columns are computed; the others come
    from the mapping, or from `standard` (our column → its field) in tables that the config does not map.
    `where` is a fixed condition.
    """

    sobject: str
    extra: tuple[str, ...] = ()
    derived: Mapping[str, Derive] = field(default_factory=dict)
    where: str = ""
    has_deleted: bool = True
    standard: Mapping[str, str] = field(default_factory=dict)
    stamp: str = "SystemModstamp"
    """The field that tells when a record changed last."""
    optional: bool = False
    """Whether an org may lack the object."""


def columns_of(records: Sequence[Mapping[str, Any]], wanted: Collection[Described]) -> Columns:
    """A page of JSON as columns; Garbled where a value is not of its field's type."""
    return Columns(len(records), {field.name: read_json(records, field) for field in wanted})


def batch_of(
    part: Part,
    page: Columns,
    schema: pa.Schema,
    mapped: Mapping[str, Described],
    not_people: Collection[str],
) -> pa.RecordBatch:
    """A page of one object as a batch of the table."""
    columns = []
    for column in schema:
        if column.name in part.derived:
            columns.append(part.derived[column.name](page, not_people).cast(column.type))
        elif column.name in mapped:
            source = mapped[column.name]
            columns.append(fitted(page.arrays[source.name], source, column.type, page.ids))
        elif column.name == "deleted":
            columns.append(repeated(False, page.rows))
        else:
            columns.append(pa.nulls(page.rows, column.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def repeated(value: Any, rows: int) -> pa.Array:
    """A column of one value."""
    return pa.repeat(pa.scalar(value), rows)


def constant(value: Any) -> Derive:
    """One value in every row."""
    return lambda page, not_people: repeated(value, page.rows)
