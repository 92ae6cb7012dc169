"""What hangs on a company and goes with it to its new owner: only what its old owner has, by updates of their own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors.errors import AuthFailed, ConnectorError, QuotaSpent, Transient, Unavailable
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.links import read_links
from connectors.hubspot.reading.stages import read_stages
from connectors.hubspot.wire.client import Client
from connectors.hubspot.writing.batch import BATCH, Batches, Target
from connectors.hubspot.writing.compare import Decided, Ready
from connectors.hubspot.writing.course import Course, side_by_side
from connectors.hubspot.writing.history import OVERWROTE, Past, moved_by_app
from connectors.records import Outcome, RecordId, Write, WriteResult

OWNER = "hubspot_owner_id"
ATTEMPTS = 3
"""Times that children are looked at and sent whose update found no answer."""
UNSEEN = "UNSEEN"
"""The code of a child that is linked to a company, and whose values HubSpot does not tell."""
_COLUMNS = {"owner_id": OWNER}

Pairs = Mapping[RecordId, tuple[str, str]]
"""Company → its old and its new owner."""
Read = Callable[[str, Sequence[str], Sequence[str]], Iterable[Record]]
"""Object type, ids, properties: the records that are there, in any order."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One object whose records hang on companies."""

    object: str
    noun: str
    state: str = ""
    """The property that tells whether it is open; "" where all of them are."""
    primary: bool = True
    """Whether it goes with its primary company alone (the first where none is primary), as the snapshot counts it."""


KINDS: Mapping[str, Kind] = {
    "contacts": Kind("contacts", "contact"),
    "open_deals": Kind("deals", "open deal", "dealstage"),
    "open_tasks": Kind("tasks", "open task", "hs_task_status", primary=False),
}
"""What may follow, under its name in the config."""


@dataclass(frozen=True, slots=True)
class Children:
    """Moves children of these kinds; `past` is asked what was overwritten, where that is verified."""

    client: Client
    read: Read
    wanted: Sequence[str]
    verifies: bool

    def move(
        self, pairs: Pairs, *, back: bool = False, stopping: Callable[[], bool] = lambda: False
    ) -> dict[RecordId, list[str]]:
        """What did not go as it was to go, in words, by company.

        With `back` only those go whose last change of owner was an app's, the same way in the other direction.
        Raises where it cannot be finished now, and a later try may.
        """
        told: dict[RecordId, list[str]] = defaultdict(list)
        for kind in (KINDS[name] for name in self.wanted):
            try:
                one = _Moving(self, kind, pairs, back=back, stopping=stopping)
                for company, words in one.carry_out():
                    told[company].append(words)
            except (Transient, QuotaSpent, AuthFailed):
                raise
            except ConnectorError as error:
                for company in pairs:
                    told[company].append(f"{kind.noun}s of the old owner did not follow ({error})")
        return told


