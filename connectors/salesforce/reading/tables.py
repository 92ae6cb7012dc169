"""Which objects make up each of our tables, and how columns that Salesforce has not are made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.records import MAIN, RecordKind
from connectors.salesforce.fields import Described
from connectors.salesforce.reading.values import column

Records = Sequence[Mapping[str, Any]]
Derive = Callable[[Records, Collection[str]], pa.Array]
"""One column from a page of records; the second argument names users (by id or username) who are no persons."""


@dataclass(frozen=True, slots=True)
class Part:
    """One object that a table is read from.

    `extra` fields are asked for where the org has them. `derived` columns are computed; the others come
    from the mapping. `where` is a fixed condition.
    """

    sobject: str
    extra: tuple[str, ...] = ()
    derived: Mapping[str, Derive] = ()  # type: ignore[assignment]
    where: str = ""
    has_deleted: bool = True


def parts(kind: RecordKind) -> tuple[Part, ...]:
    """The objects of one table."""
    return _PARTS[kind]


def batch_of(
    part: Part,
    records: Records,
    schema: pa.Schema,
    mapped: Mapping[str, Described],
    not_people: Collection[str],
) -> pa.RecordBatch:
    """A page of one object as a batch of the table."""
    derived = dict(part.derived)
    columns = []
    for field in schema:
        if field.name in derived:
            made = derived[field.name](records, not_people)
            columns.append(made.cast(field.type))
        elif field.name in mapped:
            columns.append(column(records, mapped[field.name], field.type))
        elif field.name == "deleted":
            columns.append(pa.array([False] * len(records), pa.bool_()))
        else:
            columns.append(pa.nulls(len(records), field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _constant(value: Any) -> Derive:
    return lambda records, not_people: pa.array([value] * len(records))


def _person(records: Records, not_people: Collection[str]) -> pa.Array:
    """Standard users, but not the one we are and not those the config names."""
    return pa.array(
        [
            record.get("UserType", "Standard") == "Standard"
            and record["Id"] not in not_people
            and record.get("Username", "").casefold() not in not_people
            for record in records
        ],
        pa.bool_(),
    )


def _share(records: Records, not_people: Collection[str]) -> pa.Array:
    return pc.divide(pa.array([r.get("Probability") for r in records], pa.float64()), 100.0)


_TASK_TYPES = {"call": "call", "email": "email", "listemail": "email"}
_SAID_TYPES = {"call": "call", "email": "email", "e-mail": "email", "meeting": "meeting", "note": "note"}


def _task_type(records: Records, not_people: Collection[str]) -> pa.Array:
    """The subtype, which Salesforce sets itself; else the Type that people choose; else task."""

    def of(record: Mapping[str, Any]) -> str:
        subtype = str(record.get("TaskSubtype") or "").casefold()
        said = str(record.get("Type") or "").casefold()
        return _TASK_TYPES.get(subtype) or _SAID_TYPES.get(said, "task")

    return pa.array([of(record) for record in records], pa.string())


def _direction(records: Records, not_people: Collection[str]) -> pa.Array:
    known_words = {"Inbound": "inbound", "Outbound": "outbound"}
    return pa.array([known_words.get(str(r.get("CallType"))) for r in records], pa.string())


def _call_minutes(records: Records, not_people: Collection[str]) -> pa.Array:
    return pc.divide(pa.array([r.get("CallDurationInSeconds") for r in records], pa.float64()), 60.0)


def _event_minutes(records: Records, not_people: Collection[str]) -> pa.Array:
    return pa.array([r.get("DurationInMinutes") for r in records], pa.float64())


def _task_time(records: Records, not_people: Collection[str]) -> pa.Array:
    """When it was completed, or due where that is not told; an open task has not taken place."""
    done = pa.array([r.get("CompletedDateTime") if r.get("IsClosed") else None for r in records], pa.string())
    due = pa.array([r.get("ActivityDate") if r.get("IsClosed") else None for r in records], pa.string())
    stamps = due.cast(pa.date32()).cast(pa.timestamp("ms")).cast(pa.timestamp("ms", "UTC"))
    return pc.coalesce(done.cast(pa.timestamp("ms", "UTC")), stamps)


def _event_time(records: Records, not_people: Collection[str]) -> pa.Array:
    starts = [r.get("StartDateTime") or r.get("ActivityDateTime") for r in records]
    return pa.array(starts, pa.string()).cast(pa.timestamp("ms", "UTC"))


_PARTS: Mapping[RecordKind, tuple[Part, ...]] = {
    RecordKind.ACCOUNTS: (Part("Account"),),
    RecordKind.OWNERS: (
        Part(
            "User",
            ("Username", "UserType"),
            {"person": _person, "deleted": _constant(False)},
            has_deleted=False,
        ),
        Part(
            "Group",
            derived={"person": _constant(False), "active": _constant(True), "deleted": _constant(False)},
            where="Type = 'Queue'",
            has_deleted=False,
        ),
    ),
    RecordKind.OPPORTUNITIES: (Part("Opportunity", ("Probability",), {"probability": _share}),),
    RecordKind.ACTIVITIES: (
        Part(
            "Task",
            (
                "TaskSubtype",
                "Type",
                "CallType",
                "CallDurationInSeconds",
                "IsClosed",
                "CompletedDateTime",
                "ActivityDate",
            ),
            {
                "type": _task_type,
                "direction": _direction,
                "minutes": _call_minutes,
                "occurred_at": _task_time,
            },
        ),
        Part(
            "Event",
            ("DurationInMinutes", "StartDateTime", "ActivityDateTime"),
            {
                "type": _constant("meeting"),
                "minutes": _event_minutes,
                "occurred_at": _event_time,
                "direction": lambda r, not_people: pa.nulls(len(r), pa.string()),
            },
        ),
    ),
}
assert set(_PARTS) == set(MAIN)
