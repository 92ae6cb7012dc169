"""What a reading has so far, on disk: a manifest, and the rows that were read, as compressed Arrow files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import structlog

from connectors.hubspot.reading.stretches import Piece, Stretch, joined

log = structlog.get_logger()
MANIFEST = "manifest.json"
TOO_OLD = timedelta(hours=24)
"""An older reading is begun anew: what it says would be stale."""


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows on disk, whole and counted."""

    file: str
    part: str
    """Which of the lists and searches of the reading gave them."""
    records: int
    sha256: str
    stretches: tuple[Stretch, ...]
    """The ids of which these are all records."""
    cursor: str | None = None
    """Where the list knows no order of ids: by which it goes on behind them."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """How far a reading is."""

    question: str
    """All that is asked, of whom, and how; a spool goes on for the same question only."""
    begun: str
    """ISO 8601, UTC, by HubSpot's clock: the moment before reading began."""
    way: str
    """list or search."""
    counts: dict[str, int]
    """Records to be read of each object, as counted at that moment."""
    tops: dict[str, int]
    """The highest id of each object at that moment."""
    span: tuple[str, str] | None = None
    """For a reading of changes: from when to when, ISO 8601."""
    rows: tuple[StoredRows, ...] = field(default=())


class Spool:
    """A folder of one reading alone. A file is named by the manifest only once it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.manifest: Manifest | None = None

    def load(self, question: str, now: Callable[[], datetime]) -> Manifest | None:
        """What an interrupted reading of the last day left for this question, without rows that are damaged."""
        found = self._told()
        if found is None or found.question != question:
            return None
        if not timedelta(0) <= now() - datetime.fromisoformat(found.begun) < TOO_OLD:
            return None
        self.manifest = replace(found, rows=tuple(self._sound(found.rows)))
        log.info(
            "an interrupted reading goes on",
            folder=str(self._folder),
            records=sum(r.records for r in self.manifest.rows),
        )
        return self.manifest

    def begin(self, manifest: Manifest) -> None:
        """Forget everything, and begin with this."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        self._save(manifest)

    def add(self, part: str, batch: pa.RecordBatch, pieces: Sequence[Piece]) -> None:
        """Keep rows made of these pieces: once it returns, they are there after a kill."""
        assert self.manifest is not None
        name = f"{len(self.manifest.rows):05}-{os.urandom(4).hex()}.arrow"
        data = _encoded(batch)
        _write(self._folder / name, data)
        stored = StoredRows(
            file=name,
            part=part,
            records=sum(len(piece.records) for piece in pieces),
            sha256=hashlib.sha256(data).hexdigest(),
            stretches=tuple(joined(piece.stretch for piece in pieces if piece.stretch is not None)),
            cursor=pieces[-1].cursor,
        )
        self._save(replace(self.manifest, rows=(*self.manifest.rows, stored)))

    def batches(self, part: str) -> Iterator[pa.RecordBatch]:
        """The rows that are there already."""
        assert self.manifest is not None
        for stored in self.manifest.rows:
            if stored.part == part:
                with pa.ipc.open_stream((self._folder / stored.file).read_bytes()) as reader:
                    yield from reader

    def forget(self, part: str) -> None:
        """This part is read anew."""
        assert self.manifest is not None
        self._save(replace(self.manifest, rows=tuple(r for r in self.manifest.rows if r.part != part)))

    def clear(self) -> None:
        """Forget everything."""
        self.manifest = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _save(self, manifest: Manifest) -> None:
        _write(self._folder / MANIFEST, orjson.dumps(manifest))
        self.manifest = manifest

    def _told(self) -> Manifest | None:
        try:
            return _manifest(orjson.loads((self._folder / MANIFEST).read_bytes()))
        except FileNotFoundError:
            return None
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            log.warning(
                "a spool cannot be read and is begun anew", folder=str(self._folder), error=str(error)[:200]
            )
            return None

    def _sound(self, stored: Sequence[StoredRows]) -> Iterator[StoredRows]:
        """Without those that are damaged, and those behind them in a list that was read in turn."""
        torn: set[str] = set()
        for rows in stored:
            if rows.part in torn:
                continue
            if self._is_sound(rows):
                yield rows
            elif not rows.stretches:
                torn.add(rows.part)

    def _is_sound(self, rows: StoredRows) -> bool:
        try:
            sound = hashlib.sha256((self._folder / rows.file).read_bytes()).hexdigest() == rows.sha256
        except OSError:
            sound = False
        if not sound:
            log.warning("rows of the spool are damaged and are read anew", file=str(self._folder / rows.file))
        return sound


def _encoded(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _write(path: Path, data: bytes) -> None:
    """Put in its place at once, or not at all; readable by its owner only."""
    part = path.with_name(f".{path.name}.part")
    part.touch(mode=0o600)
    part.write_bytes(data)
    part.replace(path)


def _manifest(told: dict[str, Any]) -> Manifest:
    datetime.fromisoformat(told["begun"])
    rows = tuple(
        StoredRows(**{**row, "stretches": tuple(Stretch(**s) for s in row["stretches"])})
        for row in told["rows"]
    )
    span = told["span"]
    return Manifest(**{**told, "rows": rows, "span": None if span is None else (span[0], span[1])})
