"""Which objects make up the main tables, and how columns that Salesforce has not are made."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from connectors.records import MAIN, RecordKind
from connectors.salesforce.reading.tables import Columns, Derive, Part, constant
from connectors.salesforce.standard import BEHIND
from connectors.tables import TIMESTAMP


def _person(page: Columns, not_people: Collection[str]) -> pa.Array:
    """Standard users, but not the one we are and not those the config names."""
    named = pa.array(sorted(not_people), pa.string())
    standard = pc.equal(pc.coalesce(page.get("UserType", pa.string()), pa.scalar("Standard")), "Standard")
    usernames = pc.utf8_lower(page.get("Username", pa.string()))
    listed = pc.or_(pc.is_in(page.ids, named), pc.is_in(usernames, named))
    return pc.and_(standard, pc.invert(listed))


def share(name: str) -> Derive:
    """A field in percent as a share."""
    return lambda page, not_people: pc.divide(page.get(name, pa.float64()), 100.0)


_TASK_TYPES = {"call": "call", "email": "email", "listemail": "email"}
_SAID_TYPES = {"call": "call", "email": "email", "e-mail": "email", "meeting": "meeting", "note": "note"}


def _translated(text: pa.Array, words: Mapping[str, str]) -> pa.Array:
    """What the words stand for; null for any other."""
    return pa.array(list(words.values())).take(pc.index_in(text, pa.array(list(words))))


def _task_type(page: Columns, not_people: Collection[str]) -> pa.Array:
    """The subtype, which Salesforce sets itself; else the Type that people choose; else task."""
    subtype = _translated(pc.utf8_lower(page.get("TaskSubtype", pa.string())), _TASK_TYPES)
    said = _translated(pc.utf8_lower(page.get("Type", pa.string())), _SAID_TYPES)
    return pc.coalesce(subtype, said, pa.scalar("task"))


def _direction(page: Columns, not_people: Collection[str]) -> pa.Array:
    words = {"Inbound": "inbound", "Outbound": "outbound"}
    return _translated(page.get("CallType", pa.string()), words)


def _call_minutes(page: Columns, not_people: Collection[str]) -> pa.Array:
    return pc.divide(page.get("CallDurationInSeconds", pa.float64()), 60.0)


def _event_minutes(page: Columns, not_people: Collection[str]) -> pa.Array:
    return page.get("DurationInMinutes", pa.float64())


def _task_time(page: Columns, not_people: Collection[str]) -> pa.Array:
    """When it was completed, or due where that is not told; an open task has not taken place."""
    due = page.get("ActivityDate", pa.date32()).cast(pa.timestamp("ms")).cast(TIMESTAMP)
    when = pc.coalesce(page.get("CompletedDateTime", TIMESTAMP), due)
    return pc.if_else(page.get("IsClosed", pa.bool_()), when, pa.scalar(None, TIMESTAMP))


def _event_time(page: Columns, not_people: Collection[str]) -> pa.Array:
    return pc.coalesce(page.get("StartDateTime", TIMESTAMP), page.get("ActivityDateTime", TIMESTAMP))


MAIN_PARTS: Mapping[RecordKind, tuple[Part, ...]] = {
    RecordKind.ACCOUNTS: (Part("Account"),),
    RecordKind.OWNERS: (
        Part(
            "User",
            tuple(BEHIND["User"]),
            {"person": _person, "deleted": constant(False)},
            has_deleted=False,
        ),
        Part(
            "Group",
            derived={"person": constant(False), "active": constant(True), "deleted": constant(False)},
            where="Type = 'Queue'",
            has_deleted=False,
        ),
    ),
    RecordKind.OPPORTUNITIES: (
        Part("Opportunity", tuple(BEHIND["Opportunity"]), {"probability": share("Probability")}),
    ),
    RecordKind.ACTIVITIES: (
        Part(
            "Task",
            tuple(BEHIND["Task"]),
            {
                "type": _task_type,
                "direction": _direction,
                "minutes": _call_minutes,
                "occurred_at": _task_time,
            },
        ),
        Part(
            "Event",
            tuple(BEHIND["Event"]),
            {
                "type": constant("meeting"),
                "minutes": _event_minutes,
                "occurred_at": _event_time,
                "direction": lambda page, not_people: pa.nulls(page.rows, pa.string()),
            },
        ),
    ),
}
assert set(MAIN_PARTS) == set(MAIN)