@dataclass(slots=True)
class _Moving:
    """The children of one kind below these companies."""

    children: Children
    kind: Kind
    pairs: Pairs
    back: bool
    stopping: Callable[[], bool]
    companies: Mapping[str, Sequence[RecordId]] = field(default_factory=dict)
    """By child: the companies that it goes with."""
    chosen: dict[str, tuple[RecordId, Write]] = field(default_factory=dict)
    """By child that the old owner has: whose it is, and what is written."""
    closed: frozenset[str] = frozenset()

    def carry_out(self) -> Iterator[tuple[RecordId, str]]:
        """What stayed although it was to go, and what was overwritten, in words."""
        self.companies = self._below()
        if self.companies and self.kind.object == "deals":
            self.closed = frozenset(s.id for s in read_stages(self.children.client).values() if s.closed)
        results: dict[str, WriteResult] = {}
        left = [RecordId(id) for id in self.companies]
        for _ in range(ATTEMPTS):
            results |= {result.id: result for result in self._sent(left)}
            left = [id for id in left if results[id].outcome is Outcome.UNKNOWN]
            if not left:
                break
        yield from self._told(results.values())

    def _below(self) -> dict[str, list[RecordId]]:
        """By child: its companies among ours, those alone that it goes with."""
        client, object = self.children.client, self.kind.object
        below = read_links(client, "companies", list(self.pairs), object)
        ids = sorted({child for children in below.values() for child in children}, key=int)
        above = read_links(client, object, ids) if ids else {}
        mine = {id: above.get(id, ())[: 1 if self.kind.primary else None] for id in ids}
        found = {id: [RecordId(c) for c in companies if c in self.pairs] for id, companies in mine.items()}
        return {id: companies for id, companies in found.items() if companies}

    def _sent(self, ids: Sequence[RecordId]) -> list[WriteResult]:
        """Each looked at and, where the old owner has it, given to the new one."""
        course = Course(self.stopping)
        target = Target(self.kind.object, _COLUMNS, self._look, _decoded)
        batches = Batches(self.children.client, target, course)
        past = Past(self.children.client, self.kind.object, _COLUMNS) if self.children.verifies else None
        parts = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
        results = side_by_side(partial(self._carried_out, batches, past), parts)
        if self.stopping():
            raise Unavailable("asked to stop")
        if isinstance(course.failed, Transient | QuotaSpent | AuthFailed):
            raise course.failed
        return [result for part in results for result in part]

    def _carried_out(
        self, batches: Batches, past: Past | None, ids: Sequence[RecordId]
    ) -> Sequence[WriteResult]:
        done = batches.write([Write(id, {}, {}) for id in ids])
        if past is None:
            return done
        return past.marked(
            [self.chosen[r.id][1] if r.id in self.chosen else Write(r.id, {}, {}) for r in done], done
        )

    def _look(self, writes: Sequence[Write]) -> list[Decided]:
        """Those that are open, and that the old owner of their company has."""
        names = [name for name in (OWNER, self.kind.state) if name]
        ids = [write.id for write in writes]
        live = {r["id"]: r.get("properties") or {} for r in self.children.read(self.kind.object, ids, names)}
        ready = [row for id in ids if (row := self._ready(id, live.get(id)))]
        if self.back:
            ready = self._followed(ready)
        going = {row.write.id for row in ready}
        unseen = [WriteResult(id, Outcome.UNKNOWN, UNSEEN) for id in ids if id not in live]
        others = [WriteResult(id, Outcome.UNCHANGED) for id in ids if id in live and id not in going]
        return [*ready, *others, *unseen]

    def _ready(self, id: RecordId, live: Mapping[str, Any] | None) -> Ready | None:
        if live is None or self._is_closed(live.get(self.kind.state)):
            return None
        owner = live.get(OWNER) or None
        for company in self.companies[id]:
            old, new = self.pairs[company]
            if owner == old:
                write = Write(id, {"owner_id": new}, {"owner_id": old})
                self.chosen[id] = company, write
                return Ready(write, write.values, write.expected)
        return None

    def _followed(self, rows: Sequence[Ready]) -> list[Ready]:
        """Those of which an app made the old owner the owner, and before it was who is to be it again."""
        past = Past(self.children.client, self.kind.object, _COLUMNS)
        versions = past.all([row.write.id for row in rows], [OWNER])
        return [
            row
            for row in rows
            if moved_by_app(
                versions.get(row.write.id, {}).get(OWNER) or (),
                row.write.values["owner_id"],
                row.write.expected["owner_id"],
            )
        ]

    def _is_closed(self, state: object) -> bool:
        return str(state) in self.closed if self.kind.object == "deals" else state == "COMPLETED"

    def _told(self, results: Iterable[WriteResult]) -> Iterator[tuple[RecordId, str]]:
        stayed: Counter[tuple[RecordId, str]] = Counter()
        for result in results:
            if result.code == UNSEEN:
                yield (
                    self.companies[result.id][0],
                    f"{self.kind.noun} {result.id} could not be read: deleted just now, or left out",
                )
            elif result.outcome in (Outcome.REJECTED, Outcome.UNKNOWN) and result.id in self.chosen:
                stayed[self.chosen[result.id][0], result.message] += 1
            elif result.code == OVERWROTE:
                yield self.chosen[result.id][0], f"{self.kind.noun} {result.id}: {result.message}"
        for (company, why), count in stayed.items():
            nouns = self.kind.noun if count == 1 else f"{self.kind.noun}s"
            yield company, f"{count} {nouns} stayed with the old owner ({why})"


def _decoded(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
    """The owner that an answer repeats."""
    return [{"id": str(r["id"]), "owner_id": (r.get("properties") or {}).get(OWNER) or None} for r in records]
