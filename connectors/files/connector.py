"""A connector without a CRM: exports in, a change file out."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Capabilities, Forecast, Identity, Load, Pull, Quota, SetupStep, WithoutExtras
from connectors.compare import within_batch
from connectors.errors import FieldProblem, FieldProblems, Refused
from connectors.files import pending as journal
from connectors.files.config import FilesSettings
from connectors.files.fields import field_problems
from connectors.files.read import TableReader
from connectors.files.write import ChangeWriter
from connectors.mapping import FieldMap, MappedField
from connectors.records import MAIN, Receipt, RecordId, RecordKind, Watermark, Write, WriteResult

_CAPABILITIES = Capabilities(write_batch=10_000, changes=frozenset())


def forecast(settings: FilesSettings, load: Load) -> Forecast:
    """Change files to write."""
    return Forecast({"write": -(-(load.records + sum(load.owner_groups)) // _CAPABILITIES.write_batch)})


class FilesConnector(WithoutExtras):
    """Exports are the CRM as it was; the change file holds what we want of it. Both together are read.

    A value that was written is read back until an export shows another one than it did at the writing: from
    then on the export is right. Every pull is whole, as reading files is cheap.
    """

    def __init__(self, settings: FilesSettings, fields: FieldMap) -> None:
        self._settings, self._fields = settings, fields
        self._read: Counter[str] = Counter()

    @property
    def capabilities(self) -> Capabilities:
        """Whole pulls, large batches, no fields to create."""
        return _CAPABILITIES

    def identity(self) -> Identity:
        """The folder of the exports, and who runs this."""
        path = self._settings.path(RecordKind.ACCOUNTS)
        assert path is not None, "the settings demand an accounts file"
        self._reader(RecordKind.ACCOUNTS).headers()
        return Identity(str(path.resolve()), path.name, getpass.getuser())

    def check(self, *, writing: bool) -> list[FieldProblem]:
        """Mapped fields that the files lack; an output may be absent, as the change file adds it."""
        problems: list[FieldProblem] = []
        for kind in MAIN:
            if (source := self._reader(kind).source()) is not None:
                problems += field_problems(kind, self._fields.of(kind), source.headers())
        return problems

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        """The whole table, whatever the watermark."""
        return Pull(self._batches(kind), Watermark("whole"), complete=True)

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """The exported values of these accounts with what was written on top."""
        names = list(dict.fromkeys(["id", *columns]))
        pending = journal.load(self._settings.changes_path)
        wanted = pa.array(ids, pa.string())
        self._read["accounts"] += 1
        batches = [
            journal.overlay(batch.filter(pc.is_in(batch["id"], wanted)), pending)
            for batch in self._reader(RecordKind.ACCOUNTS).batches(names)
        ]
        return pa.Table.from_batches(batches).select(names)

    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        """Compare with export and change file, then replace the change file once."""
        within_batch(len(writes), _CAPABILITIES.write_batch)
        if not writes:
            return []
        self._refuse_unmapped(writes)
        self._read["write"] += 1
        return ChangeWriter(self._reader(RecordKind.ACCOUNTS), self._reader(RecordKind.OWNERS)).write(writes)

    def setup_steps(self, fields: Sequence[MappedField]) -> list[SetupStep]:
        """Nothing: the change file has a column for every output."""
        return []

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Nothing is created here; a step that someone passes nevertheless is an error."""
        if steps:
            raise Refused("exported files have no fields to create; create them in the CRM")

    def calls(self) -> Mapping[str, int]:
        """Files read so far, per table, and change files written."""
        return dict(self._read)

    def quota(self) -> Quota:
        """Files have none."""
        return Quota()

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _batches(self, kind: RecordKind) -> Iterator[pa.RecordBatch]:
        self._read[kind.value] += 1
        batches = self._reader(kind).batches()
        if kind is not RecordKind.ACCOUNTS:
            yield from batches
            return
        pending = journal.load(self._settings.changes_path)
        for batch in batches:
            yield journal.overlay(batch, pending)

    def _reader(self, kind: RecordKind) -> TableReader:
        return TableReader(self._settings, self._fields, kind)

    def _refuse_unmapped(self, writes: Sequence[Write]) -> None:
        known = set(self._fields.schema(RecordKind.ACCOUNTS).names)
        unknown = sorted({name for write in writes for name in write.values} - known)
        if unknown:
            raise FieldProblems([FieldProblem("accounts", n, n, "is not mapped") for n in unknown])
