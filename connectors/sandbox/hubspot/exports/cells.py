"""The columns of an export: their headings, and what stands in their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot.exports.asked import Asked
from connectors.sandbox.hubspot.portal import Portal
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.kinds import ID, Kind
from connectors.sandbox.hubspot.shape.pipelines import PIPELINES, STAGES
from connectors.sandbox.hubspot.shape.values import instant, shown
from connectors.sandbox.hubspot.zone import local
from connectors.sandbox.tables import Stored

_LINKS = 1_000
"""Associated records of a row, unless the request lifts the limit (doc 2025-04)."""
Cell = Callable[[Stored], str]


def headings(asked: Asked) -> list[str]:
    """The first line: the record's id, the properties, then two columns for every associated object (?)."""
    found = [ID if asked.internal_names else "Record ID"]
    found += [one.name if asked.internal_names else one.label for one in asked.properties]
    for target in asked.targets:
        label = f"Associated {target.singular.capitalize()}"
        found += [f"{label} IDs", label] if asked.names_of_linked else [f"{label} IDs"]
    return found


def cells(portal: Portal, asked: Asked) -> list[Cell]:
    """How the value of each property is written."""
    return [_cell(portal, asked, property) for property in asked.properties]


def linked(portal: Portal, asked: Asked, id: int) -> list[str]:
    """The cells about associated records: ids, and what names them, separated by semicolons."""
    found = []
    for target in asked.targets:
        ids = _linked_ids(portal, asked, id, target)
        found.append(";".join(map(str, ids)))
        if asked.names_of_linked:
            rows = portal.core.state.read_many(target.plural, ids)
            found.append(";".join(str(rows[one][target.display] or "") for one in ids if one in rows))
    return found


def _linked_ids(portal: Portal, asked: Asked, id: int, target: Kind) -> list[int]:
    ids: list[int] = []
    after: int | None = 0
    while after is not None and (asked.every_link or len(ids) < _LINKS):
        links, after = portal.records.links.of(asked.kind, [id], target, after).get(id, ([], None))
        ids += [link.to for link in links]
    return ids if asked.every_link else ids[:_LINKS]


def _cell(portal: Portal, asked: Asked, property: Property) -> Cell:
    if property.type == "datetime":
        write = _INSTANTS[portal.core.settings["export_instants"]]
        return lambda value: "" if value is None else write(int(value))
    if asked.internal_values or property.type != "enumeration":
        return lambda value: shown(property, value) or ""
    labels = _labels(portal, property)
    return lambda value: ";".join(labels.get(one, one) for one in str(value or "").split(";"))


def _labels(portal: Portal, property: Property) -> Mapping[str, str]:
    if property.external == "OWNER":
        sql = "SELECT id, firstName, lastName, archived FROM owners"
        return {
            str(id): f"{first or ''} {last or ''}".strip() + (" (Deactivated User)" if gone else "")
            for id, first, last, gone in portal.core.state.rows(sql)
        }
    if property.external == "STAGE":
        return {id: f"{stage.label} ({pipeline.label})" for id, (pipeline, stage) in STAGES.items()}
    if property.external == "PIPELINE":
        return {pipeline.id: pipeline.label for pipeline in PIPELINES}
    return {option.value: option.label for option in property.options}


def _minutes(at: Milliseconds) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}"


_INSTANTS: Mapping[str, Callable[[Milliseconds], str]] = {
    "minutes": _minutes,
    "iso": instant,
    "milliseconds": str,
}
