"""Tables of the config's own, beside the ones that rules read: one file each in the snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import ConfigProblem
from sync.pulling.merge import merge
from sync.snapshot import custom_path

if TYPE_CHECKING:
    from connectors.base import Connector
    from connectors.mapping import CustomTable, FieldMap


def pull_custom(connector: Connector, fields: FieldMap, work: Path, memory_limit: str) -> None:
    """Reads every table of the config's own whole into the folder, sorted by `id`.

    ConfigProblem where the connector reads none; nothing is left out in silence.
    """
    if fields.tables and not connector.capabilities.custom_tables:
        named = ", ".join(table.name for table in fields.tables)
        raise ConfigProblem(
            f"tables: {named}: this kind of CRM is read without tables of your own; leave them out"
        )
    for table in fields.tables:
        incoming = work / f"table-{table.name}.incoming"
        _store(connector, table, incoming)
        merge(table.name, incoming, None, custom_path(work, table.name), table.schema(), memory_limit)
        incoming.unlink()


def _store(connector: Connector, table: CustomTable, path: Path) -> None:
    import pyarrow.parquet as pq

    pull = connector.pull_table(table)
    with pq.ParquetWriter(path, table.schema()) as writer:
        for batch in pull.batches:
            writer.write_batch(batch)
