"""Pulling a table: all of it by listing, or what changed by searching, whichever is cheaper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.base import Pull
from connectors.errors import FieldProblems
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.fields import Properties
from connectors.hubspot.reading.children import child_rows
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.counts import Counts
from connectors.hubspot.reading.course import Courses
from connectors.hubspot.reading.custom import table_problems, table_rows
from connectors.hubspot.reading.flows import flow_rows
from connectors.hubspot.reading.frames import Frame
from connectors.hubspot.reading.listing import Wanted
from connectors.hubspot.reading.objects import Left, Objects
from connectors.hubspot.reading.owners import owner_rows
from connectors.hubspot.reading.rows import Rows
from connectors.hubspot.reading.spool import Spool
from connectors.hubspot.reading.stages import stage_rows
from connectors.hubspot.reading.watermark import Mark, read_mark
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.mapping import CustomTable, FieldMap
from connectors.records import RecordId, RecordKind, Watermark

WHOLE_TABLES = frozenset([RecordKind.OWNERS, RecordKind.STAGES, RecordKind.CHILDREN, RecordKind.AUTOMATIONS])
"""Tables that no search tells changes of."""
ROWS = 5_000
"""Rows of a batch, more or less: fifty pages."""


class Reader:
    """Tables of one portal; every batch of a pull has the mapping's schema of its table."""

    def __init__(self, client: Client, settings: HubSpotSettings, mapping: FieldMap, properties: Properties):
        self._client = client
        self._mapping = mapping
        self._properties = properties
        self._page_size = settings.page_size
        self._through = settings.activities_through
        self._objects = Objects(
            client,
            page_size=settings.page_size,
            search_page_size=settings.search_page_size,
            parallel=settings.parallel,
        )
        self._counts = Counts(client, self._objects, properties, is_asked=settings.compare_counts)
        self._courses = Courses(client, settings, self._objects, self._counts)

    def pull(self, kind: RecordKind, since: Watermark | None, spool: Path | None = None) -> Pull:
        """One table, whole or since a watermark; on with what the same pull left in the spool.

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
        rows = Rows(self._client, self._mapping, self._properties, kind, through=self._through)
        course = self._courses.begin(rows, mark, None if spool is None else Spool(spool))
        return Pull(
            _gathered(course.batches(), self._mapping.schema(kind)),
            Mark.before(kind, course.begun).text(),
            complete=course.is_whole,
        )

    def _rows_of(self, kind: RecordKind) -> Iterator[pa.RecordBatch]:
        """The rows of a table that is always read whole."""
        if kind is RecordKind.OWNERS:
            return owner_rows(self._client, self._page_size, self._mapping)
        if kind is RecordKind.STAGES:
            return stage_rows(self._client)
        if kind is RecordKind.AUTOMATIONS:
            return flow_rows(self._client)
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

    def _pages(
        self, object_type: str, properties: Sequence[str], linked: Sequence[str]
    ) -> Iterator[list[Record]]:
        """A list whose end is held against the search's count."""
        counted = self._objects.count(object_type)
        came = 0
        left = Left(counted.records, counted.top)
        for piece in self._objects.listed(Wanted(object_type, properties, linked), left):
            came += len(piece.records)
            if piece.records:
                yield list(piece.records)
        self._counts.compare(object_type, came, counted.at)


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
