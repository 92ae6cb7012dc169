"""`python -m tests.connectors.salesforce.pulls SETTINGS SPOOL INTO [POINT]`: one pull of accounts in a process of its own.

With POINT, "create", "poll", "page N", "inside N" or "end", the process kills itself there, as kill -9 would.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pyarrow.parquet as pq

from connectors.records import RecordKind
from connectors.salesforce import SalesforceSettings, plugin
from connectors.salesforce.reading.bulk_spool import Spool
from connectors.salesforce.wire.client import Client


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(point: str) -> None:
    """Arrange for death at this point."""
    kind, _, number = point.partition(" ")
    at, met = int(number or 1), 0
    save, download = Spool.save, cast(Any, Client.download)

    def dying_save(spool: Spool, manifest: Any) -> None:
        save(spool, manifest)
        done = {
            "create": manifest.rows is None,
            "poll": manifest.rows is not None and not manifest.pages,
            "page": len(manifest.pages) == at,
            "end": manifest.is_whole,
        }
        if done.get(kind, False):
            die()

    def dying_download(client: Client, *given: Any) -> Any:
        nonlocal met
        met += 1
        if met != at:
            return download(client, *given)

        def sink(block: bytes) -> None:
            given[-1](block[: len(block) // 2])
            die()

        return download(client, *given[:-1], sink)

    patch.object(Spool, "save", dying_save).start()
    if kind == "inside":
        patch.object(Client, "download", dying_download).start()


def main() -> None:
    settings = SalesforceSettings.model_validate(json.loads(sys.argv[1]))
    spool, into = Path(sys.argv[2]), Path(sys.argv[3])
    if len(sys.argv) > 4:
        deadly(sys.argv[4])
    connector = plugin.connect(settings, plugin.default_fields())
    pull = connector.pull(RecordKind.ACCOUNTS, spool=spool)
    rows = 0
    with pq.ParquetWriter(into, plugin.default_fields().schema(RecordKind.ACCOUNTS)) as writer:
        for batch in pull.batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"rows": rows, "calls": connector.calls(), "megabytes": peak}) + "\n")
    connector.close()


if __name__ == "__main__":
    main()
