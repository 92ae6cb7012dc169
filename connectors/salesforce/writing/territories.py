"""Who is in which territory: rows are created and deleted, as Salesforce lets none of them be changed.

Created first, so that nobody loses sight of an account in between. Only rows that our user made are ever deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConnectorError
from connectors.records import Outcome, RecordId, Write, WriteResult
from connectors.retry import BASE, CAP, RetryPolicy
from connectors.salesforce.forecast import FIRST_USERS
from connectors.salesforce.reading.territories import (
    ACCOUNTS,
    MANUAL,
    MEMBERSHIPS,
    USERS,
    Member,
    Membership,
    Territories,
)
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.results import Row, rows_in_order, rows_of
from connectors.salesforce.writing.sending import Sending

_SIZES: Mapping[str, tuple[int, ...]] = {
    ACCOUNTS.sobject: (200, 50, 10, 1),
    # Each takes the org's one lock of group memberships, which is waited for no longer than 10 seconds (doc).
    USERS.sobject: (FIRST_USERS, 5, 1, 1, 1),
}
"""Rows a call on the first try and on each further one of rows that other work had locked."""
_LOCKED = "UNABLE_TO_LOCK_ROW"
_GONE = frozenset(["INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED", "NOT_FOUND"])
_WORST = (Outcome.UNKNOWN, Outcome.REJECTED, Outcome.CONFLICT, Outcome.WRITTEN)


@dataclass(frozen=True, slots=True)
class _Step:
    """One row to create, or to delete (then it has an id)."""

    record: RecordId
    territory_id: RecordId
    id: RecordId | None = None


@dataclass(slots=True)
class _Ready:
    """A write that was compared: what it adds, what it takes away, and how its rows ended."""

    write: Write
    found: str | None
    adding: list[_Step]
    removing: list[_Step]
    rows: list[Row] = field(default_factory=list)

    def result(self, column: str) -> WriteResult:
        """The worst of its rows."""
        outcome, code, message = min(self.rows, key=lambda row: _WORST.index(row[0]))
        return WriteResult(self.write.id, outcome, code, message, {column: self.found})


@dataclass(frozen=True, slots=True)
class Memberships:
    """Carries out writes of sets of territories; made anew for each batch."""

    client: Client
    territories: Territories
    retry: RetryPolicy
    sending: Sending

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order. Raises only while nothing may have been carried out.

        Accounts and users go in calls of their own: members of territories are setup, which Salesforce takes
        in no transaction together with data.
        """
        results: dict[RecordId, WriteResult] = {}
        for column, kind in MEMBERSHIPS.items():
            own = [write for write in writes if column in write.values]
            if own:
                results |= {result.id: result for result in self._of_kind(kind, own)}
        return [results[write.id] for write in writes]

    def _of_kind(self, kind: Membership, writes: Sequence[Write]) -> list[WriteResult]:
        try:
            live = self.territories.members(kind, [write.id for write in writes])
            decided = [self._compared(kind, write, live.get(write.id, [])) for write in writes]
        except ConnectorError as error:
            rows = self.sending.failed(error, len(writes))
            return [WriteResult(write.id, *row) for write, row in zip(writes, rows, strict=True)]
        ready = [one for one in decided if isinstance(one, _Ready)]
        self._carry_out(kind, [(one, step) for one in ready for step in one.adding], self._create(kind))
        whole = [one for one in ready if all(outcome is Outcome.WRITTEN for outcome, _, _ in one.rows)]
        self._carry_out(kind, [(one, step) for one in whole for step in one.removing], self._delete)
        return [one.result(kind.column) if isinstance(one, _Ready) else one for one in decided]

    def _compared(self, kind: Membership, write: Write, live: Sequence[Member]) -> _Ready | WriteResult:
        """Only what is neither added nor removed must be as the plan saw it."""
        names = self.territories.names
        ours = {names[member.territory_id]: member for member in live if member.ours}
        theirs = {names[member.territory_id] for member in live if not member.ours}
        wanted, expected = (_set(values.get(kind.column)) for values in (write.values, write.expected))
        found = self.territories.text(member.territory_id for member in ours.values())
        moved = (
            ((wanted & expected) - set(ours))
            | (set(ours) - wanted - expected)
            | (theirs & wanted - set(ours))
        )
        if moved:
            said = f"somebody else put the record into, or took it out of, {', '.join(sorted(moved))} since the plan"
            return WriteResult(write.id, Outcome.CONFLICT, message=said, found={kind.column: found})
        adding, removing = sorted(wanted - set(ours)), sorted(set(ours) - wanted)
        if missing := [name for name in adding if name not in self.territories.ids]:
            said = f"the territory model has no {', '.join(missing)} any more"
            return WriteResult(write.id, Outcome.REJECTED, "TERRITORY_MISSING", said, {kind.column: found})
        if not adding and not removing:
            return WriteResult(write.id, Outcome.UNCHANGED, found={kind.column: found})
        return _Ready(
            write, found,
            [_Step(write.id, self.territories.ids[name]) for name in adding],
            [_Step(write.id, ours[name].territory_id, ours[name].id) for name in removing],
        )  # fmt: skip

    def _carry_out(
        self,
        kind: Membership,
        steps: Sequence[tuple[_Ready, _Step]],
        send: Callable[[Sequence[_Step]], list[Row]],
    ) -> None:
        """Each step's row goes to its write; what other work has locked waits and goes again in smaller calls."""
        sizes, left = _SIZES[kind.sobject], list(steps)
        for tried, size in enumerate(sizes, 1):
            locked = []
            for start in range(0, len(left), size):
                chunk = left[start : start + size]
                rows = self.sending.call(send, [step for _, step in chunk])
                for (one, step), row in zip(chunk, rows, strict=True):
                    if row[1] == _LOCKED and tried < len(sizes):
                        locked.append((one, step))
                    else:
                        one.rows.append(row)
            if not locked:
                return
            left = locked
            self.retry.sleep(self.retry.jitter() * min(CAP, BASE * 2**tried))

    def _create(self, kind: Membership) -> Callable[[Sequence[_Step]], list[Row]]:
        cause = {"AssociationCause": MANUAL} if kind is ACCOUNTS else {}

        def send(steps: Sequence[_Step]) -> list[Row]:
            records = [
                {
                    "attributes": {"type": kind.sobject},
                    kind.record: step.record,
                    "Territory2Id": step.territory_id,
                    **cause,
                }
                for step in steps
            ]
            body = {"allOrNone": False, "records": records}
            answer = self.client.write("territory_create", "POST", "composite/sobjects", body, {})
            said = rows_in_order(answer, len(steps))
            if all(row[0] is not Outcome.REJECTED for row in said):
                return said
            return self._seen(kind, steps, said)

        return send

    def _seen(self, kind: Membership, steps: Sequence[_Step], said: Sequence[Row]) -> list[Row]:
        """The rows of a call of which some were refused, by what the org holds now.

        A new row has an id of its own, which does not tell whose it is: only the order of the answer would.
        """
        try:
            live = self.territories.members(kind, list(dict.fromkeys(step.record for step in steps)))
        except ConnectorError as error:
            return [
                (Outcome.UNKNOWN, "", f"some of the call were refused, and which could not be read: {error}")
            ] * len(steps)
        there = {
            (id, member.territory_id) for id, members in live.items() for member in members if member.ours
        }
        refused = sorted({row for row in said if row[0] is Outcome.REJECTED})
        joined = (
            Outcome.REJECTED,
            " or ".join(dict.fromkeys(code for _, code, _ in refused)),
            "; or ".join(message for _, _, message in refused),
        )
        return [
            (Outcome.WRITTEN, "", "") if (step.record, step.territory_id) in there
            else _told(row if row[0] is Outcome.REJECTED else joined)
            for step, row in zip(steps, said, strict=True)
        ]  # fmt: skip

    def _delete(self, steps: Sequence[_Step]) -> list[Row]:
        ids = [str(step.id) for step in steps]
        path = f"composite/sobjects?ids={','.join(ids)}&allOrNone=false"
        answer = self.client.write("territory_delete", "DELETE", path, None, {})
        # A row that is gone already is what was wanted.
        return [(Outcome.WRITTEN, "", "") if row[1] in _GONE else row for row in rows_of(answer, ids)]


def apart(writes: Sequence[Write]) -> tuple[list[Write], list[Write]]:
    """Writes of fields, and writes of sets of territories; ValueError where one is both."""
    sets = [write for write in writes if write.values.keys() & MEMBERSHIPS.keys()]
    if any(len(write.values) > 1 for write in sets):
        raise ValueError("territories are written apart from fields, in a write of their own")
    return [write for write in writes if not write.values.keys() & MEMBERSHIPS.keys()], sets


def _told(row: Row) -> Row:
    """A duplicate is no refusal: somebody else was faster."""
    return (Outcome.CONFLICT, row[1], row[2]) if row[1] == "DUPLICATE_VALUE" else row


def _set(value: Any) -> set[str]:
    return set(str(value).split(";")) if value else set()
