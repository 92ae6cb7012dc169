"""Exported tables as typed batches, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import FieldProblems, Refused
from connectors.files.config import FilesSettings
from connectors.files.convert import Forms, Unreadable, convert
from connectors.files.fields import field_problems, find_headers
from connectors.files.source import Source
from connectors.mapping import FieldMap
from connectors.records import RecordKind

_WHERE_MISSING = {"deleted": False, "active": True, "person": True}
"""What a row holds where the file says nothing: it is there, and its owner is a working person."""


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads one table of the config; a table without a file is empty."""

    settings: FilesSettings
    fields: FieldMap
    kind: RecordKind

    @property
    def schema(self) -> pa.Schema:
        """The columns that every batch has."""
        return self.fields.schema(self.kind)

    def source(self) -> Source | None:
        """The file; None where the config names none."""
        path = self.settings.path(self.kind)
        if path is None:
            return None
        s = self.settings
        return Source(path, s.encoding, s.delimiter, s.block_bytes)

    def headers(self) -> dict[str, str]:
        """The file's header for each of our columns it has; FieldProblems where the mapping does not fit."""
        source = self.source()
        if source is None:
            return {}
        headers = source.headers()
        mapped = self.fields.of(self.kind)
        if problems := field_problems(self.kind, mapped, headers):
            raise FieldProblems(problems)
        return find_headers(mapped, headers)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Rows that are not marked deleted, with these columns (all where None), `id` first.

        Refused names file, line, column and value where one cannot be read, and an id that comes twice;
        the latter at the end.
        """
        source = self.source()
        names = self.schema.names if columns is None else list(dict.fromkeys(["id", *columns]))
        if source is None:
            yield _empty(self._schema(names))
            return
        headers = self.headers()
        wanted = [*names, *(["deleted"] if "deleted" not in names else [])]
        present = [name for name in wanted if name in headers]
        seen: list[pa.Array] = []
        row = 0
        yielded = False
        for raw in source.batches([headers[name] for name in present]):
            typed = {name: self._column(source, headers[name], name, raw, row) for name in present}
            batch = self._complete(typed, raw.num_rows, wanted)
            self._refuse_missing_ids(source, batch["id"], row)
            row += raw.num_rows
            batch = batch.filter(pc.invert(batch["deleted"])).select(names)
            seen.append(batch["id"])
            yielded = True
            yield batch
        if not yielded:
            yield _empty(self._schema(names))
        if self.kind is not RecordKind.ACTIVITIES:
            _refuse_repeated(source, seen)

    def _column(self, source: Source, header: str, name: str, raw: pa.RecordBatch, row: int) -> pa.Array:
        column, type = raw.column(header), self.schema.field(name).type
        try:
            if not pa.types.is_string(column.type):
                column = column.cast(type) if _castable(column.type, type) else column.cast(pa.string())
            if pa.types.is_string(column.type):
                forms = Forms(self.settings.timezone, self.settings.date_formats)
                column = convert(column, type, forms)
            return self._share(column) if name == "probability" else column
        except Unreadable as error:
            raise Refused(f"{_place(source, row + error.row)}, column {header!r}: {error}") from None
        except pa.ArrowInvalid as error:
            raise Refused(f"{source.path}, column {header!r}: {error}") from error

    def _share(self, column: pa.Array) -> pa.Array:
        if self.settings.probability == "percent":
            column = pc.divide(column, 100.0)
        outside = pc.or_(pc.less(column, 0.0), pc.greater(column, 1.0))
        if pc.any(outside).as_py():
            row = pc.index(outside.fill_null(False), True).as_py()
            raise Unreadable(
                row, str(column[row].as_py()), "share from 0 to 1; say probability: percent in the config"
            )
        return column

    def _complete(self, typed: dict[str, pa.Array], rows: int, names: Sequence[str]) -> pa.RecordBatch:
        schema = self._schema(names)
        columns = []
        for field in schema:
            column = typed.get(field.name)
            if column is None:
                column = pa.nulls(rows, field.type)
            if (
                field.name in _WHERE_MISSING
                and field.name in self.schema.names
                and pa.types.is_boolean(field.type)
            ):
                column = column.fill_null(_WHERE_MISSING[field.name])
            columns.append(column)
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _schema(self, names: Sequence[str]) -> pa.Schema:
        return pa.schema([self.schema.field(name) for name in names])

    def _refuse_missing_ids(self, source: Source, ids: pa.Array, row: int) -> None:
        if ids.null_count:
            missing = row + pc.index(ids.is_null(), True).as_py()
            raise Refused(f"{_place(source, missing)}: the {self.kind} row has no id")


def _castable(given: pa.DataType, wanted: pa.DataType) -> bool:
    return given.equals(wanted) or not (pa.types.is_string(wanted) or pa.types.is_large_string(given))


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _place(source: Source, row: int) -> str:
    line = source.line_of(row)
    return f"{source.path}, line {line}" if line else f"{source.path}, row {row + 1}"


def _refuse_repeated(source: Source, seen: list[pa.Array]) -> None:
    ids = pa.chunked_array(seen, pa.string())
    if pc.count_distinct(ids).as_py() == len(ids):
        return
    counts = pc.value_counts(ids)
    twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    named = ", ".join(twice[:3].to_pylist())
    raise Refused(f"{source.path}: {len(twice)} ids come more than once ({named}); export each record once")
