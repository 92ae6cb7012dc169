"""Looking again just before a write: what is still to be sent, and what needs no sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.compare import ToSend, compare
from connectors.errors import FieldProblem, FieldProblems
from connectors.mapping import FieldMap
from connectors.records import RecordKind, Value, Write, WriteResult
from connectors.salesforce.fields import Described, Fields, sources
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.reading.values import column, same, to_json


@dataclass(frozen=True, slots=True)
class Ready:
    """A write that was compared and is to be sent; `values` and `found` by our column names."""

    write: Write
    values: Mapping[str, Value]
    found: Mapping[str, Value]
    parent: str
    """Whose lock the write takes: the parent account, or the account itself where it has none."""

    @property
    def moves(self) -> bool:
        """Whether the account gets another owner."""
        return "owner_id" in self.values

    @property
    def pair(self) -> tuple[str, str]:
        """The owner before and the one to come."""
        return str(self.found["owner_id"]), str(self.values["owner_id"])


class Look:
    """Reads the live records of writes, 2,000 a call, and holds the writes against them."""

    def __init__(self, fields: Fields, mapping: FieldMap, reader: Reader) -> None:
        self._reader, self._mapping = reader, mapping
        self._sources = sources(fields, "Account", mapping.of(RecordKind.ACCOUNTS))

    def refuse_unwritable(self, writes: Sequence[Write]) -> None:
        """FieldProblems where a column of these writes is no field that our user may write."""
        problems = []
        for name in sorted({name for write in writes for name in write.values}):
            field: Described | None = self._sources.get(name)
            if field is None:
                problems.append(FieldProblem("accounts", name, name, "is not mapped or not readable"))
            elif not field.updateable:
                problems.append(FieldProblem("accounts", name, field.name, "may not be written by our user"))
        if problems:
            raise FieldProblems(problems)

    def compared(self, writes: Sequence[Write]) -> list[Ready | WriteResult]:
        """One for each write, in order: ready to be sent, or the result that needs no sending."""
        columns = {name for write in writes for name in write.values}
        asked = [*sorted(columns), *(name for name in ("modified_at", "parent_id") if name in self._sources)]
        found = self._reader.lookup([write.id for write in writes], asked).to_pylist()
        live = {row["id"]: row for row in found}
        return [self._decided(write, live.get(write.id)) for write in writes]

    def fields_of(self, row: Ready) -> dict[str, Value]:
        """What is to be set, by Salesforce's field names, as its JSON takes it."""
        return {self._sources[name].name: to_json(value) for name, value in row.values.items()}

    def names_of(self, row: Ready) -> list[str]:
        """Salesforce's names of the fields that are to be set."""
        return [self._sources[name].name for name in row.values]

    def holds(self, row: Ready, record: Mapping[str, Any]) -> bool:
        """Whether a record as Salesforce's JSON has it still holds what was found in these fields."""
        schema = self._mapping.schema(RecordKind.ACCOUNTS)
        for name in row.values:
            live = column([record], self._sources[name], schema.field(name).type)[0].as_py()
            if not self._same(name, live, row.found[name]):
                return False
        return True

    def _decided(self, write: Write, row: Mapping[str, Value] | None) -> Ready | WriteResult:
        shown = None if row is None else {name: row[name] for name in write.values}
        stamp = None if row is None else row.get("modified_at")
        result = compare(write, shown, stamp, self._same)  # type: ignore[arg-type]  # a datetime by its type
        if not isinstance(result, ToSend):
            return result
        parent = str((row or {}).get("parent_id") or write.id)
        return Ready(write, result.values, result.found, parent)

    def _same(self, column: str, left: Value, right: Value) -> bool:
        return same(self._sources[column], left, right)
