"""What a CRM said at one instant: immutable Parquet files with a hash, made whole or from the last one.

A folder of snapshots holds one folder per content hash and `latest.json`, which names the current one and
the watermarks it reaches. How one is made: `sync/pulling/`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.records import MAIN, RecordKind, Watermark
from rules.decisions import Tables
from sync.errors import StateDamaged
from sync.files import sha256, write_text

POINTER = "latest.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot on disk; `rows` counts the rows of each table."""

    folder: Path
    id: str
    """The first 16 digits of the SHA-256 over the files' hashes."""
    rows: Mapping[RecordKind, int]
    watermarks: Mapping[RecordKind, Watermark]
    pulled_at: datetime
    whole_at: datetime
    """When every table was last pulled whole."""
    mapping: str
    """Hash of how the CRM was read; another mapping, or other settings, need a whole pull."""
    source: str
    """Which CRM said it: kind, and org or portal."""
    calls: int = 0
    """HTTP calls that the pull took, looking at the org and its fields included."""

    @property
    def tables(self) -> Tables:
        """The files, as rules read them."""
        return Tables(**{str(kind): self.folder / f"{kind}.parquet" for kind in MAIN})

    def path(self, kind: RecordKind) -> Path:
        """The file of one table; a table that this CRM has not is empty."""
        return self.folder / f"{kind}.parquet"


def load(folder: Path) -> Snapshot | None:
    """The latest snapshot, None before the first pull; StateDamaged where its files are gone."""
    pointer = folder / POINTER
    if not pointer.exists():
        return None
    try:
        told = json.loads(pointer.read_text(encoding="utf-8"))
        snapshot = Snapshot(
            folder=folder / told["id"],
            id=told["id"],
            rows={RecordKind(k): n for k, n in told["rows"].items()},
            watermarks={RecordKind(k): Watermark(w) for k, w in told["watermarks"].items()},
            pulled_at=datetime.fromisoformat(told["pulled_at"]),
            whole_at=datetime.fromisoformat(told["whole_at"]),
            mapping=told["mapping"],
            source=told["source"],
            calls=int(told.get("calls", 0)),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StateDamaged(f"{pointer} cannot be read ({error}); delete it and pull again") from error
    missing = [kind for kind in MAIN if not (snapshot.folder / f"{kind}.parquet").exists()]
    if missing:
        raise StateDamaged(f"{snapshot.folder} has no {missing[0]}.parquet; delete {pointer} and pull again")
    return snapshot


def custom_path(folder: Path, name: str) -> Path:
    """The file of one such table in the folder of a snapshot."""
    return folder / f"table-{name}.parquet"


def custom_paths(folder: Path) -> list[Path]:
    """The files of all, in the order of their names."""
    return sorted(folder.glob("table-*.parquet"))


def verify(snapshot: Snapshot) -> None:
    """StateDamaged where a file is not what was stored."""
    if _identity(snapshot.folder) != snapshot.id:
        raise StateDamaged(f"{snapshot.folder} was changed after it was stored; delete it and pull again")


def store(work: Path, folder: Path) -> Path:
    """Give a finished folder the name of its content."""
    final = folder / _identity(work)
    if not final.exists():
        for file in work.iterdir():
            file.chmod(0o600)
        work.rename(final)
    return final


def point(folder: Path, snapshot: Snapshot) -> None:
    told = {
        "id": snapshot.id,
        "rows": {str(k): n for k, n in snapshot.rows.items()},
        "watermarks": {str(k): w for k, w in snapshot.watermarks.items()},
        "pulled_at": snapshot.pulled_at.isoformat(),
        "whole_at": snapshot.whole_at.isoformat(),
        "mapping": snapshot.mapping,
        "source": snapshot.source,
        "calls": snapshot.calls,
    }
    write_text(folder / POINTER, json.dumps(told, indent=2) + "\n")


def _identity(folder: Path) -> str:
    files = [*(folder / f"{kind}.parquet" for kind in RecordKind), *custom_paths(folder)]
    told = "\n".join(f"{file.name} {sha256(file)}" for file in files if file.exists())
    return hashlib.sha256(told.encode()).hexdigest()[:16]
