"""Assignments to Parquet, in row groups of one size, so that equal rows are equal bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rules.engine.errors import AssignError
from rules.tables import ASSIGNMENTS

ROW_GROUP = 131_072
SEVERAL = frozenset(ASSIGNMENTS.names) - {"account_id", "data_issues"}
"""Columns of few distinct values: numbers into a short list until they are bytes."""
NUMBERED = pa.schema(
    [
        pa.field(field.name, pa.dictionary(pa.int32(), field.type), field.nullable)
        if field.name in SEVERAL
        else field
        for field in ASSIGNMENTS
    ]
)
"""`ASSIGNMENTS` as it is handed to the writer."""


class SortedIds:
    """Checks, batch by batch, that ids ascend, each once and none missing."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._last: str | None = None

    def check(self, ids: pa.Array) -> None:
        """Raises AssignError naming the first id that is missing or there twice."""
        if ids.null_count:
            raise AssignError(
                f"{self._source} has {ids.null_count} accounts without an id; pull the accounts again"
            )
        chained = pa.concat_arrays([pa.array([self._last or ""], ids.type), ids])
        ascending = pc.less(chained[:-1], chained[1:])
        first = pc.index(ascending, False).as_py()
        if first >= 0:
            raise AssignError(
                f"{self._source} has the account {ids[first].as_py()!r} more than once; pull the accounts again"
            )
        self._last = ids[-1].as_py()


def write_assignments(tables: Iterable[pa.Table], into: Path) -> None:
    """Writes the tables, all of `NUMBERED` with the same lists, so that they read as `ASSIGNMENTS`.

    `into` is replaced as a whole or not at all.
    """
    partial = into.with_name(f".{into.name}.{os.getpid()}.partial")
    try:
        # Without Arrow's own schema in the file, its readers see plain text and not the numbering.
        with pq.ParquetWriter(
            partial,
            NUMBERED,
            compression="zstd",
            store_schema=False,
            use_dictionary=[name for name in NUMBERED.names if name != "account_id"],
            write_statistics=["account_id"],
        ) as writer:
            for rows in _row_groups(tables):
                writer.write_table(rows, row_group_size=ROW_GROUP)
        partial.replace(into)
    finally:
        partial.unlink(missing_ok=True)


def _row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows, `ROW_GROUP` at a time, however they came."""
    pending: list[pa.Table] = []
    rows = 0
    for table in tables:
        pending.append(table)
        rows += table.num_rows
        while rows > ROW_GROUP:
            whole = pa.concat_tables(pending)
            yield whole.slice(0, ROW_GROUP).combine_chunks()
            pending, rows = [whole.slice(ROW_GROUP)], rows - ROW_GROUP
    if pending:
        yield pa.concat_tables(pending).combine_chunks()
