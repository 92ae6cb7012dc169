"""One reading of a table that is made of objects: which way, from when to when, and in which parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
import pyarrow as pa

from connectors.errors import Garbled
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.counts import Counts
from connectors.hubspot.reading.frames import Frame
from connectors.hubspot.reading.listing import Wanted
from connectors.hubspot.reading.objects import Counted, Objects
from connectors.hubspot.reading.parts import Part, read_part
from connectors.hubspot.reading.rows import Rows
from connectors.hubspot.reading.searching import Search, Span
from connectors.hubspot.reading.spool import Manifest, Spool
from connectors.hubspot.reading.watermark import Mark
from connectors.hubspot.reading.ways import FASTEST, Rates, Way, choose, tell, total
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route

SKEW = timedelta(seconds=5)
"""HubSpot's Date has no fraction of a second, and comes from another machine than the stamps of records."""


@dataclass(frozen=True, slots=True)
class Course:
    """A reading that has begun."""

    objects: Objects
    counts: Counts
    rows: Rows
    manifest: Manifest
    spool: Spool | None

    @property
    def begun(self) -> datetime:
        """The moment before the first record was read."""
        return datetime.fromisoformat(self.manifest.begun)

    @property
    def is_whole(self) -> bool:
        """Whether every record comes, changed or not."""
        return self.manifest.span is None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows. Garbled where records are missing; what the spool has is then not believed either."""
        try:
            for frame in self.rows.frames:
                yield from self._whole(frame) if self.is_whole else self._changed(frame)
        except Garbled:
            if self.spool is not None:
                self.spool.clear()
            raise

    def _whole(self, frame: Frame) -> Iterator[pa.RecordBatch]:
        name = frame.object_type
        if self.manifest.way == Way.SEARCH:
            part = self._part(frame, Search(name, frame.properties), name)
        else:
            part = self._part(frame, Wanted(name, frame.properties, self.rows.linked), name)
        came = yield from read_part(self.objects, part, self.spool)
        self.counts.compare(name, came, self.begun)

    def _changed(self, frame: Frame) -> Iterator[pa.RecordBatch]:
        assert self.manifest.span is not None
        low, high = (datetime.fromisoformat(at) for at in self.manifest.span)
        search = Search(frame.object_type, frame.properties, [Span(low, high).filter()])
        yield from read_part(self.objects, self._part(frame, search, frame.object_type), self.spool)
        # Archiving leaves the modification stamp as it is, and no search finds what is archived.
        archived = Wanted(frame.object_type, frame.properties, archived=True)
        part = Part(
            f"{frame.object_type} archived",
            archived,
            lambda page: self.rows.archived(frame, [record for record in page if _gone_since(record, low)]),
            expected=0,
            top=0,
        )
        yield from read_part(self.objects, part, self.spool)

    def _part(self, frame: Frame, what: Wanted | Search, name: str) -> Part:
        manifest = self.manifest

        def listed(page: Sequence[Record]) -> pa.RecordBatch:
            return self.rows.listed(frame, page)

        def searched(page: Sequence[Record]) -> pa.RecordBatch:
            found = self.rows.searched(frame, page)
            return found if self.is_whole else pa.concat_batches([found, self.rows.merged(frame, page)])

        make = listed if isinstance(what, Wanted) else searched
        return Part(name, what, make, manifest.counts[name], manifest.tops[name])


@dataclass(frozen=True, slots=True)
class Courses:
    """Begins readings, or goes on with one that was interrupted."""

    client: Client
    settings: HubSpotSettings
    objects: Objects
    counts: Counts

    def begin(self, rows: Rows, mark: Mark | None, spool: Spool | None) -> Course:
        """Count and choose; where the spool has the same question, neither."""
        question = self._question(rows, mark)
        manifest = None if spool is None else spool.load(question, self._now)
        if manifest is None:
            manifest = self._begun(rows, mark, question)
            if spool is not None:
                spool.begin(manifest)
        return Course(self.objects, self.counts, rows, manifest, spool)

    def _begun(self, rows: Rows, mark: Mark | None, question: str) -> Manifest:
        there = {frame.object_type: self.objects.count(frame.object_type) for frame in rows.frames}
        begun = min((c.at for c in there.values() if c.at is not None), default=datetime.now(UTC))
        span = None if mark is None else Span(mark.floor(), begun + SKEW)
        found = there
        if span is not None:
            found = {name: self.objects.count(name, [span.filter()]) for name in there}
        way = self._way(rows, there, found)
        if way is Way.LIST:
            span, found = None, there
        return Manifest(
            question=question,
            begun=begun.isoformat(),
            way=way.value,
            counts={name: counted.records for name, counted in found.items()},
            tops={name: counted.top for name, counted in found.items()},
            span=None if span is None else (span.low.isoformat(), span.high.isoformat()),
        )

    def _way(self, rows: Rows, there: dict[str, Counted], found: dict[str, Counted]) -> Way:
        rates = Rates(
            min(FASTEST, self.client.limits.rate),
            self.settings.page_size,
            self.settings.search_page_size,
        )
        lists, searches = [], []
        for frame in rows.frames:
            name, properties = frame.object_type, frame.properties
            lists.append(rates.listing(there[name].records, fits=Wanted(name, properties).fits_an_address))
            fits = Search(name, properties).fits_a_body
            searches.append(rates.searching(found[name].records, fits=fits, links=len(rows.linked)))
        costs = {Way.LIST: total(lists), Way.SEARCH: total(searches)}
        way = choose(costs, self.client.limits.quota, self.settings.read)
        records = {Way.LIST: _sum(there), Way.SEARCH: _sum(found)}
        tell(rows.kind.value, way, costs, records)
        return way

    def _question(self, rows: Rows, mark: Mark | None) -> str:
        settings = self.settings
        told = [
            [settings.portal_id, settings.api_version, settings.read, settings.parallel == 1],
            [rows.kind.value, list(rows.linked), None if mark is None else mark.text()],
            [[frame.object_type, list(frame.properties), frame.schema.to_string()] for frame in rows.frames],
        ]
        return hashlib.sha256(orjson.dumps(told)).hexdigest()

    def _now(self) -> datetime:
        return self.client.read(Route.ACCOUNT).at or datetime.now(UTC)


def _sum(counted: dict[str, Counted]) -> int:
    return sum(one.records for one in counted.values())


def _gone_since(record: Record, moment: datetime) -> bool:
    """Whether it was archived then or later, as far as it tells."""
    at = record.get("archivedAt")
    return at is None or datetime.fromisoformat(at) >= moment
