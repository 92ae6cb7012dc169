"""What a CRM said at one instant: immutable Parquet files with a hash, made whole or from the last one.

A folder of snapshots holds one folder per content hash and `latest.json`, which names the current one and
the watermarks it reaches. The pointer moves only after every row is stored, so an interrupted pull leaves
the last snapshot and its watermarks as they were.
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
from rules.decisions import Tables
from sync.answers.kept import remember
from sync.custom_tables import custom_paths, pull_custom
from sync.errors import ConfigProblem, StateDamaged, TruncatedPull
from sync.files import sha256, write_text
from sync.merge import ROWS_PER_GROUP, merge, write_parquet
from sync.scratch import scratch
from sync.territories.overlay import overlay_memberships
from sync.unfinished import Unfinished

if TYPE_CHECKING:
    import pyarrow as pa

    from connectors.base import Connector, Pull
    from connectors.mapping import FieldMap

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

    @property
    def tables(self) -> Tables:
        """The files, as rules read them."""
        return Tables(**{str(kind): self.folder / f"{kind}.parquet" for kind in MAIN})

    def path(self, kind: RecordKind) -> Path:
        """The file of one table; a table that this CRM has not is empty."""
        return self.folder / f"{kind}.parquet"


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull did: rows that came, and rows before and after, per table."""

    snapshot: Snapshot
    came: Mapping[RecordKind, int]
    before: Mapping[RecordKind, int]
    whole: bool


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
        )
    except (ValueError, KeyError) as error:
        raise StateDamaged(f"{pointer} cannot be read ({error}); delete it and pull again") from error
    missing = [kind for kind in MAIN if not (snapshot.folder / f"{kind}.parquet").exists()]
    if missing:
        raise StateDamaged(f"{snapshot.folder} has no {missing[0]}.parquet; delete {pointer} and pull again")
    return snapshot


def verify(snapshot: Snapshot) -> None:
    """StateDamaged where a file is not what was stored."""
    if _identity(snapshot.folder) != snapshot.id:
        raise StateDamaged(f"{snapshot.folder} was changed after it was stored; delete it and pull again")


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
                folder=_keep(work, self.folder),
                id="",
                rows=rows,
                watermarks=marks,
                pulled_at=now,
                whole_at=left.began if complete or last is None else last.whole_at,
                mapping=mapping,
                source=self.source,
            )
        snapshot = replace(snapshot, id=snapshot.folder.name)
        _point(self.folder, snapshot)
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


def overlay(folder: Path, live: Iterable[pa.Table], memory_limit: str) -> None:
    """Bring the latest snapshot's accounts to the live values that were just read (`id` and some columns).

    What we wrote is then in the snapshot, though the CRM's own index of changes may not show it yet. An
    account that was written in two calls was read twice, a moment apart; one of the readings counts.
    """
    import pyarrow as pa

    snapshot, tables = load(folder), [table for table in live if table.num_rows]
    if snapshot is None or not tables:
        return
    seen = pa.concat_tables(tables)
    schema = _schema(snapshot.tables.accounts)
    work = folder / ".overlaying"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(snapshot.folder, work, copy_function=os.link)
    (work / "accounts.parquet").unlink()
    chosen = ", ".join(
        f'CASE WHEN s.id IS NULL THEN a."{c}" ELSE s."{c}" END AS "{c}"'
        if c in seen.column_names
        else f'a."{c}"'
        for c in schema.names
        if c != "id"
    )
    with scratch(memory_limit, work) as database:
        database.from_parquet(str(snapshot.tables.accounts)).create_view("accounts")
        database.register("seen", seen)
        rows = database.sql(
            f"SELECT a.id, {chosen} FROM accounts a LEFT JOIN (SELECT DISTINCT ON (id) * FROM seen) s "
            "ON s.id = a.id ORDER BY a.id"
        )
        write_parquet(rows.to_arrow_reader(ROWS_PER_GROUP), work / "accounts.parquet", schema)
    overlay_memberships(work, seen, memory_limit)
    kept = _keep(work, folder)
    shutil.rmtree(work, ignore_errors=True)
    _point(folder, replace(snapshot, folder=kept, id=kept.name))


def _schema(path: Path) -> pa.Schema:
    import pyarrow.parquet as pq

    return pq.read_schema(path)


def _keep(work: Path, folder: Path) -> Path:
    """Give a finished folder the name of its content."""
    final = folder / _identity(work)
    if not final.exists():
        for file in work.iterdir():
            file.chmod(0o600)
        work.rename(final)
    return final


def _point(folder: Path, snapshot: Snapshot) -> None:
    told = {
        "id": snapshot.id,
        "rows": {str(k): n for k, n in snapshot.rows.items()},
        "watermarks": {str(k): w for k, w in snapshot.watermarks.items()},
        "pulled_at": snapshot.pulled_at.isoformat(),
        "whole_at": snapshot.whole_at.isoformat(),
        "mapping": snapshot.mapping,
        "source": snapshot.source,
    }
    write_text(folder / POINTER, json.dumps(told, indent=2) + "\n")


def reading_hash(fields: FieldMap, settings: str) -> str:
    """Changes when a column would be read from another field or as another type, or the CRM be asked otherwise."""
    told = [(str(kind), f.name, f.source, str(f.type)) for kind in RecordKind for f in fields.of(kind)]
    told += [(t.name, f.name, f"{t.source}.{f.source}", str(f.type)) for t in fields.tables for f in t.fields]
    told += [(t.name, "account", f"{t.source}.{t.account}", "") for t in fields.tables]
    return hashlib.sha256(json.dumps([settings, told]).encode()).hexdigest()[:16]


def _identity(folder: Path) -> str:
    files = [*(folder / f"{kind}.parquet" for kind in RecordKind), *custom_paths(folder)]
    told = "\n".join(f"{file.name} {sha256(file)}" for file in files if file.exists())
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)
