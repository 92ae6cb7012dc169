"""No two living records may hold the same value of a unique property."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.objects.reading import by_unique
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.kinds import ID, Kind
from connectors.sandbox.tables import Stored

Problem = tuple[str, str, str]


def refuse_taken(call: Call, kind: Kind, writes: Iterable[tuple[int, Mapping[str, Stored]]]) -> None:
    """Refuses a request of which a value is another record's, or stands in it twice; a new record has the id 0."""
    unique = [property for property in call.portal.catalogue.of(kind).values() if property.unique]
    if not unique:
        return
    problems: list[Problem] = []
    taken: dict[tuple[str, str], int] = {}
    for id, values in writes:
        for property in unique:
            value = values.get(property.name)
            if value is None or value == "":
                continue
            key = (property.name, str(value).lower())
            holder = taken.setdefault(key, id) if key in taken else _holder(call, kind, property, str(value))
            taken.setdefault(key, id)
            if holder is not None and (holder != id or id == 0):
                problems.append(_problem(call, kind, property, str(value), id, holder))
    if problems:
        raise errors.bad_values(call.portal.id, problems)


def _holder(call: Call, kind: Kind, property: Property, value: str) -> int | None:
    row = by_unique(call, kind, property, value)
    return int(row[ID] or 0) if row is not None else None


def _problem(call: Call, kind: Kind, property: Property, value: str, id: int, holder: int) -> Problem:
    place = (
        f"portalId={call.portal.id}, objectTypeId={kind.type_id}, propertyName={property.name}, value={value}"
    )
    text = f"Cannot set PropertyValueCoordinates{{{place}}} on {id}. {holder} already has that value."
    return property.name, "CONFLICTING_UNIQUE_VALUE", text
