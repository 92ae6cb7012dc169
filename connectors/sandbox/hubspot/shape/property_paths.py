"""Definitions of properties and their groups: list, read, create."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.objects.batches import multi_status
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.catalogue import Group
from connectors.sandbox.hubspot.shape.definitions import FIELD_TYPES, SENSITIVITIES, Option, Property
from connectors.sandbox.hubspot.shape.kinds import Kind

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
Answer = tuple[int, dict[str, Any]]


def list_properties(call: Call) -> Answer:
    """Every property of the object that holds nothing sensitive, or those of the sensitivity asked for (doc).

    With archived=true none, as none is ever archived here.
    """
    kind, wanted = call.kind(), call.query.get("dataSensitivity", SENSITIVITIES[0])
    if wanted not in SENSITIVITIES:
        raise errors.invalid(f"Invalid value {wanted!r} for query parameter dataSensitivity")
    if call.flag("archived"):
        return 200, {"results": []}
    known = sorted(call.portal.catalogue.of(kind).items())
    return 200, {"results": [one.shown() for _, one in known if one.sensitivity == wanted]}


def read_property(call: Call) -> Answer:
    """One definition."""
    found = call.portal.catalogue.find(call.kind(), call.path("name"))
    if found is None:
        raise _unknown("property", call.path("name"))
    return 200, found.shown()


def create_property(call: Call) -> Answer:
    """One custom property."""
    kind = call.kind()
    property = _property(call, kind, call.object())
    call.portal.catalogue.add(kind, property)
    return 201, property.shown()


def create_properties(call: Call) -> Answer:
    """Up to 100 custom properties, all or none."""
    kind, started = call.kind(), call.portal.instant()
    properties = [_property(call, kind, one) for one in call.inputs(100, "property creates")]
    names = [property.name for property in properties]
    for name in names:
        if names.count(name) > 1:
            raise _exists("property", name)
    for property in properties:
        call.portal.catalogue.add(kind, property)
    return multi_status(call, started, [property.shown() for property in properties], (), 201)


def list_groups(call: Call) -> Answer:
    """Every group of the object."""
    return 200, {"results": [group.shown() for group in call.portal.catalogue.groups(call.kind()).values()]}


def read_group(call: Call) -> Answer:
    """One group."""
    found = call.portal.catalogue.groups(call.kind()).get(call.path("name"))
    if found is None:
        raise _unknown("property group", call.path("name"))
    return 200, found.shown()


def create_group(call: Call) -> Answer:
    """One group."""
    kind, given = call.kind(), call.object()
    name = _name(given)
    if name in call.portal.catalogue.groups(kind):
        raise _exists("property group", name)
    group = Group(name, _text(given, "label"), int(given.get("displayOrder") or -1))
    call.portal.catalogue.add_group(kind, group)
    return 201, group.shown()


def _property(call: Call, kind: Kind, given: Mapping[str, Any]) -> Property:
    """The definition that is asked for; Refused where the portal cannot have it."""
    name, group = _name(given), _text(given, "groupName")
    if call.portal.catalogue.find(kind, name) is not None:
        raise _exists("property", name)
    if group not in call.portal.catalogue.groups(kind):
        raise errors.invalid(f"Property group {group} does not exist.", groupName=[group])
    return definition(given, group, call.portal.instant())


def definition(given: Mapping[str, Any], group: str, made: str) -> Property:
    """A custom property as it is asked for; Refused where its parts do not fit."""
    name, type, field_type = _name(given), _text(given, "type"), _text(given, "fieldType")
    if type not in FIELD_TYPES:
        raise errors.malformed(f"Cannot deserialize value of type `PropertyType` from String {type!r}")
    if field_type not in FIELD_TYPES[type]:
        raise errors.invalid(
            f"The field type {field_type} is not valid for property type {type}.", name=[name]
        )
    return Property(
        name,
        _text(given, "label"),
        type,
        field_type,
        group,
        _options(given, type),
        external=_external(given, type, field_type),
        ours=False,
        unique=bool(given.get("hasUniqueValue")),
        description=str(given.get("description") or ""),
        made=made,
    )


def _external(given: Mapping[str, Any], type: str, field_type: str) -> str:
    """OWNER for a "HubSpot user" property (changelog, 2021); nothing else can be asked for."""
    referenced, is_external = given.get("referencedObjectType"), bool(given.get("externalOptions"))
    if not referenced and not is_external:
        return ""
    if referenced != "OWNER" or not is_external or (type, field_type) != ("enumeration", "select"):
        raise errors.invalid(
            "Only an enumeration of field type select may have external options, those of OWNER.",
            referencedObjectType=[str(referenced)],
        )
    if given.get("options"):
        raise errors.invalid("A property with external options takes no options of its own.")
    return "OWNER"


def _options(given: Mapping[str, Any], type: str) -> tuple[Option, ...]:
    options = given.get("options") or []
    if options and type not in ("enumeration", "bool"):
        raise errors.invalid(f"A property of type {type} takes no options.")
    found = tuple(Option(_text(one, "value"), _text(one, "label")) for one in options)
    if len({option.value for option in found}) < len(found):
        raise errors.invalid("Option values must be unique.")
    return found


def _name(given: Mapping[str, Any]) -> str:
    name = _text(given, "name")
    if not _NAME.match(name) or name.startswith("hs_"):
        raise errors.invalid(
            f"Invalid name {name!r}: names must be lower-case, begin with a letter and hold only letters, digits"
            " and underscores; hs_ is HubSpot's own prefix",
            code="INVALID_PROPERTY_NAME",
            name=[name],
        )
    return name


def _text(given: Any, field: str) -> str:
    value = given.get(field) if isinstance(given, dict) else None
    if not isinstance(value, str) or not value:
        raise errors.malformed(f"Cannot build, some of required attributes are not set [{field}]")
    return value


def _exists(what: str, name: str) -> errors.Refused:
    return errors.Refused(
        409,
        f"A {what} named '{name}' already exists.",
        category="OBJECT_ALREADY_EXISTS",
        subCategory="Properties.PROPERTY_EXISTS",
        context={"name": [name]},
    )


def _unknown(what: str, name: str) -> errors.Refused:
    return errors.Refused(
        404,
        f"The {what} named '{name}' does not exist.",
        category="OBJECT_NOT_FOUND",
        subCategory="Properties.PROPERTY_NOT_FOUND",
        context={"name": [name]},
    )
