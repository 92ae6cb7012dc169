"""Writing accounts: look, compare, send what moved, and believe only what the answer says of each record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.errors import ConnectorError, FieldProblems, OutcomeUnknown, Refused
from connectors.hubspot.reading.objects import named_ids
from connectors.hubspot.values import encode, same, stamp
from connectors.hubspot.wire.answers import Answer, clean, words_of
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.mapping import FieldMap, FieldRole
from connectors.records import Outcome, RecordId, RecordKind, Value, Write, WriteResult

BATCH = 100
"""Records in one batch/update."""
SPLIT = frozenset({400, 404, 409, 413, 422})
"""Statuses with which one bad record may have sunk a whole batch."""
NOT_SENT = "NOT_SENT"

Lookup = Callable[[Sequence[RecordId], Sequence[str]], pa.Table]
Decode = Callable[[Sequence[Mapping[str, Any]], Sequence[str]], list[dict[str, Any]]]
"""Records of an answer as values under our column names, with `id`."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One write that goes out: what of it differs from the live values."""

    write: Write
    moved: Mapping[str, Value]
    found: Mapping[str, Value]


class Writer:
    """Sets fields of accounts. `lookup` reads live values, `decode` those that an answer repeats."""

    def __init__(self, client: Client, mapping: FieldMap, lookup: Lookup, decode: Decode) -> None:
        self._client = client
        self._lookup = lookup
        self._decode = decode
        fields = mapping.of(RecordKind.ACCOUNTS)
        self._columns = {
            f.name: f.source for f in fields if f.role is FieldRole.OUTPUT or f.name == "owner_id"
        }
        self._readable = {f.name for f in fields}
        self._anything_sent = False

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order; raises only as long as nothing was sent."""
        self._anything_sent = False
        results: dict[int, WriteResult] = {}
        for places in _rounds(writes):
            done = {result.id: result for result in self._apply([writes[place] for place in places])}
            results |= {place: done[writes[place].id] for place in places}
        return [results[place] for place in range(len(writes))]

    def refuse_what_cannot_be_sent(self, writes: Sequence[Write]) -> None:
        """ValueError for what no CRM need be asked about: too many writes, an unmapped column, no number."""
        if len(writes) > BATCH:
            raise ValueError(f"{len(writes)} writes at once; HubSpot takes {BATCH}")
        for write in writes:
            for name, value in write.values.items():
                if name not in self._columns:
                    raise ValueError(f"account {write.id}: {name!r} is mapped to no property that is written")
                encode(value)
            if write.version is not None:
                stamp(write.version)
            unknown = set(write.expected) - self._readable
            if unknown:
                raise ValueError(f"account {write.id}: {min(unknown)!r} is expected but not mapped")

    def _apply(self, writes: Sequence[Write]) -> Iterator[WriteResult]:
        """Look at these records, send what moved in one call; halves of a batch that is refused whole."""
        try:
            live = self._look(writes)
            decided = [_decide(write, live.get(write.id)) for write in writes]
            yield from (d for d in decided if isinstance(d, WriteResult))
            sent = [d for d in decided if isinstance(d, Sent)]
            yield from self._send(sent) if sent else ()
        except ConnectorError as error:
            if not self._anything_sent:
                raise
            yield from (WriteResult(w.id, Outcome.REJECTED, NOT_SENT, f"not sent: {error}") for w in writes)

    def _look(self, writes: Sequence[Write]) -> dict[str, dict[str, Any]]:
        columns = {name for w in writes for name in (*w.values, *w.expected)}
        if any(write.version for write in writes):
            columns.add("modified_at")
        rows = self._lookup([write.id for write in writes], sorted(columns)).to_pylist()
        return {row.pop("id"): row for row in rows}

    def _send(self, sent: Sequence[Sent]) -> Iterator[WriteResult]:
        inputs = [
            {"id": s.write.id, "properties": {self._columns[n]: encode(v) for n, v in s.moved.items()}}
            for s in sent
        ]
        try:
            answer = self._client.send(Route.BATCH_UPDATE, {"inputs": inputs}, object="companies")
        except OutcomeUnknown as error:
            self._anything_sent = True
            yield from (_result(s, Outcome.UNKNOWN, "NO_ANSWER", str(error)) for s in sent)
        except Refused as error:
            yield from self._send_halves(error, sent)
        else:
            self._anything_sent = True
            yield from self._believe(answer, sent)

    def _send_halves(self, error: Refused, sent: Sequence[Sent]) -> Iterator[WriteResult]:
        """Each half is looked at anew, as time has passed; a single record is what was refused."""
        if error.status not in SPLIT:
            raise error
        if len(sent) == 1:
            yield _result(sent[0], Outcome.REJECTED, error.code, str(error))
            return
        middle = len(sent) // 2
        for half in (sent[:middle], sent[middle:]):
            yield from self._apply([s.write for s in half])

    def _believe(self, answer: Answer, sent: Sequence[Sent]) -> Iterator[WriteResult]:
        """What the answer says of each record, matched by id: rows come in any order."""
        refused = _refusals(answer.body)
        columns = sorted({name for s in sent for name in s.moved})
        results = answer.body.get("results")
        told = (
            [r for r in results if isinstance(r, dict) and r.get("id")] if isinstance(results, list) else []
        )
        try:
            stored = {row["id"]: row for row in self._decode(told, columns)}
        except FieldProblems as error:
            yield from (_result(s, Outcome.UNKNOWN, "UNREADABLE", str(error)) for s in sent)
            return
        for s in sent:
            if s.write.id in refused:
                yield _result(s, Outcome.REJECTED, *refused[s.write.id])
            elif s.write.id not in stored:
                said = f"the answer ({answer.status}) says nothing of this record"
                yield _result(s, Outcome.UNKNOWN, "NOT_NAMED", said)
            else:
                yield _stored(s, stored[s.write.id])


def _decide(write: Write, live: Mapping[str, Value] | None) -> WriteResult | Sent:
    """What is to be done about one record, given its live values."""
    if live is None:
        said = "HubSpot has no such company: it was archived, deleted or merged"
        return WriteResult(write.id, Outcome.REJECTED, "OBJECT_NOT_FOUND", said)
    moved = {name: value for name, value in write.values.items() if not same(live[name], value)}
    found = {name: live[name] for name in live if name in write.values or name in write.expected}
    if not moved:
        return WriteResult(write.id, Outcome.UNCHANGED, found=found)
    others = [
        n for n, v in write.expected.items() if not same(live[n], v) and n not in _settled(write, moved)
    ]
    if others:
        said = "; ".join(f"{n} is {live[n]!r}, expected {write.expected[n]!r}" for n in sorted(others))
        return WriteResult(write.id, Outcome.CONFLICT, "MOVED", clean(said), found)
    if write.version is not None and not same(live["modified_at"], stamp(write.version)):
        said = f"modified at {live['modified_at']}, expected {write.version}"
        return WriteResult(write.id, Outcome.CONFLICT, "MODIFIED", said, found)
    return Sent(write, moved, found)


def _settled(write: Write, moved: Mapping[str, Value]) -> set[str]:
    """Fields that already hold what is wanted."""
    return set(write.values) - set(moved)


def _stored(s: Sent, row: Mapping[str, Value]) -> WriteResult:
    """Written, if the answer repeats the values that were sent."""
    other = [name for name, value in s.moved.items() if not same(row[name], value)]
    if not other:
        return _result(s, Outcome.WRITTEN)
    said = "; ".join(f"{name} was sent as {s.moved[name]!r} and stored as {row[name]!r}" for name in other)
    return _result(s, Outcome.UNKNOWN, "STORED_OTHERWISE", clean(said))


def _refusals(body: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Code and message of each record that an error of the answer names."""
    return {
        id: (words.code, str(words))
        for error in body.get("errors") or ()
        if isinstance(error, dict)
        for words in [words_of(error)]
        for id in named_ids({"errors": [error]})
    }


def _result(s: Sent, outcome: Outcome, code: str = "", message: str = "") -> WriteResult:
    return WriteResult(s.write.id, outcome, code, message, s.found)


def _rounds(writes: Sequence[Write]) -> list[list[int]]:
    """Places of the writes, so parted that no record stands twice in a part and their order is kept."""
    rounds: list[list[int]] = []
    times: dict[RecordId, int] = {}
    for place, write in enumerate(writes):
        turn = times.get(write.id, 0)
        times[write.id] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(place)
    return rounds
