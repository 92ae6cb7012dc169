"""How many records hang below each account and owner: ids and owners are read, and counted without an object each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

_KEYS = ["kind", "account_id", "owner_id"]
_AT_ONCE = 1_000_000
"""Rows after which what was counted so far is brought together, so that memory holds groups, not records."""


def counted(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """One row per kind, account and owner of rows that each count one record; `id` names the three."""
    groups, waiting, rows = _none(), [], 0
    yield pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)
    for batch in batches:
        waiting.append(batch.select([*_KEYS, "count"]))
        rows += batch.num_rows
        if rows >= _AT_ONCE:
            groups, waiting, rows = _together(groups, waiting), [], 0
    for batch in _together(groups, waiting).to_batches(max_chunksize=100_000):
        yield _row(batch, schema)


def _none() -> pa.Table:
    return pa.table({**{key: pa.array([], pa.string()) for key in _KEYS}, "count": pa.array([], pa.int64())})


def _together(groups: pa.Table, batches: list[pa.RecordBatch]) -> pa.Table:
    rows = pa.concat_tables([groups, *(pa.table(batch).cast(groups.schema) for batch in batches)])
    summed = rows.group_by(_KEYS, use_threads=False).aggregate([("count", "sum")])
    return summed.select([*_KEYS, "count_sum"]).rename_columns([*_KEYS, "count"])


def _row(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    made = {name: batch[name] for name in (*_KEYS, "count")}
    keys = [pc.coalesce(made[key], "") for key in _KEYS]
    made["id"] = pc.binary_join_element_wise(*keys, ":")
    made["deleted"] = pa.repeat(pa.scalar(False), batch.num_rows)
    columns = [made.get(f.name, pa.nulls(batch.num_rows, f.type)).cast(f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
