"""What was written but does not show in an export yet, and the change file made of it.

One row per account and column: the value of the export when we wrote (`base`) and the written one. A row
holds as long as the export still says `base`. Once an export says anything else, it is settled: either the
change was loaded into the CRM, or a person changed the field after us and theirs stands.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as papq

from connectors.errors import Garbled
from connectors.files.convert import Forms, convert
from connectors.records import Value

PENDING = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("base", pa.string()),
        pa.field("value", pa.string()),
    ]
)
_FORMULA = r"^([=+\-@\t\r])"


def journal_path(changes: Path) -> Path:
    """Where the pending writes of a change file are remembered."""
    return changes.with_name(f"{changes.stem}.pending.parquet")


def load(changes: Path) -> pa.Table:
    """The pending writes; empty where there are none yet."""
    path = journal_path(changes)
    if not path.exists():
        return PENDING.empty_table()
    try:
        return papq.read_table(path, schema=PENDING)
    except (pa.ArrowInvalid, OSError) as error:
        raise Garbled(
            f"{path} is damaged ({error}); restore it, or delete it to forget unloaded changes"
        ) from error


def text_of(value: Value) -> str | None:
    """A value as the journal and the change file hold it: ISO 8601, true and false, full precision."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def rows(entries: Iterable[tuple[str, str, Value, Value]]) -> pa.Table:
    """Journal rows of (id, column, base, value)."""
    listed = [(id, column, text_of(base), text_of(value)) for id, column, base, value in entries]
    columns = list(zip(*listed, strict=True)) if listed else [(), (), (), ()]
    return pa.Table.from_arrays([pa.array(c, pa.string()) for c in columns], schema=PENDING)


def overlay(batch: pa.RecordBatch, pending: pa.Table) -> pa.RecordBatch:
    """The batch with every pending value whose field the export has not moved."""
    for name in batch.schema.names[1:]:
        entries = pending.filter(pc.equal(pending["column"], name))
        if entries.num_rows == 0:
            continue
        number = batch.schema.get_field_index(name)
        current = batch.column(number)
        holds, value = _holding(batch.column(0), current, entries)
        batch = batch.set_column(number, batch.schema.field(number), pc.if_else(holds, value, current))
    return batch


def holding(exported: pa.Table, pending: pa.Table) -> pa.Table:
    """The pending rows that the export has not settled; `exported` has `id` and the columns concerned."""
    kept = [PENDING.empty_table()]
    for name in pc.unique(pending["column"]).to_pylist():
        entries = pending.filter(pc.equal(pending["column"], name))
        present = exported.filter(pc.is_in(exported["id"], entries["id"].combine_chunks()))
        ids = present["id"].combine_chunks()
        holds, value = _holding(ids, present[name].combine_chunks(), entries)
        moves = pc.invert(_same(value, present[name].combine_chunks()))
        still = ids.filter(pc.and_(holds, moves))
        kept.append(entries.filter(pc.is_in(entries["id"], still)))
    return pa.concat_tables(kept)


def replace_rows(pending: pa.Table, new: pa.Table) -> pa.Table:
    """The pending rows with these in the place of older ones of the same id and column."""
    if new.num_rows == 0:
        return pending
    key, old = _key(new), _key(pending)
    return pa.concat_tables([pending.filter(pc.invert(pc.is_in(old, key.combine_chunks()))), new])


def store(changes: Path, pending: pa.Table, headers: Mapping[str, str], text: set[str], cleared: str) -> None:
    """Replace the journal, then the change file made of it; each wholly or not at all."""
    changes.parent.mkdir(parents=True, exist_ok=True)
    _replace(journal_path(changes), lambda path: papq.write_table(pending, path))
    table = change_table(pending, headers, text, cleared)
    options = pacsv.WriteOptions(quoting_style="needed")
    _replace(changes, lambda path: pacsv.write_csv(table, path, options))


def change_table(pending: pa.Table, headers: Mapping[str, str], text: set[str], cleared: str) -> pa.Table:
    """One row per account: its id and the new values; an empty cell leaves the field as it is.

    A cell of a `text` column that a spreadsheet would take for a formula begins with an apostrophe.
    """
    ids = pc.unique(pending["id"]).sort()
    columns = [_harmless(ids)]
    names = [name for name in headers if name != "id" and pc.any(pc.equal(pending["column"], name)).as_py()]
    for name in names:
        entries = pending.filter(pc.equal(pending["column"], name)).combine_chunks()
        at = pc.index_in(ids, entries["id"].combine_chunks())
        value = entries["value"].combine_chunks()
        value = _harmless(value) if name in text else value
        columns.append(value.fill_null(cleared).take(at))
    return pa.Table.from_arrays(columns, names=[headers["id"], *(headers[name] for name in names)])


def _harmless(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, _FORMULA, r"'\1")


def _holding(ids: pa.Array, current: pa.Array, entries: pa.Table) -> tuple[pa.Array, pa.Array]:
    at = pc.index_in(ids, entries["id"].combine_chunks())
    base, value = (
        convert(entries[name].combine_chunks(), current.type, Forms()).take(at) for name in ("base", "value")
    )
    return pc.and_(at.is_valid(), _same(base, current)), value


def _same(left: pa.Array, right: pa.Array) -> pa.Array:
    both_empty = pc.and_(left.is_null(), right.is_null())
    return pc.or_(both_empty, pc.equal(left, right).fill_null(False))


def _key(table: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(table["column"], table["id"], "\x00")


def _replace(path: Path, write: object) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)  # type: ignore[operator]
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
