"""What was sent to an ingest job, and what became of each row; both in the store, so that a restart loses nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from connectors.sandbox.salesforce.bulk.csvtext import DELIMITERS, ENDINGS, Unreadable, grouped, line, rows
from connectors.sandbox.salesforce.bulk.jobs import Job
from connectors.sandbox.state import State

Which = Literal["successfulResults", "failedResults", "unprocessedrecords"]
_BLOCK = 2_000
_FIRST = {"successfulResults": ["sf__Id", "sf__Created"], "failedResults": ["sf__Id", "sf__Error"]}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of row `number`, counted from 0: an error, or an id and whether it is new."""

    number: int
    id: str
    created: bool
    error: str | None


class Uploads:
    """Uploads and outcomes of every ingest job."""

    def __init__(self, state: State) -> None:
        self._state = state
        state.run("CREATE TABLE IF NOT EXISTS _bulk_uploads(job TEXT PRIMARY KEY, content BLOB NOT NULL)")
        state.run(
            "CREATE TABLE IF NOT EXISTS _bulk_outcomes(job TEXT NOT NULL, n INTEGER NOT NULL, id TEXT NOT NULL,"
            " created INTEGER NOT NULL, error TEXT, PRIMARY KEY (job, n)) WITHOUT ROWID"
        )

    def keep(self, job: Job, content: bytes) -> None:
        """Takes the data of a job."""
        self._state.run("INSERT INTO _bulk_uploads VALUES (?, ?)", (job.id, content))

    def rows(self, job: Job) -> Iterator[list[str]]:
        """The rows sent, header first; Unreadable where they are not CSV as the job said. Nothing sent: no rows."""
        found = self._state.rows("SELECT content FROM _bulk_uploads WHERE job = ?", (job.id,))
        if found:
            yield from rows(cast(bytes, found[0][0]), job.delimiter, job.line_ending)

    def record(self, job: Job, outcomes: Iterable[Outcome]) -> None:
        """Keeps what became of some rows, inside the caller's transaction."""
        columns = ("job", "n", "id", "created", "error")
        self._state.load(
            "_bulk_outcomes", columns, [(job.id, o.number, o.id, int(o.created), o.error) for o in outcomes]
        )

    def results(self, job: Job, which: Which, *, shuffled: bool, short: bool = False) -> Iterator[bytes]:
        """One of the three results as CSV; no order is promised, and `shuffled` keeps to that.

        `short` is a fault: every second row is missing.
        """
        delimiter, ending = DELIMITERS[job.delimiter], ENDINGS[job.line_ending]
        try:
            sent = self.rows(job)
            header = next(sent, [])
            yield (line([*_FIRST.get(which, []), *header], delimiter) + ending).encode()
            for number, group in enumerate(grouped(sent, _BLOCK)):
                lines = [
                    line(cells, delimiter) + ending
                    for cells in self._told(job, which, number * _BLOCK, group)
                ]
                if shuffled:
                    random.Random(number).shuffle(lines)  # noqa: S311 - disorder on purpose, the same every time
                yield "".join(lines[:: 2 if short else 1]).encode()
        except Unreadable:
            return  # no row of what cannot be read was ever one of a job

    def _told(self, job: Job, which: Which, start: int, group: Sequence[list[str]]) -> Iterator[list[str]]:
        """The rows of a group that belong into this result, with what is told of each."""
        found = self._outcomes(job, start, start + len(group))
        for number, cells in enumerate(group, start):
            outcome = found.get(number)
            if outcome is None:
                if which == "unprocessedrecords":
                    yield cells
            elif which == "successfulResults" and outcome.error is None:
                yield [outcome.id, str(outcome.created).lower(), *cells]
            elif which == "failedResults" and outcome.error is not None:
                yield [outcome.id, outcome.error, *cells]

    def _outcomes(self, job: Job, start: int, stop: int) -> dict[int, Outcome]:
        sql = "SELECT n, id, created, error FROM _bulk_outcomes WHERE job = ? AND n >= ? AND n < ?"
        found = self._state.rows(sql, (job.id, start, stop))
        return {
            int(str(n)): Outcome(int(str(n)), str(id), bool(created), None if error is None else str(error))
            for n, id, created, error in found
        }
