"""A pull: every table of a CRM into a new snapshot, whole or what changed since the last one.

The pointer to the latest snapshot moves only after every row is stored, so an interrupted pull leaves the last
snapshot and its watermarks as they were.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.records import MAIN, RecordKind, Watermark
from sync.answers.kept import remember
from sync.errors import ConfigProblem, TruncatedPull
from sync.pulling.custom_tables import pull_custom
from sync.pulling.merge import merge, write_parquet
from sync.pulling.unfinished import Unfinished
from sync.snapshot import Snapshot, load, point, store

if TYPE_CHECKING:
    import pyarrow as pa

    from connectors.base import Connector, Pull
    from connectors.mapping import FieldMap


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull did: rows that came, and rows before and after, per table."""

    snapshot: Snapshot
    came: Mapping[RecordKind, int]
    before: Mapping[RecordKind, int]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Table:
    """One table as it was read."""

    came: int
    watermark: Watermark
    complete: bool


@dataclass(frozen=True, slots=True)
class Puller:
    """Pulls one CRM into a folder of snapshots."""

    folder: Path
    fields: FieldMap
    now: Callable[[], datetime]
    rows_read_share: float
    """A table that shrinks below this share of the last one is taken for truncated."""
    whole_after: timedelta
    keep: int
    memory_limit: str = "400MB"
    source: str = ""
    """Which CRM this is: kind, and org or portal. A folder belongs to the one that filled it."""
    settings: str = ""
    """How it is asked, as text without secrets."""
    also: frozenset[RecordKind] = frozenset()
    """Tables beside the main ones that are wanted, of those that the connector has."""
    calls: Callable[[], int] = lambda: 0
    """HTTP calls so far."""
    on_rows: Callable[[RecordKind, int], None] = lambda kind, rows: None
    """Told the rows that came so far, for progress bars."""

    def pull(
        self, connector: Connector, *, whole: bool = False, accept_fewer: frozenset[RecordKind] = frozenset()
    ) -> PullReport:
        """Store what changed since the last snapshot, or everything.

        What an interrupted pull of the last day has read is not read again, only its changes since. TruncatedPull
        where a table lost more rows than allowed and `accept_fewer` does not name it, ConfigProblem where the
        folder is another CRM's.
        """
        last = load(self.folder)
        self._refuse_another(last)
        now = self.now()
        mapping = reading_hash(self.fields, self.settings)
        whole = whole or last is None or last.mapping != mapping or now - last.whole_at >= self.whole_after
        left = Unfinished(self.folder / ".spool", self._question(mapping, last, whole), now)
        with self._working_folder() as work:
            came, marks, complete = {}, {}, True
            for kind in RecordKind:
                if kind not in MAIN and kind not in self.also & connector.capabilities.also:
                    write_parquet([], work / f"{kind}.parquet", self.fields.schema(kind))
                    came[kind] = 0
                    continue
                since = None if whole or last is None else last.watermarks.get(kind)
                if kind not in connector.capabilities.changes:
                    since = None
                base = None if last is None else last.path(kind)
                table = self._read(connector, kind, since, work, base, left)
                came[kind], marks[kind] = table.came, table.watermark
                complete = complete and table.complete
            pull_custom(connector, self.fields, work, self.memory_limit)
            rows = {kind: _rows(work / f"{kind}.parquet") for kind in RecordKind}
            before = dict(last.rows) if last else {}
            try:
                self._refuse_truncated(rows, before, accept_fewer)
            except TruncatedPull:
                left.clear()  # what is missing must be asked for again
                raise
            snapshot = Snapshot(
                folder=store(work, self.folder),
                id="",
                rows=rows,
                watermarks=marks,
                pulled_at=now,
                whole_at=left.began if complete or last is None else last.whole_at,
                mapping=mapping,
                source=self.source,
                calls=self.calls(),
            )
        snapshot = replace(snapshot, id=snapshot.folder.name)
        point(self.folder, snapshot)
        remember(self.folder, snapshot.id, now)
        self._forget_old(snapshot)
        left.clear()
        return PullReport(snapshot, came, before, whole)

    @contextmanager
    def _working_folder(self) -> Iterator[Path]:
        work = self.folder / ".pulling"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True, mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _read(
        self,
        connector: Connector,
        kind: RecordKind,
        since: Watermark | None,
        work: Path,
        base: Path | None,
        left: Unfinished,
    ) -> _Table:
        """One table into the working folder; where an earlier try has it, or part of it, then also what changed since."""
        catches_up = kind in connector.capabilities.changes
        kept, again = left.table(kind) if catches_up else None, left.was_begun(kind)
        if kept is not None:
            os.link(kept.file, work / f"{kind}.parquet")
            table = _Table(kept.came, kept.watermark, complete=True)
        else:
            table = self._pull(connector.pull(kind, since, spool=left.place(kind)), kind, work, base)
            if table.complete:
                left.keep(kind, work / f"{kind}.parquet", table.watermark, table.came)
        if catches_up and (kept is not None or again):
            newer = self._pull(connector.pull(kind, table.watermark), kind, work, work / f"{kind}.parquet")
            table = _Table(table.came + newer.came, newer.watermark, table.complete)
        return table

    def _pull(self, pull: Pull, kind: RecordKind, work: Path, base: Path | None) -> _Table:
        came = self._store(pull, kind, work)
        incoming, merged = work / f"{kind}.incoming.parquet", work / f"{kind}.parquet"
        only = None if pull.only is None else _store_ids(pull.only, work / f"{kind}.only.parquet")
        merge(
            kind,
            incoming,
            None if pull.complete else base,
            merged,
            self.fields.schema(kind),
            self.memory_limit,
            only=only,
        )
        incoming.unlink()
        if only is not None:
            only.unlink()
        return _Table(came, pull.watermark, pull.complete)

    def _question(self, mapping: str, last: Snapshot | None, whole: bool) -> dict[str, str]:
        """What must be the same for a pull to go on with another's tables."""
        beside = "" if last is None else last.id
        return {"mapping": mapping, "source": self.source, "beside": beside, "whole": str(whole)}

    def _store(self, pull: Pull, kind: RecordKind, work: Path) -> int:
        import pyarrow.parquet as pq

        rows = 0
        with pq.ParquetWriter(work / f"{kind}.incoming.parquet", self.fields.schema(kind)) as writer:
            for batch in pull.batches:
                writer.write_batch(batch)
                rows += batch.num_rows
                self.on_rows(kind, rows)
        return rows

    def _refuse_another(self, last: Snapshot | None) -> None:
        # A copy of production has production's ids: rows, watermarks and owners of the two would mix.
        if last is not None and last.source != self.source:
            raise ConfigProblem(
                f"{self.folder.parent} belongs to {last.source or 'another CRM'} and the config names {self.source}; "
                "name another folder under state: in the config. Nothing was pulled"
            )

    def _refuse_truncated(
        self,
        rows: Mapping[RecordKind, int],
        before: Mapping[RecordKind, int],
        accepted: frozenset[RecordKind],
    ) -> None:
        for kind in (RecordKind.ACCOUNTS, RecordKind.OWNERS):
            if rows[kind] == 0 and kind not in accepted:
                raise TruncatedPull(
                    f"the CRM gave no {kind}; nothing is planned from that. Check what the integration user may see, "
                    f'or say that this is right with "territory pull --accept-fewer {kind}"'
                )
        # Teams and counts may go at a stroke; what plans are made from may not.
        for kind, had in ((kind, before[kind]) for kind in MAIN if kind in before):
            if rows[kind] < had * self.rows_read_share and kind not in accepted:
                raise TruncatedPull(
                    f"{kind}: {rows[kind]:,} rows, {rows[kind] / had:.1%} of the last pull's {had:,} "
                    f"(limit {self.rows_read_share:.0%}); nothing is planned from that. Check what the integration user "
                    f'may see, or say that this is right with "territory pull --accept-fewer {kind}"'
                )

    def _forget_old(self, current: Snapshot) -> None:
        others = [
            f
            for f in self.folder.iterdir()
            if f.is_dir() and f.name != current.id and not f.name.startswith(".")
        ]
        others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in others[self.keep - 1 :]:
            shutil.rmtree(folder)


def _store_ids(ids: Iterable[pa.Array], path: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("id", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in ids:
            writer.write_table(pa.table([batch], schema))
    return path


def reading_hash(fields: FieldMap, settings: str) -> str:
    """Changes when a column would be read from another field or as another type, or the CRM be asked otherwise."""
    told = [(str(kind), f.name, f.source, str(f.type)) for kind in RecordKind for f in fields.of(kind)]
    told += [(t.name, f.name, f"{t.source}.{f.source}", str(f.type)) for t in fields.tables for f in t.fields]
    told += [(t.name, "account", f"{t.source}.{t.account}", "") for t in fields.tables]
    return hashlib.sha256(json.dumps([settings, told]).encode()).hexdigest()[:16]


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)
