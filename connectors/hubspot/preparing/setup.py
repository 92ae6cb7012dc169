"""Creating the properties we write: planned first, and only what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.base import SetupStep
from connectors.errors import Garbled, Refused
from connectors.hubspot.fields import Properties, sources
from connectors.hubspot.wire.answers import words_of
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.mapping import FieldType, MappedField

OBJECT = "companies"
GROUP = "territory_sync"
GROUP_LABEL = "Territory"
BATCH = 100

_TYPES: Mapping[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ("string", "text"),
    FieldType.INTEGER: ("number", "number"),
    FieldType.NUMBER: ("number", "number"),
    FieldType.BOOLEAN: ("bool", "booleancheckbox"),
    FieldType.DATE: ("date", "date"),
    FieldType.DATETIME: ("datetime", "date"),
}
_YES_NO = [
    {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
    {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
]


HINT = "Written by territory-sync every night: an edit here is overwritten."
"""Below the definition in the property's description: HubSpot lets no app make a property read-only for people."""


def missing(client: Client, properties: Properties, fields: Sequence[MappedField]) -> list[SetupStep]:
    """The group, if it is missing and needed, then each property that does not exist."""
    known = properties.of(OBJECT)
    steps = [_property_step(f) for f in fields if sources(f)[0] not in known]
    if steps and GROUP not in _groups(client):
        definition = {"name": GROUP, "label": GROUP_LABEL}
        said = f"create the property group {GROUP} ({GROUP_LABEL!r}) of companies"
        steps.insert(0, SetupStep(said, {"group": definition}))
    return steps


def create(client: Client, properties: Properties, steps: Sequence[SetupStep]) -> None:
    """Carry these steps out; what exists by now is skipped. Refused lists what HubSpot would not create."""
    properties.forget()
    groups = [_part(s, "group") for s in steps if "group" in s.payload]
    if groups:
        present = _groups(client)
        for group in groups:
            if group["name"] not in present:
                client.send(Route.CREATE_GROUP, group, object=OBJECT)
    known = properties.of(OBJECT)
    wanted = [_part(s, "property") for s in steps if "property" in s.payload]
    inputs = [definition for definition in wanted if definition["name"] not in known]
    try:
        for start in range(0, len(inputs), BATCH):
            _create_some(client, inputs[start : start + BATCH])
    finally:
        properties.forget()


def _create_some(client: Client, inputs: Sequence[Mapping[str, Any]]) -> None:
    body = client.send(Route.CREATE_PROPERTIES, {"inputs": list(inputs)}, object=OBJECT).body
    created = {str(result.get("name")) for result in body.get("results") or ()}
    refused = [i["name"] for i in inputs if i["name"] not in created]
    if refused:
        words = "; ".join(str(words_of(e)) for e in body.get("errors") or () if isinstance(e, dict))
        said = f"HubSpot did not create {', '.join(refused)}: {words or 'it gave no reason'}"
        raise Refused(said, code="NOT_CREATED")


def _property_step(field: MappedField) -> SetupStep:
    name = sources(field)[0]
    type, field_type = ("enumeration", "select") if field.holds_user else _TYPES[field.type]
    definition: dict[str, Any] = {
        "name": name,
        "label": field.label or field.name,
        "description": " ".join(filter(None, [_sentence(field.description), HINT])),
        "groupName": GROUP,
        "type": type,
        "fieldType": field_type,
        "formField": False,
        "hasUniqueValue": False,
    }
    if field.holds_user:
        definition |= {"externalOptions": True, "referencedObjectType": "OWNER"}
    elif field.type is FieldType.BOOLEAN:
        definition["options"] = _YES_NO
    said = "HubSpot user" if field.holds_user else type
    return SetupStep(
        f"create the company property {name} ({definition['label']!r}, {said})", {"property": definition}
    )


def _sentence(text: str) -> str:
    return f"{text}." if text and text[-1] not in ".!?" else text


def _part(step: SetupStep, name: str) -> dict[str, Any]:
    part = step.payload[name]
    if not isinstance(part, dict):
        raise ValueError(f"setup step {step.description!r} holds no {name}")
    return part


def _groups(client: Client) -> set[str]:
    results = client.read(Route.GROUPS, object=OBJECT).body.get("results")
    if not isinstance(results, list):
        raise Garbled("list property groups: the answer holds no results")
    return {str(group.get("name")) for group in results}
