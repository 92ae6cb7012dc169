"""What the properties of calls, emails, meetings, notes and tasks mean in our columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from connectors.hubspot.fields import ACTIVITY_OBJECTS, Properties
from connectors.hubspot.reading.columns import Record, Texts, texts, typed
from connectors.hubspot.reading.frames import Frame, Special
from connectors.hubspot.reading.links import Links
from connectors.mapping import FieldMap, FieldType
from connectors.records import RecordKind

MINUTE = 60_000.0
"""Milliseconds."""
_DIRECTIONS = {
    "INBOUND": "inbound",
    "OUTBOUND": "outbound",
    "INCOMING_EMAIL": "inbound",
    "EMAIL": "outbound",
    "FORWARDED_EMAIL": "outbound",
}
NEVER_TOOK_PLACE: Mapping[str, tuple[str, frozenset[str]]] = {
    "calls": ("hs_call_status", frozenset({"CANCELED", "QUEUED"})),
    "emails": ("hs_email_status", frozenset({"BOUNCED", "FAILED", "SCHEDULED"})),
    "meetings": ("hs_meeting_outcome", frozenset({"CANCELED", "NO_SHOW", "RESCHEDULED"})),
}
"""Per object type: the property and its values that mean that nothing took place."""


def frame_of(object_type: str, mapping: FieldMap, properties: Properties) -> Frame:
    """The frame of one activity type."""
    special: dict[str, Special] = {
        "hs_call_duration": _minutes_of_milliseconds,
        "hs_meeting_end_time": _minutes_of_meetings,
        "hs_call_direction": lambda held, ids: _directions(held["hs_call_direction"]),
        "hs_email_direction": lambda held, ids: _directions(held["hs_email_direction"]),
    }
    # These properties have a meaning in these columns only; a column of the config's own gets the value.
    standard = {m.name: m.source.split("|") for m in mapping.of(RecordKind.ACTIVITIES)}
    used = {s for name in ("minutes", "direction") for s in standard.get(name, ())}
    elsewhere = {s for name, names in standard.items() if name not in ("minutes", "direction") for s in names}
    chosen = {name: reader for name, reader in special.items() if name in used - elsewhere}
    extra = ["hs_meeting_start_time", *(p for p, _ in NEVER_TOOK_PLACE.values())]
    return Frame(RecordKind.ACTIVITIES, object_type, mapping, properties, special=chosen, extra=extra)


def activity_rows(frame: Frame, records: Sequence[Record], links: Links, *, deleted: bool) -> pa.RecordBatch:
    """One row per activity and company it is linked to; one without a company where it is linked to none.

    Their ids are `call-123`: HubSpot's are unique within one object type only.
    """
    kind = ACTIVITY_OBJECTS[frame.object_type]
    given = {
        "id": pa.array([f"{kind}-{record['id']}" for record in records], pa.string()),
        "type": pa.repeat(pa.scalar(kind, pa.string()), len(records)),
        "account_id": pa.nulls(len(records), pa.string()),
    }
    rows = _forget_what_never_was(frame, records, frame.rows(records, given, deleted=deleted))
    places: list[int] = []
    companies: list[str | None] = []
    for place, record in enumerate(records):
        linked: Sequence[str | None] = links.get(record["id"]) or (None,)
        places.extend([place] * len(linked))
        companies.extend(linked)
    return _set(rows.take(pa.array(places, pa.int64())), "account_id", pa.array(companies, pa.string()))


def _forget_what_never_was(frame: Frame, records: Sequence[Record], rows: pa.RecordBatch) -> pa.RecordBatch:
    """No moment for a meeting that nobody came to, or an email that never arrived."""
    if frame.object_type not in NEVER_TOOK_PLACE:
        return rows
    name, values = NEVER_TOOK_PLACE[frame.object_type]
    never = pc.is_in(texts(records, name), pa.array(sorted(values)))
    occurred = rows["occurred_at"]
    return _set(rows, "occurred_at", pc.if_else(never, pa.scalar(None, occurred.type), occurred))


def _set(rows: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), column)


def _minutes_of_milliseconds(held: Texts, ids: Sequence[str]) -> pa.Array:
    return pc.divide(_typed(held, ids, "hs_call_duration", FieldType.NUMBER), MINUTE)


def _minutes_of_meetings(held: Texts, ids: Sequence[str]) -> pa.Array:
    """From start to end; null where either is missing."""
    begin, end = (
        _typed(held, ids, name, FieldType.DATETIME).cast(pa.int64())
        for name in ("hs_meeting_start_time", "hs_meeting_end_time")
    )
    return pc.divide(pc.subtract(end, begin).cast(pa.float64()), MINUTE)


def _directions(values: pa.Array) -> pa.Array:
    """inbound or outbound; drafts and what HubSpot may add are neither."""
    place = pc.index_in(values, pa.array(list(_DIRECTIONS)))
    return pa.array(list(_DIRECTIONS.values()), pa.string()).take(place)


def _typed(held: Texts, ids: Sequence[str], name: str, wanted: FieldType) -> pa.Array:
    text = held.get(name, pa.nulls(len(ids), pa.string()))
    return typed(text, wanted, table=RecordKind.ACTIVITIES.value, name="minutes", source=name, ids=ids)
