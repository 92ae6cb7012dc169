"""The portal's properties, and whether the mapping fits them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import FieldProblem, Garbled
from connectors.hubspot.config import OWNERS, TEAMS
from connectors.hubspot.wire.answers import clean
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.mapping import FieldMap, FieldRole, FieldType, MappedField
from connectors.records import COLUMNS, RecordKind

ACTIVITY_OBJECTS: Mapping[str, str] = {
    "calls": "call",
    "emails": "email",
    "meetings": "meeting",
    "notes": "note",
    "tasks": "task",
}
"""HubSpot's engagement objects and our names of their types."""

OBJECTS: Mapping[RecordKind, tuple[str, ...]] = {
    RecordKind.ACCOUNTS: ("companies",),
    RecordKind.OPPORTUNITIES: ("deals",),
    RecordKind.ACTIVITIES: tuple(ACTIVITY_OBJECTS),
}
"""The objects that make up each table; owners are none."""

_FITTING: Mapping[FieldType, frozenset[str]] = {
    FieldType.INTEGER: frozenset({"number"}),
    FieldType.NUMBER: frozenset({"number"}),
    FieldType.BOOLEAN: frozenset({"bool"}),
    FieldType.DATE: frozenset({"date", "datetime"}),
    FieldType.DATETIME: frozenset({"date", "datetime"}),
}
"""Property types that a column type can be read from; text can be read from all."""

_SPANS = frozenset({"hs_meeting_end_time"})
"""Properties that stand for a span of time, so that a moment becomes a number of minutes."""


_SENSITIVE = (
    "holds what the portal marks as sensitive data, which is never read here and would come back blank;"
    " map another property"
)
_HIDDEN: Mapping[str, tuple[Mapping[str, str], str]] = {
    "archived": ({"archived": "true"}, "is archived; restore it in HubSpot"),
    "sensitive": ({"dataSensitivity": "sensitive"}, _SENSITIVE),
    "highly_sensitive": ({"dataSensitivity": "highly_sensitive"}, _SENSITIVE),
}
"""Properties that a list leaves out unless it is asked for them (doc), and what is said of one that is mapped."""


@dataclass(frozen=True, slots=True)
class Property:
    """What the portal says of one property."""

    name: str
    type: str
    field_type: str
    writable: bool
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What people read, by the internal value that records hold, for enumerations; hidden values included."""

    def fits(self, wanted: FieldType) -> bool:
        """Whether values of this property can be read into a column of that type."""
        if wanted is FieldType.TEXT or self.name in _SPANS:
            return True
        if wanted is FieldType.BOOLEAN and self.field_type == "booleancheckbox":
            return True
        return self.type in _FITTING[wanted]


def sources(mapped: MappedField) -> tuple[str, ...]:
    """The properties a column is read from, the first with a value winning."""
    return tuple(mapped.source.split("|"))


class Properties:
    """The properties of every object, asked for once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], dict[str, Property]] = {}

    def of(self, object_type: str, which: str = "") -> Mapping[str, Property]:
        """The properties of one object by name: those that can be read, or a kind of those that cannot (`_HIDDEN`)."""
        key = (object_type, which)
        if key not in self._known:
            query = _HIDDEN[which][0] if which else {}
            body = self._client.read(Route.PROPERTIES, query=query, object=object_type).body
            self._known[key] = {p.name: p for p in _properties(body, object_type)}
        return self._known[key]

    def labels(self, object_type: str, name: str) -> Mapping[str, str]:
        """What people read instead of each value of an enumeration; empty for any other property, and for none."""
        found = self.of(object_type).get(name)
        return {} if found is None else found.labels

    def forget(self) -> None:
        """Ask again at the next use: something was created."""
        self._known.clear()

    def present(self, object_type: str, mapping: Sequence[MappedField]) -> dict[str, tuple[str, ...]]:
        """Which properties of this object each column is read from."""
        known = self.of(object_type)
        return {m.name: tuple(s for s in sources(m) if s in known) for m in mapping}

    def problems(self, mapping: FieldMap, kind: RecordKind, *, writing: bool) -> list[FieldProblem]:
        """Every mapped property of one table that does not exist, is of another type, or cannot be written."""
        if kind is RecordKind.OWNERS:
            return list(_owner_problems(mapping))
        return [
            problem
            for mapped in mapping.of(kind)
            for problem in self.problems_of(kind.value, mapped, OBJECTS[kind])
            or (self._unwritable(kind, mapped) if writing else [])
        ]

    def problems_of(self, table: str, mapped: MappedField, objects: Sequence[str]) -> list[FieldProblem]:
        """Every source of one mapped field that none of these objects has, or that is of another type."""
        found = []
        for source in sources(mapped):
            known = [p for o in objects if (p := self.of(o).get(source)) is not None]
            misfits = [p for p in known if not p.fits(mapped.type)]
            if not known:
                found.append(self._unknown(table, mapped, source, objects))
            elif misfits:
                said = f"is of HubSpot's type {misfits[0].type} and cannot be read as {mapped.type.value}"
                found.append(FieldProblem(table, mapped.name, source, said))
        return found

    def _unwritable(self, kind: RecordKind, mapped: MappedField) -> Iterator[FieldProblem]:
        if kind is not RecordKind.ACCOUNTS or not (
            mapped.role is FieldRole.OUTPUT or mapped.name == "owner_id"
        ):
            return
        known = self.of("companies")
        for source in sources(mapped):
            if not known[source].writable:
                said = "is not writable (calculated or read-only in HubSpot)"
                yield FieldProblem(kind.value, mapped.name, source, said)

    def _unknown(self, table: str, mapped: MappedField, source: str, objects: Sequence[str]) -> FieldProblem:
        for which, (_, said) in _HIDDEN.items():
            if any(source in self.of(o, which) for o in objects):
                return FieldProblem(table, mapped.name, source, said)
        names = sorted({name for o in objects for name in self.of(o)})
        near = difflib.get_close_matches(source.lower(), names, n=3, cutoff=0.6)
        said = f"does not exist in {' or '.join(objects)}"
        return FieldProblem(table, mapped.name, source, said, tuple(near))


def _owner_problems(mapping: FieldMap) -> Iterator[FieldProblem]:
    fixed = {m.name: m.source for m in OWNERS}
    for mapped in mapping.of(RecordKind.OWNERS):
        own = mapped.name not in COLUMNS[RecordKind.OWNERS] and mapped.type is FieldType.TEXT
        if fixed.get(mapped.name) != mapped.source and not (own and mapped.source in TEAMS):
            said = "does not exist: owners of HubSpot have fixed fields, and text columns of your own from their teams"
            near = tuple(sorted({*fixed.values(), *TEAMS}))
            yield FieldProblem(RecordKind.OWNERS.value, mapped.name, mapped.source, said, near)


def _properties(body: Mapping[str, Any], object_type: str) -> Iterator[Property]:
    results = body.get("results")
    if not isinstance(results, list):
        raise Garbled(f"list properties {object_type}: the answer holds no results")
    for entry in results:
        rights = entry.get("modificationMetadata") or {}
        yield Property(
            name=str(entry["name"]),
            type=clean(entry.get("type")),
            field_type=clean(entry.get("fieldType")),
            writable=not (entry.get("calculated") or rights.get("readOnlyValue")),
            labels={
                str(option["value"]): clean(option.get("label")) or str(option["value"])
                for option in entry.get("options") or ()
            },
        )
