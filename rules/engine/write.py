"""Assignments to Parquet, in row groups of one size, so that equal rows are equal bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rules.engine.errors import AssignError
from rules.tables import ASSIGNMENTS

ROW_GROUP = 131_072


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
    """Writes the tables, all of `ASSIGNMENTS`, one after the other; `into` is replaced as a whole or not at all."""
    partial = into.with_name(f".{into.name}.{os.getpid()}.partial")
    try:
        with pq.ParquetWriter(
            partial, ASSIGNMENTS, compression="zstd", write_statistics=["account_id", "rule_id"]
        ) as writer:
            pending: list[pa.Table] = []
            rows = 0
            for table in tables:
                pending.append(table)
                rows += table.num_rows
                while rows >= ROW_GROUP:
                    whole = pa.concat_tables(pending)
                    writer.write_table(whole.slice(0, ROW_GROUP).combine_chunks(), row_group_size=ROW_GROUP)
                    pending, rows = [whole.slice(ROW_GROUP)], rows - ROW_GROUP
            writer.write_table(
                pa.concat_tables([ASSIGNMENTS.empty_table(), *pending]).combine_chunks(),
                row_group_size=ROW_GROUP,
            )
        partial.replace(into)
    finally:
        partial.unlink(missing_ok=True)
