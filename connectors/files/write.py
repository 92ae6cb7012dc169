"""Writes against exports: compare with the export and what is pending, then write the change file anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from connectors.compare import ToSend, compare
from connectors.errors import Unavailable
from connectors.files import pending as journal
from connectors.files.read import TableReader
from connectors.mapping import FieldType
from connectors.records import Outcome, RecordKind, Value, Write, WriteResult


class ChangeWriter:
    """Carries out batches of writes by replacing the change file."""

    def __init__(self, accounts: TableReader, owners: TableReader) -> None:
        self._accounts, self._owners = accounts, owners
        self._changes = accounts.settings.changes_path

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order; what is rejected names the reason.

        The change file is replaced once for the whole batch. Where that fails before anything is stored,
        Unavailable is raised; nothing was written then.
        """
        old = journal.load(self._changes)
        columns = sorted({name for write in writes for name in write.values})
        exported = self._exported([write.id for write in writes], columns, old)
        live = _rows(
            pa.Table.from_batches(
                [journal.overlay(batch, old) for batch in exported.to_batches()], exported.schema
            )
        )
        raw = _rows(exported)
        results: list[WriteResult] = []
        entries: list[tuple[str, str, Value, Value]] = []
        people = self._people() if "owner_id" in columns else None
        for write in writes:
            decided = self._decide(write, live.get(write.id), people)
            if isinstance(decided, ToSend):
                base = raw[write.id]
                entries += [(write.id, name, base[name], value) for name, value in decided.values.items()]
                live[write.id] = {**live[write.id], **decided.values}
                decided = WriteResult(write.id, Outcome.WRITTEN, found=decided.found)
            results.append(decided)
        if entries:
            self._store(journal.holding(exported, journal.replace_rows(old, journal.rows(entries))))
        return results

    def _decide(
        self, write: Write, found: Mapping[str, Value] | None, people: set[str] | None
    ) -> ToSend | WriteResult:
        stamp = found.get("modified_at") if found else None
        version = stamp if isinstance(stamp, datetime) else None
        shown = None if found is None else {name: found[name] for name in write.values}
        decided = compare(write, shown, version)
        if not isinstance(decided, ToSend):
            return decided
        for name, value in decided.values.items():
            if reason := self._unfit(name, value, people):
                return WriteResult(write.id, Outcome.REJECTED, "INVALID_VALUE", reason, decided.found)
        return decided

    def _unfit(self, name: str, value: Value, people: set[str] | None) -> str:
        if name == "owner_id" and people is not None and value is not None and value not in people:
            return f"owner {value!r} is no active owner of {self._owners.settings.owners}"
        type = self._accounts.schema.field(name).type
        try:
            pa.scalar(value, type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            return f"{value!r} does not fit column {name} ({type})"
        return ""

    def _people(self) -> set[str] | None:
        if self._owners.source() is None:
            return None
        active: set[str] = set()
        for batch in self._owners.batches(["active"]):
            active.update(batch["id"].filter(batch["active"]).to_pylist())
        return active

    def _exported(self, ids: Sequence[str], columns: Sequence[str], pending: pa.Table) -> pa.Table:
        wanted = pa.concat_arrays([pa.array(ids, pa.string()), pending["id"].combine_chunks()])
        names = dict.fromkeys([*columns, "modified_at", *pc.unique(pending["column"]).to_pylist()])
        batches = [
            batch.filter(pc.is_in(batch["id"], wanted)) for batch in self._accounts.batches(list(names))
        ]
        return pa.Table.from_batches(batches).combine_chunks()

    def _store(self, pending: pa.Table) -> None:
        mapped = {field.name: field for field in self._accounts.fields.of(RecordKind.ACCOUNTS)}
        headers = {name: field.source for name, field in mapped.items()} | self._accounts.headers()
        text = {name for name, field in mapped.items() if field.type is FieldType.TEXT}
        try:
            journal.store(self._changes, pending, headers, text, self._accounts.settings.cleared)
        except OSError as error:
            raise Unavailable(f"{self._changes} cannot be written: {error.strerror}") from error


def _rows(table: pa.Table) -> dict[str, dict[str, Value]]:
    return {row["id"]: row for row in table.to_pylist()}
