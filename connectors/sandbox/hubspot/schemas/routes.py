"""The paths of custom objects' definitions on every version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from starlette.routing import Route

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.door import Door, Scopes
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.schemas.asked import changed, read_schema, tied
from connectors.sandbox.hubspot.shape.custom import Schema, Tie
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT
from connectors.sandbox.hubspot.versions import VERSIONS
from connectors.sandbox.settings import Setting

Answer = tuple[int, dict[str, Any] | None]
SETTINGS = (
    Setting("custom_objects", False, "whether the subscription has custom objects (Enterprise)"),
    Setting("custom_objects_limit", 10, "how many custom objects the subscription has", least=0),
)


def routes(door: Door) -> Iterator[Route]:
    """Every route of schemas; v3 has two starts of old."""
    door.portal.core.settings.declare(SETTINGS)
    for version in VERSIONS.values():
        starts = [f"/crm-object-schemas/{version.name}/schemas"]
        if version.name == "v3":
            starts.append("/crm/v3/schemas")
        for start in starts:
            for method, path, endpoint, mode in _ROWS:
                guarded = door.guard(endpoint, version, _needs(f"crm.schemas.custom.{mode}"))
                yield Route(start + path, guarded, methods=[method])


def _needs(scope: str) -> Scopes:
    return lambda request: ((scope,),)


def list_schemas(call: Call) -> Answer:
    """Every custom object; none where the subscription has none."""
    archived = call.flag("archived")
    found = [one for one in call.portal.catalogue.schemas.values() if one.archived == archived]
    return 200, {"results": [_shown(call, one) for one in found]}


def create_schema(call: Call) -> Answer:
    """One custom object, with its properties and associations."""
    settings, catalogue = call.portal.core.settings, call.portal.catalogue
    if not settings["custom_objects"]:
        raise errors.no_custom_objects(call.portal.id)
    if len(catalogue.schemas) >= settings["custom_objects_limit"]:
        raise errors.invalid("The portal has reached its limit of custom objects.")
    schema, properties = read_schema(call)
    catalogue.put_schema(schema)
    call.portal.records.links.know(schema.kind)
    for property in properties:
        catalogue.add(schema.kind, property)
    call.portal.core.state.index(schema.full_name)
    return 201, _shown(call, schema)


def read_schema_of(call: Call) -> Answer:
    """One custom object, by any of its names."""
    return 200, _shown(call, _found(call))


def change_schema(call: Call) -> Answer:
    """Labels, description and the roles of properties; the name stays for good."""
    schema = changed(call, _found(call))
    call.portal.catalogue.put_schema(schema)
    return 200, _shown(call, schema)


def archive_schema(call: Call) -> Answer:
    """Puts a custom object away; not while it has records (doc)."""
    schema = _found(call)
    sql = f"SELECT 1 FROM {schema.full_name} WHERE {ARCHIVED_AT} IS NULL LIMIT 1"
    if call.portal.core.state.rows(sql):
        raise errors.invalid(f"{schema.name} still has records; delete them first.")
    call.portal.catalogue.put_schema(replace(schema, archived=True))
    return 204, None


def associate(call: Call) -> Answer:
    """One more object that records may be associated with."""
    schema, body = _found(call), call.object()
    target = str(body.get("toObjectTypeId") or "")
    widened = tied(call, schema, [target], str(body["name"]) if body.get("name") else None)
    call.portal.catalogue.put_schema(widened)
    return 201, _tie(widened, widened.ties[-1])


_ROWS = (
    ("GET", "", list_schemas, "read"),
    ("POST", "", create_schema, "write"),
    ("GET", "/{object_type}", read_schema_of, "read"),
    ("PATCH", "/{object_type}", change_schema, "write"),
    ("DELETE", "/{object_type}", archive_schema, "write"),
    ("POST", "/{object_type}/associations", associate, "write"),
)


def _found(call: Call) -> Schema:
    kind = call.portal.catalogue.kind(call.path("object_type"))
    schema = call.portal.catalogue.schemas.get(kind.plural) if kind else None
    if schema is None:
        raise errors.nothing_here()
    return schema


def _shown(call: Call, schema: Schema) -> dict[str, Any]:
    """The schema as the API writes it."""
    properties = call.portal.catalogue.of(schema.kind)
    return {
        "id": str(schema.number),
        "objectTypeId": schema.type_id,
        "fullyQualifiedName": schema.full_name,
        "name": schema.name,
        "labels": {"singular": schema.singular, "plural": schema.plural},
        "description": schema.description,
        "metaType": "PORTAL_SPECIFIC",
        "archived": schema.archived,
        "primaryDisplayProperty": schema.display,
        "secondaryDisplayProperties": list(schema.secondary),
        "requiredProperties": list(schema.required),
        "searchableProperties": list(schema.searchable),
        "properties": [one.shown() for _, one in sorted(properties.items())],
        "associations": [_tie(schema, tie) for tie in schema.ties],
        "createdAt": schema.made,
        "updatedAt": schema.changed,
    }


def _tie(schema: Schema, tie: Tie) -> dict[str, Any]:
    return {
        "id": str(tie.there),
        "fromObjectTypeId": schema.type_id,
        "toObjectTypeId": tie.target_id,
        "name": tie.name,
    }
