"""Writes: look again, compare, send what is left, and say of every record how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.errors import ConnectorError
from connectors.records import Outcome, RecordId, Write, WriteResult
from connectors.salesforce.writing.collections import Collections
from connectors.salesforce.writing.following import Following
from connectors.salesforce.writing.look import Look, Ready
from connectors.salesforce.writing.overwritten import Overwritten
from connectors.salesforce.writing.owners import Owners
from connectors.salesforce.writing.results import Row
from connectors.salesforce.writing.sending import Send, Sending

BATCH = 2_000
"""Writes taken at once: as many records as one retrieve looks at."""
FRESH = 30.0
"""Seconds for which a look is believed; what is not sent by then is looked at again."""
_SIZES = (200, 50, 10, 1)
"""Rows a call on the first try and on each further one of rows that other work had locked."""
_LOCKED = "UNABLE_TO_LOCK_ROW"
Results = dict[RecordId, WriteResult]


@dataclass(frozen=True, slots=True)
class Writer:
    """Carries out one batch of writes; made anew for each. `clock` tells monotonic seconds."""

    look: Look
    collections: Collections
    owners: Owners
    following: Following
    overwritten: Overwritten | None = None
    clock: Callable[[], float] = time.monotonic
    sending: Sending = field(default_factory=Sending)
    moved: dict[RecordId, tuple[str, str]] = field(default_factory=dict)
    """Accounts that changed hands, each with its old and its new owner."""

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in order. Raises only while nothing may have been carried out.

        Rows that other work has locked are compared and sent again in smaller calls, one after the other.
        """
        self.look.refuse_unwritable(writes)
        results: Results = {}
        left = list(writes)
        for size in _SIZES:
            self._round(left, size, results)
            left = [write for write in left if results[write.id].code == _LOCKED]
            if not left:
                break
        if self.moved:
            self.following.after(self.moved, results)
            if self.overwritten is not None:
                self.overwritten.mark(self.moved, results)
        return [results[write.id] for write in writes]

    def _round(self, writes: Sequence[Write], size: int, results: Results) -> None:
        """Every one of these compared and sent, with a new look whenever the last one has aged."""
        left = list(writes)
        while left:
            looked = self.clock()
            try:
                ready = self._looked(left, results)
                if self.overwritten is not None:
                    self.overwritten.looked()
                self.following.before([row for row in ready if row.moves])
            except ConnectorError as error:
                self._leave(error, left, results)
                return
            calls = list(self._calls(ready, size))
            for place, (send, rows) in enumerate(calls):
                if place and self.clock() - looked > FRESH:
                    left = [row.write for _, later in calls[place:] for row in later]
                    break
                self._keep(results, rows, self.sending.call(send, rows))
            else:
                left = []

    def _looked(self, writes: Sequence[Write], results: Results) -> list[Ready]:
        ready = []
        for write, decided in zip(writes, self.look.compared(writes), strict=True):
            if isinstance(decided, Ready):
                ready.append(decided)
            else:
                results[write.id] = decided
        return ready

    def _calls(self, ready: Sequence[Ready], size: int) -> Iterator[tuple[Send, list[Ready]]]:
        """The calls to make. Children of one parent go together, so that two do not wait for the same lock."""
        rows = sorted(ready, key=lambda row: (row.parent, row.write.id))
        yield from self.owners.calls([row for row in rows if row.moves], size)
        kept = [row for row in rows if not row.moves]
        for start in range(0, len(kept), size):
            yield self.collections.send, kept[start : start + size]

    def _leave(self, error: ConnectorError, writes: Sequence[Write], results: Results) -> None:
        """What could not be looked at: locked rows keep the result that says so."""
        rows = self.sending.failed(error, len(writes))
        for write, (outcome, code, message) in zip(writes, rows, strict=True):
            results.setdefault(write.id, WriteResult(write.id, outcome, code, message))

    def _keep(self, results: Results, rows: Sequence[Ready], answered: Sequence[Row]) -> None:
        for row, (outcome, code, message) in zip(rows, answered, strict=True):
            results[row.write.id] = WriteResult(row.write.id, outcome, code, message, row.found)
            if outcome is Outcome.WRITTEN and row.moves:
                self.moved[row.write.id] = row.pair
