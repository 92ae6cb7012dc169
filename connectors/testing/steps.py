"""What several chapters of the contract do: pull a table whole, look at one account, write one change."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pytest

from connectors.base import Connector
from connectors.records import RecordId, RecordKind, Value, Watermark, Write, WriteResult
from connectors.testing.world import Failing, World


@contextlib.contextmanager
def connected(world: World, **options: Any) -> Iterator[Connector]:
    """A connector that is closed again."""
    connector = world.connect(**options)
    try:
        yield connector
    finally:
        connector.close()


def pulled(
    connector: Connector, kind: RecordKind = RecordKind.ACCOUNTS, since: Watermark | None = None
) -> pa.Table:
    """All rows of one pull."""
    batches = list(connector.pull(kind, since).batches)
    assert batches, f"a pull of {kind} yields at least one batch, if an empty one, so that its schema is told"
    return pa.Table.from_batches(batches)


def by_id(table: pa.Table) -> dict[str, dict[str, Any]]:
    """Rows under their ids; a later row of one id wins."""
    return {row["id"]: row for row in table.to_pylist()}


def live(connector: Connector, id: RecordId, *columns: str) -> dict[str, Any]:
    """The live values of one account."""
    rows = connector.lookup([id], columns).to_pylist()
    assert len(rows) == 1, f"account {id} is looked up once, found {len(rows)} times"
    return {column: rows[0][column] for column in columns}


def change(id: RecordId, column: str, before: Value, after: Value) -> Write:
    """The write of one field."""
    return Write(id, {column: after}, {column: before})


def write_one(connector: Connector, write: Write) -> WriteResult:
    """The result of a write of its own."""
    [result] = connector.write([write])
    assert result.id == write.id
    return result


def need(world: World, failing: Failing) -> None:
    """Skip where this CRM cannot fail so."""
    if failing not in world.failings:
        pytest.skip(f"this CRM knows no {failing}")


def expect_values(row: Mapping[str, Any], values: Mapping[str, Value]) -> None:
    """The row holds these values."""
    found = {name: row[name] for name in values}
    assert found == dict(values), f"expected {dict(values)}, found {found}"
