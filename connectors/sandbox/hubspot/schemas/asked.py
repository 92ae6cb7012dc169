"""A custom object as a request defines it, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.custom import Schema, Tie
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.property_paths import definition

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_FIRST, _FIRST_TYPE = 145_001, 21


def read_schema(call: Call) -> tuple[Schema, list[Property]]:
    """A new custom object with its properties; Refused where HubSpot would refuse it."""
    body, catalogue = call.object(), call.portal.catalogue
    name = _text(body, "name")
    if not _NAME.match(name):
        raise errors.invalid(
            f"Invalid name {name!r}: letters, digits and underscores, the first a letter", name=[name]
        )
    full_name = f"p{call.portal.id}_{name}".lower()
    if full_name in catalogue.schemas or catalogue.kind(name) is not None:
        raise errors.invalid(f"An object named {name} already exists.", name=[name])
    properties = [
        definition(one, str(one.get("groupName") or f"{name.lower()}_information"), call.portal.instant())
        for one in _objects(body, "properties")
    ]
    known = [property.name for property in properties]
    display = _text(body, "primaryDisplayProperty") if "primaryDisplayProperty" in body else known[0]
    schema = Schema(
        _FIRST + len(catalogue.schemas),
        name,
        full_name,
        _label(body, "singular"),
        _label(body, "plural"),
        display,
        made=call.portal.instant(),
        changed=call.portal.instant(),
        description=str(body.get("description") or ""),
        required=_names(body, "requiredProperties", known),
        searchable=_names(body, "searchableProperties", known) if "searchableProperties" in body else (),
        secondary=_names(body, "secondaryDisplayProperties", known)
        if "secondaryDisplayProperties" in body
        else (),
    )
    _refuse_unknown([display], known)
    return tied(call, schema, _words(body, "associatedObjects")), properties


def tied(call: Call, schema: Schema, targets: Iterable[str], name: str | None = None) -> Schema:
    """The schema with associations to these objects, too; their type ids are the portal's own."""
    ties = list(schema.ties)
    for word in targets:
        kind = call.portal.catalogue.kind(word)
        if kind is None:
            raise errors.unknown_kind(word)
        if any(tie.target == kind.plural for tie in ties):
            raise errors.invalid(f"{schema.name} is associated with {kind.singular} already.")
        next_type = _next_type(call, ties)
        label = name or f"{schema.name}_to_{kind.singular}"
        ties.append(Tie(kind.plural, kind.type_id, label, next_type, next_type + 1))
    return replace(schema, ties=tuple(ties))


def changed(call: Call, schema: Schema) -> Schema:
    """The schema as a PATCH leaves it: labels, description, and which properties stand for what."""
    body = call.object()
    known = list(call.portal.catalogue.of(schema.kind))

    def names(name: str, before: tuple[str, ...]) -> tuple[str, ...]:
        return _names(body, name, known) if name in body else before

    labels = body.get("labels") or {}
    display = str(body.get("primaryDisplayProperty") or schema.display)
    _refuse_unknown([display], known)
    return replace(
        schema,
        required=names("requiredProperties", schema.required),
        searchable=names("searchableProperties", schema.searchable),
        secondary=names("secondaryDisplayProperties", schema.secondary),
        display=display,
        description=str(body.get("description", schema.description)),
        singular=str(labels.get("singular", schema.singular)),
        plural=str(labels.get("plural", schema.plural)),
        changed=call.portal.instant(),
    )


def _next_type(call: Call, ties: Sequence[Tie]) -> int:
    held = [tie.back for schema in call.portal.catalogue.schemas.values() for tie in schema.ties]
    return max([_FIRST_TYPE - 1, *held, *(tie.back for tie in ties)]) + 1


def _label(body: Mapping[str, Any], name: str) -> str:
    labels = body.get("labels")
    return _text(labels if isinstance(labels, dict) else {}, name)


def _objects(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = body.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise errors.malformed(f"Cannot build, some of required attributes are not set [{name}]")
    return value


def _words(body: Mapping[str, Any], name: str) -> list[str]:
    value = body.get(name)
    if not isinstance(value, list):
        raise errors.malformed(f"Cannot build, some of required attributes are not set [{name}]")
    return list(map(str, value))


def _names(body: Mapping[str, Any], name: str, known: Sequence[str]) -> tuple[str, ...]:
    names = tuple(_words(body, name))
    _refuse_unknown(names, known)
    return names


def _refuse_unknown(names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise errors.invalid(f"Property {name} does not exist.", name=[name])


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise errors.malformed(f"Cannot build, some of required attributes are not set [{name}]")
    return value
