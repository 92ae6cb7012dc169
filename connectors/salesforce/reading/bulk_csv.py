"""Pages of CSV, as Bulk 2.0 writes them, into columns of their fields' own types; never an object per row."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv

from connectors.errors import Garbled
from connectors.line_feeds import Unbroken
from connectors.salesforce.fields import Described
from connectors.salesforce.reading.tables import Columns
from connectors.salesforce.reading.values import cleaned, natural, read_text

BLOCK, LONG_BLOCK = 1 << 20, 32 << 20
"""Bytes that are parsed at once: memory of the first size is used again and again, of larger ones it is asked of the
system anew, which costs more than parsing. The second is for pages with a row that is longer than the first."""
HELD = 32 << 20
"""Bytes of parsed rows up to which a page is kept in memory, so that it need not be parsed twice."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page on disk, and the fields that its columns are."""

    path: Path
    compressed: bool
    fields: Mapping[str, Described]
    """By the name that the query has for each."""

    def __iter__(self) -> Iterator[Columns]:
        """Its rows; Garbled where it is not the CSV that was asked for, or a value not of its field's type."""
        try:
            for batch in self._batches({name: _parsed_as(field) for name, field in self.fields.items()}):
                yield self._columns(batch)
        except pa.ArrowInvalid as error:
            self._find_fault()
            raise _garbled(error) from error

    def counted(self, promised: int) -> list[Columns] | None:
        """Its rows, if they are as many as promised and fit into memory, else None; Garbled where they are not as many."""
        held: list[Columns] | None = []
        rows = size = 0
        for columns in self:
            rows += columns.rows
            size += sum(array.nbytes for array in columns.arrays.values())
            if size > HELD:
                held = None
            if held is not None:
                held.append(columns)
        if rows != promised:
            raise Garbled(f"a page of {promised} rows was promised and {rows} came")
        return held

    def _batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        rows = 0
        try:
            for batch in self._blocks(types, BLOCK):
                rows += batch.num_rows
                yield batch
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            for batch in self._blocks(types, LONG_BLOCK):
                skipped = min(rows, batch.num_rows)
                rows -= skipped
                yield batch.slice(skipped)

    def _blocks(self, types: Mapping[str, pa.DataType], size: int) -> Iterator[pa.RecordBatch]:
        """The rows as they are parsed in blocks of so many bytes; ArrowInvalid where a row is longer."""
        with pa.input_stream(str(self.path), compression="gzip" if self.compressed else None) as stream:
            try:
                reader = csv.open_csv(
                    pa.PythonFile(Unbroken(stream), "r"),
                    read_options=csv.ReadOptions(block_size=size, use_threads=False),
                    parse_options=csv.ParseOptions(newlines_in_values=True),
                    convert_options=csv.ConvertOptions(
                        column_types=types,
                        null_values=[""],
                        strings_can_be_null=True,
                        quoted_strings_can_be_null=True,
                        true_values=["true"],
                        false_values=["false"],
                        timestamp_parsers=[csv.ISO8601],
                    ),
                )
                if reader.schema.names != list(self.fields):
                    raise Garbled(
                        f"a page has the columns {_few(reader.schema.names)}, not {_few(self.fields)}"
                    )
                yield from reader
            except (OSError, EOFError) as error:
                raise _garbled(error) from error

    def _columns(self, batch: pa.RecordBatch) -> Columns:
        arrays = {
            name: cleaned(batch[name].cast(natural(field)), field) for name, field in self.fields.items()
        }
        if arrays["Id"].null_count:
            raise Garbled("a row of a page has no Id")
        return Columns(batch.num_rows, arrays)

    def _find_fault(self) -> None:
        """Garbled with the record and value that does not fit, where that is what is wrong."""
        with contextlib.suppress(pa.ArrowInvalid):
            for batch in self._batches(dict.fromkeys(self.fields, pa.string())):
                for name, field in self.fields.items():
                    read_text(batch[name], field, batch["Id"])


def _parsed_as(field: Described) -> pa.DataType:
    # A whole number may be written 1.0E7.
    type = natural(field)
    return pa.float64() if pa.types.is_integer(type) else type


def _garbled(error: Exception) -> Garbled:
    return Garbled(f"a page is not the CSV that was asked for: {str(error)[:200]}")


def _few(names: Any) -> str:
    listed = list(names)
    return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "")
