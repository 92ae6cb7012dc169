"""Pages of records as rows of one table, with what must be asked for beside them: companies and stages."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from connectors.hubspot.fields import OBJECTS, Properties
from connectors.hubspot.reading.activities import activity_rows, frame_of
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.frames import Frame
from connectors.hubspot.reading.links import COMPANIES, Links, listed_links, read_links
from connectors.hubspot.reading.stages import deal_rows, read_stages
from connectors.hubspot.reading.through import BETWEEN, LinksTo, Through
from connectors.hubspot.wire.client import Client
from connectors.mapping import FieldMap
from connectors.records import RecordKind

MERGED = "hs_merged_object_ids"


class Rows:
    """The rows of one table in one pull; made before reading begins, as deal stages are read then."""

    def __init__(
        self,
        client: Client,
        mapping: FieldMap,
        properties: Properties,
        kind: RecordKind,
        *,
        through: bool = True,
    ) -> None:
        self._client = client
        self.kind = kind
        self._through = Through(client) if through and kind is RecordKind.ACTIVITIES else None
        self.linked: Sequence[str] = () if kind is RecordKind.ACCOUNTS else (COMPANIES,)
        """The object types to which a list tells the links."""
        if self._through is not None:
            self.linked = (COMPANIES, *BETWEEN)
        self.frames = [_frame(kind, o, mapping, properties) for o in OBJECTS[kind]]
        self._stages = read_stages(client) if kind is RecordKind.OPPORTUNITIES else {}

    def listed(self, frame: Frame, page: Sequence[Record]) -> pa.RecordBatch:
        """The rows of a page that a list gave, companies included."""
        links = self._links(
            page, lambda to, records: listed_links(self._client, frame.object_type, records, to)
        )
        return self._rows(frame, page, links, deleted=False)

    def searched(self, frame: Frame, page: Sequence[Record]) -> pa.RecordBatch:
        """The rows of a page that a search gave, which tells no companies."""

        def read(to: str, records: Sequence[Record]) -> Links:
            return read_links(self._client, frame.object_type, [r["id"] for r in records], to)

        return self._rows(frame, page, self._links(page, read), deleted=False)

    def _links(self, page: Sequence[Record], links_to: LinksTo) -> Links:
        if self._through is not None:
            return self._through.companies(page, links_to)
        return links_to(COMPANIES, page) if self.linked else {}

    def archived(self, frame: Frame, page: Sequence[Record]) -> pa.RecordBatch:
        """Rows that are deleted."""
        return self._rows(frame, page, {}, deleted=True)

    def merged(self, frame: Frame, page: Sequence[Record]) -> pa.RecordBatch:
        """Rows that tell that the records merged into these are gone: no list of archived ones has them."""
        told = [str((record.get("properties") or {}).get(MERGED) or "") for record in page]
        return frame.removed(sorted({id for text in told for id in text.split(";") if id}))

    def _rows(
        self, frame: Frame, records: Sequence[Record], links: Links, *, deleted: bool
    ) -> pa.RecordBatch:
        if self.kind is RecordKind.ACTIVITIES:
            return activity_rows(frame, records, links, deleted=deleted)
        if self.kind is RecordKind.OPPORTUNITIES:
            return deal_rows(frame, records, links, self._stages, deleted=deleted)
        return frame.rows(records, {}, deleted=deleted)


def _frame(kind: RecordKind, object_type: str, mapping: FieldMap, properties: Properties) -> Frame:
    if kind is RecordKind.ACTIVITIES:
        return frame_of(object_type, mapping, properties)
    extra = [MERGED] if kind is RecordKind.ACCOUNTS else [MERGED, "dealstage"]
    return Frame(kind, object_type, mapping, properties, extra=extra)
