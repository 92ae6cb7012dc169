"""Writes: look again, compare, send what is left, and say of every record how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.compare import ToSend, compare
from connectors.errors import ConnectorError, FieldProblem, FieldProblems, OutcomeUnknown, Refused
from connectors.mapping import FieldMap
from connectors.records import Outcome, RecordId, RecordKind, Value, Write, WriteResult
from connectors.salesforce.fields import Described, Fields, sources
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.reading.values import same, to_json
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.results import Row, rows_of

BATCH = 200
"""Records of one sObject Collections call (doc)."""
_SIZES = (BATCH, 50, 10, 1)
"""Rows a call on the first try and on each further one of rows that other work had locked."""
_LOCKED = "UNABLE_TO_LOCK_ROW"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A write that was compared and is to be sent."""

    write: Write
    values: Mapping[str, Value]
    found: Mapping[str, Value]
    parent: str


class Writer:
    """Carries out one batch of writes; made anew for each."""

    def __init__(
        self,
        client: Client,
        fields: Fields,
        mapping: FieldMap,
        reader: Reader,
        headers: Mapping[str, str],
        teams_may_go: bool,
    ) -> None:
        self._client, self._fields, self._mapping, self._reader = client, fields, mapping, reader
        self._headers, self._teams_may_go = headers, teams_may_go
        self._sources = sources(fields, "Account", mapping.of(RecordKind.ACCOUNTS))
        self._sent = False

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order. Raises only while nothing may have been carried out.

        Rows that other work has locked are compared and sent again in smaller calls, one after the other.
        """
        self._refuse_unwritable(writes)
        results: dict[RecordId, WriteResult] = {}
        left = list(writes)
        for size in _SIZES:
            try:
                results |= self._round(left, size)
            except ConnectorError:
                if not self._sent:
                    raise
                # The locked rows keep the result that says so; the rest has one already.
                break
            left = [write for write in left if results[write.id].code == _LOCKED]
            if not left:
                break
        return [results[write.id] for write in writes]

    def _round(self, writes: Sequence[Write], size: int) -> dict[RecordId, WriteResult]:
        results: dict[RecordId, WriteResult] = {}
        ready: list[_Ready] = []
        for write, decided in zip(writes, self._compared(writes), strict=True):
            if isinstance(decided, _Ready):
                ready.append(decided)
            else:
                results[write.id] = decided
        ready, held = self._spare_teams(ready)
        results |= held
        # Children of one parent go together, so that two calls do not wait for the same parent's lock.
        ready.sort(key=lambda row: (row.parent, row.write.id))
        for start in range(0, len(ready), size):
            chunk = ready[start : start + size]
            for row, result in zip(chunk, self._carry_out(chunk), strict=True):
                outcome, code, message = result
                results[row.write.id] = WriteResult(row.write.id, outcome, code, message, row.found)
        return results

    def _compared(self, writes: Sequence[Write]) -> list[_Ready | WriteResult]:
        columns = {name for write in writes for name in write.values}
        asked = [*sorted(columns), *(name for name in ("modified_at", "parent_id") if name in self._sources)]
        found = self._reader.lookup([write.id for write in writes], asked).to_pylist()
        live = {row["id"]: row for row in found}
        decided: list[_Ready | WriteResult] = []
        for write in writes:
            row = live.get(write.id)
            shown = None if row is None else {name: row[name] for name in write.values}
            result: ToSend | WriteResult | _Ready = compare(
                write, shown, row and row.get("modified_at"), self._same
            )
            if isinstance(result, ToSend):
                parent = str((row or {}).get("parent_id") or write.id)
                result = _Ready(write, result.values, result.found, parent)
            decided.append(result)
        return decided

    def _same(self, column: str, left: Value, right: Value) -> bool:
        return same(self._sources[column], left, right)

    def _carry_out(self, rows: Sequence[_Ready]) -> list[Row]:
        """Send these; a call refused whole is halved until the bad row stands alone."""
        body = {"allOrNone": False, "records": [self._record(row) for row in rows]}
        try:
            answer = self._client.write("write", "PATCH", "composite/sobjects", body, self._headers)
            self._sent = True
            return rows_of(answer, [row.write.id for row in rows])
        except OutcomeUnknown as error:
            self._sent = True
            return [(Outcome.UNKNOWN, "", str(error))] * len(rows)
        except Refused as error:
            if len(rows) == 1:
                return [(Outcome.REJECTED, error.code, str(error))]
            half = len(rows) // 2
            return self._carry_out(rows[:half]) + self._carry_out(rows[half:])
        except ConnectorError as error:
            if not self._sent:
                raise
            return [(Outcome.REJECTED, "NOT_SENT", str(error))] * len(rows)

    def _record(self, row: _Ready) -> dict[str, Any]:
        values = {self._sources[name].name: to_json(value) for name, value in row.values.items()}
        return {"attributes": {"type": "Account"}, "id": row.write.id, **values}

    def _spare_teams(self, ready: list[_Ready]) -> tuple[list[_Ready], dict[RecordId, WriteResult]]:
        """Owner changes that would delete an account team are held back, unless the config allows it."""
        moving = [row.write.id for row in ready if "owner_id" in row.values]
        if not moving or self._teams_may_go or not self._fields.has_object("AccountTeamMember"):
            return ready, {}
        text = select(["Id", "AccountId"], "AccountTeamMember", any_of("AccountId", moving))
        with_team = {record["AccountId"][:15] for record in self._all(text)}
        message = (
            "the account has a team, which an owner change by REST deletes; change it in Salesforce, or set "
            "owner_change_may_delete_account_team"
        )
        held = {
            row.write.id: WriteResult(row.write.id, Outcome.REJECTED, "ACCOUNT_TEAM", message, row.found)
            for row in ready
            if row.write.id[:15] in with_team and "owner_id" in row.values
        }
        return [row for row in ready if row.write.id not in held], held

    def _all(self, text: str) -> list[Mapping[str, Any]]:
        return [record for page in self._reader.pages(text) for record in page]

    def _refuse_unwritable(self, writes: Sequence[Write]) -> None:
        problems = []
        for name in sorted({name for write in writes for name in write.values}):
            field: Described | None = self._sources.get(name)
            if field is None:
                problems.append(FieldProblem("accounts", name, name, "is not mapped or not readable"))
            elif not field.updateable:
                problems.append(FieldProblem("accounts", name, field.name, "may not be written by our user"))
        if problems:
            raise FieldProblems(problems)
