"""Which field of the CRM is which column of ours, with its type and role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from connectors.records import COLUMNS, FieldType, RecordKind

if TYPE_CHECKING:
    import pyarrow as pa


__all__ = ["CustomTable", "FieldMap", "FieldRole", "FieldType", "MappedField", "standard_fields"]


class FieldRole(StrEnum):
    """What a mapped field is for."""

    INPUT = "input"
    """Read, and open to rules."""
    OUTPUT = "output"
    """Written by us, and read back to see what changed; closed to rules."""


@dataclass(frozen=True, slots=True)
class MappedField:
    """One column of ours and the CRM field it is read from, or written to."""

    name: str
    source: str
    type: FieldType = FieldType.TEXT
    role: FieldRole = FieldRole.INPUT
    label: str = ""
    """What a person in the CRM reads, for fields that setup creates."""
    description: str = ""
    """The definition shown in the CRM's field help."""
    holds_user: bool = False
    """Whether it holds a user's id, so that setup creates a reference to users where the CRM has such."""


@dataclass(frozen=True, slots=True)
class CustomTable:
    """A table of the config's own: one object of the CRM, read as it is for reports beside the rules."""

    name: str
    source: str
    """The CRM's name of the object."""
    account: str
    """The field with the account that a record belongs to; "" where there is none."""
    fields: tuple[MappedField, ...]

    def schema(self) -> pa.Schema:
        """`id` and `account_id`, the mapped fields in the config's order, `modified_at` and `deleted`."""
        import pyarrow as pa

        from connectors.tables import ARROW_TYPES, TIMESTAMP

        return pa.schema(
            [
                pa.field("id", pa.string(), nullable=False),
                pa.field("account_id", pa.string()),
                *(pa.field(field.name, ARROW_TYPES[field.type]) for field in self.fields),
                pa.field("modified_at", TIMESTAMP),
                pa.field("deleted", pa.bool_(), nullable=False),
            ]
        )


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The mapping of every table: each standard column at most once, then columns of the config's own.

    A standard column without a mapping is null in every row. `owner_id` of accounts is both read and
    written; outputs are the fields of accounts with that role.
    """

    fields: Mapping[RecordKind, tuple[MappedField, ...]]
    tables: tuple[CustomTable, ...] = ()

    def of(self, kind: RecordKind) -> tuple[MappedField, ...]:
        """The mapped fields of one table, in column order."""
        return self.fields.get(kind, ())

    def source(self, kind: RecordKind, name: str) -> str:
        """The CRM's name of our column; KeyError where the config maps none."""
        return {f.name: f.source for f in self.of(kind)}[name]

    def has(self, kind: RecordKind, name: str) -> bool:
        """Whether a CRM field is mapped to this column."""
        return any(f.name == name for f in self.of(kind))

    def outputs(self) -> tuple[MappedField, ...]:
        """The account fields that we write, without the owner."""
        return tuple(f for f in self.of(RecordKind.ACCOUNTS) if f.role is FieldRole.OUTPUT)

    def schema(self, kind: RecordKind) -> pa.Schema:
        """The Arrow schema of this table: the standard columns, then the mapped ones in the config's order."""
        import pyarrow as pa

        from connectors.tables import ARROW_TYPES, SCHEMAS

        schema = SCHEMAS[kind]
        for mapped in self.of(kind):
            if mapped.name not in schema.names:
                schema = schema.append(pa.field(mapped.name, ARROW_TYPES[mapped.type]))
        return schema

    def with_fields(self, kind: RecordKind, fields: Iterable[MappedField]) -> FieldMap:
        """A mapping in which these fields of one table replace those of the same name, or are added."""
        merged = {f.name: f for f in self.of(kind)} | {f.name: f for f in fields}
        return replace(self, fields={**self.fields, kind: tuple(merged.values())})


def standard_fields(kind: RecordKind, sources: Mapping[str, str]) -> tuple[MappedField, ...]:
    """Inputs for standard columns of a table (column → CRM field), each with the type of its column."""
    columns = COLUMNS[kind]
    return tuple(MappedField(name, source, columns[name]) for name, source in sources.items())
