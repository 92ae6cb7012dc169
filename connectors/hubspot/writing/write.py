"""Writing accounts: batches side by side, verified by history, and what follows an owner moved after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa

from connectors.hubspot.values import encode, stamp
from connectors.hubspot.wire.client import Client
from connectors.hubspot.writing.answered import Decode
from connectors.hubspot.writing.batch import BATCH, Batches, Target
from connectors.hubspot.writing.compare import Decided, decide
from connectors.hubspot.writing.course import Course, side_by_side
from connectors.hubspot.writing.following import Following
from connectors.hubspot.writing.history import Past
from connectors.mapping import FieldMap, FieldRole
from connectors.records import Receipt, RecordId, RecordKind, Write, WriteResult

AT_ONCE = 2_000
"""Writes taken in one call: twenty batches, side by side."""

Lookup = Callable[[Sequence[RecordId], Sequence[str]], pa.Table]


class Writer:
    """Sets fields of accounts. `lookup` reads live values, `decode` those that an answer repeats."""

    def __init__(
        self,
        client: Client,
        mapping: FieldMap,
        lookup: Lookup,
        decode: Decode,
        *,
        verifies: bool | Literal["owners"] = True,
        following: Following | None = None,
    ) -> None:
        self._client = client
        self._lookup = lookup
        fields = mapping.of(RecordKind.ACCOUNTS)
        columns = {f.name: f.source for f in fields if f.role is FieldRole.OUTPUT or f.name == "owner_id"}
        self._readable = {f.name for f in fields}
        self._target = Target("companies", columns, self._look, decode)
        verified = {n: c for n, c in columns.items() if n == "owner_id"} if verifies == "owners" else columns
        self._past = Past(client, "companies", verified) if verifies else None
        self._following = following

    def write(
        self,
        writes: Sequence[Write],
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        """One result per write, in order; raises only where nothing may have been carried out."""
        if self._following is not None:
            self._following.before(writes, receipt)
        course = Course(stopping)
        results: dict[int, WriteResult] = {}
        for places in _rounds(writes):
            done = self._round([writes[place] for place in places], course)
            results |= dict(zip(places, done, strict=True))
        if course.failed is not None and not course.begun:
            raise course.failed
        ended = [results[place] for place in range(len(writes))]
        return ended if self._following is None else self._following.after(writes, ended, stopping)

    def refuse_what_cannot_be_sent(self, writes: Sequence[Write]) -> None:
        """ValueError for what no CRM need be asked about: too many writes, an unmapped column, no number."""
        if len(writes) > AT_ONCE:
            raise ValueError(f"{len(writes)} writes at once; at most {AT_ONCE} are taken")
        for write in writes:
            for name, value in write.values.items():
                if name not in self._target.columns:
                    raise ValueError(f"account {write.id}: {name!r} is mapped to no property that is written")
                encode(value)
            if write.version is not None:
                stamp(write.version)
            unknown = set(write.expected) - self._readable
            if unknown:
                raise ValueError(f"account {write.id}: {min(unknown)!r} is expected but not mapped")

    def _round(self, writes: Sequence[Write], course: Course) -> list[WriteResult]:
        """The results in order; no record stands there twice."""
        batches = Batches(self._client, self._target, course)

        def carry_out(batch: Sequence[Write]) -> list[WriteResult]:
            done = {result.id: result for result in batches.write(batch)}
            results = [done[write.id] for write in batch]
            return results if self._past is None else self._past.marked(batch, results)

        parts = [writes[start : start + BATCH] for start in range(0, len(writes), BATCH)]
        with self._client.limits.spread():
            return [result for part in side_by_side(carry_out, parts) for result in part]

    def _look(self, writes: Sequence[Write]) -> list[Decided]:
        columns = {name for w in writes for name in (*w.values, *w.expected)}
        if any(write.version for write in writes):
            columns.add("modified_at")
        rows = self._lookup([write.id for write in writes], sorted(columns)).to_pylist()
        live: dict[str, Mapping[str, Any]] = {row.pop("id"): row for row in rows}
        return [decide(write, live.get(write.id)) for write in writes]


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
