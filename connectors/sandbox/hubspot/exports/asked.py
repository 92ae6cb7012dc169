"""What an export request asks for, read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.search.query import Query, read_query
from connectors.sandbox.hubspot.shape.definitions import SENSITIVITIES, Property
from connectors.sandbox.hubspot.shape.kinds import Kind

_FORMATS = ("CSV", "XLS", "XLSX")
_LANGUAGES = ("DA_DK", "DE", "EN", "ES", "FI", "FR", "IT", "JA", "NL", "NO", "PL", "PT_BR", "SV", "ZH_TW")
_INTERNAL = ("NAMES", "VALUES")


@dataclass(frozen=True, slots=True)
class Asked:
    """One export as it was asked for."""

    name: str
    type: str
    kind: Kind
    properties: tuple[Property, ...]
    targets: tuple[Kind, ...]
    internal_names: bool
    internal_values: bool
    every_link: bool
    """Whether a row holds more than a thousand associated records where there are more."""
    names_of_linked: bool
    query: Query
    ids: tuple[int, ...] | None
    """The members of a list; None for a view."""


def read_asked(call: Call) -> Asked:
    """The export of this request; Refused where HubSpot would refuse it."""
    body = call.object()
    type = _choice(body, "exportType", ("VIEW", "LIST"))
    if _choice(body, "format", _FORMATS) != "CSV":
        raise errors.invalid("This local portal makes no spreadsheets: ask for the format CSV.")
    _choice(body, "language", _LANGUAGES)
    internal = _words(body, "exportInternalValuesOptions")
    if unknown := [word for word in internal if word not in _INTERNAL]:
        raise errors.malformed(f"Cannot deserialize value of type `ExportInternalValues` from {unknown[0]!r}")
    kind = _kind(call, _text(body, "objectType"))
    given = body.get("publicCrmSearchRequest") or {}
    search = {name: given.get(name) for name in ("filters", "query", "sorts")}
    query = read_query(search, 0, lambda name: call.portal.catalogue.find(kind, name), 200)
    return Asked(
        _text(body, "exportName"),
        type,
        kind,
        tuple(_properties(call, kind, _words(body, "objectProperties"))),
        tuple(_targets(call, kind, body.get("associatedObjectType"))),
        "NAMES" in internal,
        "VALUES" in internal,
        body.get("overrideAssociatedObjectsPerDefinitionPerRowLimit") is True,
        body.get("includePrimaryDisplayPropertyForAssociatedObjects") is True,
        query,
        _members(call, kind, body) if type == "LIST" else None,
    )


def _kind(call: Call, name: str) -> Kind:
    kind = call.portal.catalogue.kind(name)
    if kind is None:
        raise errors.unknown_kind(name)
    return kind


def _properties(call: Call, kind: Kind, names: Sequence[str]) -> list[Property]:
    found = []
    for name in names:
        property = call.portal.catalogue.find(kind, name)
        if property is None or property.sensitivity != SENSITIVITIES[0]:
            raise errors.invalid(f"Property {name} does not exist.", objectProperties=[name])
        found.append(property)
    return found


def _targets(call: Call, kind: Kind, given: Any) -> list[Kind]:
    """One object in v3, a list of them on the dated paths (doc)."""
    wants_list = call.version.name != "v3"
    if given in (None, []):
        return []
    if isinstance(given, list) != wants_list:
        raise errors.malformed("Cannot deserialize value (associatedObjectType)")
    targets = [_kind(call, str(name)) for name in (given if wants_list else [given])]
    for target in targets:
        if call.portal.catalogue.link_type(kind, target) is None:
            raise errors.invalid(f"No association types exist from {kind.type_id} to {target.type_id}.")
    return targets


def _members(call: Call, kind: Kind, body: Mapping[str, Any]) -> tuple[int, ...]:
    id = _text(body, "listId")
    found = call.portal.core.settings["lists"].get(id)
    if found is None or call.portal.catalogue.kind(found["object"]) != kind:
        raise errors.invalid(f"There is no list {id} of {kind.upper} objects.", listId=[id])
    return tuple(int(one) for one in found["ids"])


def _words(body: Mapping[str, Any], name: str) -> list[str]:
    value = body.get(name)
    if not isinstance(value, list):
        raise errors.malformed(f"Cannot build, some of required attributes are not set [{name}]")
    return list(map(str, value))


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise errors.malformed(f"Cannot build, some of required attributes are not set [{name}]")
    return str(value)


def _choice(body: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    value = _text(body, name)
    if value not in choices:
        raise errors.malformed(f"Cannot deserialize value of type `{name}` from String {value!r}")
    return value
