"""Pulling a table: all of it by listing, or what changed by searching, whichever is cheaper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from connectors.base import Pull
from connectors.errors import FieldProblems, Garbled
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.fields import OBJECTS, Properties
from connectors.hubspot.reading.children import child_rows
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.custom import table_problems, table_rows
from connectors.hubspot.reading.frames import Frame
from connectors.hubspot.reading.objects import Objects, Span
from connectors.hubspot.reading.owners import owner_rows
from connectors.hubspot.reading.rows import Rows
from connectors.hubspot.reading.stages import stage_rows
from connectors.hubspot.reading.watermark import Mark, read_mark
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.mapping import CustomTable, FieldMap
from connectors.records import RecordId, RecordKind, Watermark

WHOLE_TABLES = frozenset([RecordKind.OWNERS, RecordKind.STAGES, RecordKind.CHILDREN])
"""Tables that no search tells changes of."""
MOST_CHANGED = 0.5
"""Share of records above which listing all of them is cheaper than searching."""
ROWS = 5_000
"""Rows of a batch, more or less: fifty pages."""
SKEW = timedelta(seconds=5)
"""HubSpot's Date has no fraction of a second, and comes from another machine than the stamps of records."""
COUNT_WAITS = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds between looks at a count that is higher than the list: the search index lags up to a minute."""


class Reader:
    """Tables of one portal; every batch of a pull has the mapping's schema of its table."""

    def __init__(self, client: Client, settings: HubSpotSettings, mapping: FieldMap, properties: Properties):
        self._client = client
        self._mapping = mapping
        self._properties = properties
        self._page_size = settings.page_size
        self._compares_counts = settings.compare_counts
        self._through = settings.activities_through
        self._objects = Objects(
            client, page_size=settings.page_size, search_page_size=settings.search_page_size
        )

    def pull(self, kind: RecordKind, since: Watermark | None) -> Pull:
        """One table, whole or since a watermark.

        The calls that fix the moment and the way are made at once; rows come as the batches are taken.
        """
        mark = None if since is None else read_mark(kind, since)
        problems = self._properties.problems(self._mapping, kind, writing=False)
        if problems:
            raise FieldProblems(problems)
        if kind in WHOLE_TABLES:
            now = self._client.read(Route.ACCOUNT).at or datetime.now(UTC)
            batches = _gathered(self._rows_of(kind), self._mapping.schema(kind))
            return Pull(batches, Mark.before(kind, now).text(), complete=True)
        counts = [self._objects.count(o) for o in OBJECTS[kind]]
        now = counts[0][1] or datetime.now(UTC)
        span = None if mark is None else Span(mark.floor(), now + SKEW)
        if span is not None and not self._few_changed(kind, span, sum(count for count, _ in counts)):
            span = None
        rows = Rows(self._client, self._mapping, self._properties, kind, through=self._through)
        batches = self._whole(rows) if span is None else self._changed(rows, span)
        return Pull(
            _gathered(batches, self._mapping.schema(kind)),
            Mark.before(kind, now).text(),
            complete=span is None,
        )

    def _rows_of(self, kind: RecordKind) -> Iterator[pa.RecordBatch]:
        """The rows of a table that is always read whole."""
        if kind is RecordKind.OWNERS:
            return owner_rows(self._client, self._page_size, self._mapping)
        if kind is RecordKind.STAGES:
            return stage_rows(self._client)
        return child_rows(self._client, self._pages, self._objects, self._properties)

    def pull_table(self, table: CustomTable) -> Pull:
        """A table of the config's own, whole; FieldProblems where its mapping does not fit the portal."""
        problems = table_problems(self._properties, table)
        if problems:
            raise FieldProblems(problems)
        rows = table_rows(self._client, self._pages, table)
        return Pull(_gathered(rows, table.schema()), Watermark("whole"), complete=True)

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """The live values of these accounts; absent ones are left out."""
        frame = self._frame_of(columns)
        found = list(self._objects.read("companies", ids, frame.properties))
        rows = pa.Table.from_batches([frame.rows(found, {}, deleted=False)])
        return rows.select(["id", *columns])

    def decode(self, records: Sequence[Record], columns: Sequence[str]) -> list[dict[str, Any]]:
        """These few account records as our values, with `id`."""
        rows: list[dict[str, Any]] = self._frame_of(columns).rows(records, {}, deleted=False).to_pylist()
        return rows

    def _frame_of(self, columns: Sequence[str]) -> Frame:
        """The frame of some account columns."""
        kind = RecordKind.ACCOUNTS
        some = FieldMap({kind: tuple(m for m in self._mapping.of(kind) if m.name in columns)})
        return Frame(kind, "companies", some, self._properties)

    def _few_changed(self, kind: RecordKind, span: Span, there: int) -> bool:
        changed = sum(self._objects.count(o, span)[0] for o in OBJECTS[kind])
        return changed <= there * MOST_CHANGED

    def _whole(self, rows: Rows) -> Iterator[pa.RecordBatch]:
        for frame in rows.frames:
            pages = self._pages(frame.object_type, frame.properties, rows.linked)
            for page in rows.together(pages):
                yield rows.listed(frame, page)

    def _pages(
        self, object_type: str, properties: Sequence[str], linked: Sequence[str]
    ) -> Iterator[list[Record]]:
        """A list whose end is held against the search's count."""
        came = 0
        for page in self._objects.listed(object_type, properties, linked=linked):
            came += len(page)
            yield page
        self._compare(object_type, came)

    def _compare(self, object_type: str, came: int) -> None:
        """The list is as long as the search counts, or Garbled: a page that lost rows does not say so.

        The count stays too high for up to a minute after records were archived, so that it is asked for
        again before it is believed.
        """
        for wait in (*COUNT_WAITS, None) if self._compares_counts else ():
            count = self._objects.count(object_type)[0]
            if came >= count:
                return
            if wait is None:
                raise Garbled(
                    f"list {object_type}: HubSpot counts {count} records and listed {came}, so that"
                    f" {count - came} are missing; pull again, or set compare_counts: false if the count is"
                    " wrong for good"
                )
            self._client.pause(wait)

    def _changed(self, rows: Rows, span: Span) -> Iterator[pa.RecordBatch]:
        for frame in rows.frames:
            for page in rows.together(self._objects.changed(frame.object_type, frame.properties, span)):
                yield rows.searched(frame, page)
                yield rows.merged(frame, page)
            # Archiving leaves the modification stamp as it is, and no search finds what is archived.
            for page in self._objects.listed(frame.object_type, frame.properties, archived=True):
                yield rows.archived(frame, [record for record in page if _gone_since(record, span.low)])


def _gone_since(record: Record, moment: datetime) -> bool:
    """Whether it was archived then or later, as far as it tells."""
    at = record.get("archivedAt")
    return at is None or datetime.fromisoformat(at) >= moment


def _gathered(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of a size that files like; a single empty one where there are none."""
    came = False
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(some.num_rows for some in waiting) >= ROWS:
            came = True
            yield pa.concat_batches(waiting)
            waiting = []
    rest = pa.concat_batches(waiting) if waiting else pa.RecordBatch.from_pylist([], schema)
    if rest.num_rows or not came:
        yield rest
