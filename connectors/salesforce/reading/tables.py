"""Which objects make up each of our tables, and how columns that Salesforce has not are made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.records import MAIN, RecordKind
from connectors.salesforce.fields import Described
from connectors.salesforce.reading.values import fitted, read_json
from connectors.tables import TIMESTAMP


@dataclass(frozen=True, slots=True)
class Columns:
    """A page of one object: its fields by Salesforce's names, each of its natural type (`values.natural`)."""

    rows: int
    arrays: Mapping[str, pa.Array]

    def get(self, name: str, type: pa.DataType) -> pa.Array:
        """The field in that type; nulls where the org has it not."""
        found = self.arrays.get(name)
        return pa.nulls(self.rows, type) if found is None else found.cast(type)

    @property
    def ids(self) -> pa.Array:
        """The records' own ids."""
        return self.arrays["Id"]


Derive = Callable[[Columns, Collection[str]], pa.Array]
"""One column from a page; the second argument names users (by id or casefolded username) who are no persons."""


@dataclass(frozen=True, slots=True)
class Part:
    """One object that a table is read from.

    `extra` fields are asked for where the org has them. `derived` columns are computed; the others come
    from the mapping. `where` is a fixed condition.
    """

    sobject: str
    extra: tuple[str, ...] = ()
    derived: Mapping[str, Derive] = field(default_factory=dict)
    where: str = ""
    has_deleted: bool = True


def parts(kind: RecordKind) -> tuple[Part, ...]:
    """The objects of one table."""
    return _PARTS[kind]


def columns_of(records: Sequence[Mapping[str, Any]], wanted: Collection[Described]) -> Columns:
    """A page of JSON as columns; Garbled where a value is not of its field's type."""
    return Columns(len(records), {field.name: read_json(records, field) for field in wanted})


def batch_of(
    part: Part,
    page: Columns,
    schema: pa.Schema,
    mapped: Mapping[str, Described],
    not_people: Collection[str],
) -> pa.RecordBatch:
    """A page of one object as a batch of the table."""
    columns = []
    for column in schema:
        if column.name in part.derived:
            columns.append(part.derived[column.name](page, not_people).cast(column.type))
        elif column.name in mapped:
            source = mapped[column.name]
            columns.append(fitted(page.arrays[source.name], source, column.type, page.ids))
        elif column.name == "deleted":
            columns.append(_all(False, page.rows))
        else:
            columns.append(pa.nulls(page.rows, column.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _all(value: Any, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), rows)


def _constant(value: Any) -> Derive:
    return lambda page, not_people: _all(value, page.rows)


def _person(page: Columns, not_people: Collection[str]) -> pa.Array:
    """Standard users, but not the one we are and not those the config names."""
    named = pa.array(sorted(not_people), pa.string())
    standard = pc.equal(pc.coalesce(page.get("UserType", pa.string()), pa.scalar("Standard")), "Standard")
    usernames = pc.utf8_lower(page.get("Username", pa.string()))
    listed = pc.or_(pc.is_in(page.ids, named), pc.is_in(usernames, named))
    return pc.and_(standard, pc.invert(listed))


def _share(page: Columns, not_people: Collection[str]) -> pa.Array:
    return pc.divide(page.get("Probability", pa.float64()), 100.0)


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
                "direction": lambda page, not_people: pa.nulls(page.rows, pa.string()),
            },
        ),
    ),
}
assert set(_PARTS) == set(MAIN)
