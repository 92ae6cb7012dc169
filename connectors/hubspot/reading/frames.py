"""Records of one object type as rows of our tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.hubspot.fields import Properties
from connectors.hubspot.reading.columns import Record, Texts, texts_of, typed
from connectors.mapping import FieldMap, MappedField
from connectors.records import RecordKind

Special = Callable[[Texts, Sequence[str]], pa.Array]
"""A column from the properties and ids of some records, for properties that mean something else than they hold."""


class Frame:
    """How records of one object type become rows: which properties to ask for, and what they become.

    `special` reads properties whose value needs more than its type; `extra` names properties wanted beside
    the mapped ones. Columns that neither the mapping nor the caller fills are null.
    """

    def __init__(
        self,
        kind: RecordKind,
        object_type: str,
        mapping: FieldMap,
        properties: Properties,
        *,
        special: Mapping[str, Special] | None = None,
        extra: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.object_type = object_type
        self.schema = mapping.schema(kind)
        self._fields = {m.name: m for m in mapping.of(kind)}
        self._sources = properties.present(object_type, mapping.of(kind))
        self._special = special or {}
        known = properties.of(object_type)
        wanted = [s for sources in self._sources.values() for s in sources]
        self.properties = sorted({*wanted, *(name for name in extra if name in known)})

    def rows(self, records: Sequence[Record], given: Mapping[str, Any], *, deleted: bool) -> pa.RecordBatch:
        """One row per record; `given` holds whole columns that come from elsewhere."""
        ids = [record["id"] for record in records]
        held = texts_of(records, self.properties)
        filled: dict[str, Any] = {
            "id": pa.array(ids, pa.string()),
            "deleted": pa.array([deleted] * len(ids), pa.bool_()),
            **given,
        }
        columns = [filled[f.name] if f.name in filled else self._column(f, held, ids) for f in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def mapped(self, name: str) -> bool:
        """Whether a column is read from properties of this object type."""
        return bool(self._sources.get(name))

    def removed(self, ids: Sequence[str]) -> pa.RecordBatch:
        """Rows that say only that these records are gone."""
        nothing: dict[str, Any] = {f.name: pa.nulls(len(ids), f.type) for f in self.schema}
        return self.rows([{"id": id} for id in ids], _without(nothing, "id", "deleted"), deleted=True)

    def _column(self, field: pa.Field, held: Texts, ids: Sequence[str]) -> pa.Array:
        sources = self._sources.get(field.name, ())
        arrays = [self._read(self._fields[field.name], source, held, ids) for source in sources]
        if not arrays:
            return pa.nulls(len(ids), field.type)
        return (arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)).cast(field.type)

    def _read(self, mapped: MappedField, source: str, held: Texts, ids: Sequence[str]) -> pa.Array:
        if source in self._special:
            return self._special[source](held, ids)
        return typed(
            held[source], mapped.type, table=self.kind.value, name=mapped.name, source=source, ids=ids
        )


def _without(columns: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: column for name, column in columns.items() if name not in names}
