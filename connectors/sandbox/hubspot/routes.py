"""Every path of every version, with what a token needs to call it."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.routing import Route

from connectors.sandbox.hubspot import owners
from connectors.sandbox.hubspot.door import Door, Endpoint, Scopes
from connectors.sandbox.hubspot.objects import association_paths, reading, writing
from connectors.sandbox.hubspot.packages import PACKAGES
from connectors.sandbox.hubspot.search import searching
from connectors.sandbox.hubspot.shape import account_paths, property_paths
from connectors.sandbox.hubspot.versions import VERSIONS, Version

_Groups = tuple[tuple[str, ...], ...]
_Rows = tuple[tuple[str, str, Endpoint, Scopes, str], ...]


def _none(request: Request) -> _Groups:
    return ()


def _owners(request: Request) -> _Groups:
    return (("crm.objects.owners.read",),)


def _objects(mode: str) -> Scopes:
    def needed(request: Request) -> _Groups:
        parts = (request.path_params.get(name) for name in ("object_type", "to_object_type"))
        kinds = [kind for part in parts if part and (kind := request.app.state.catalogue.kind(part))]
        return tuple((f"crm.objects.{kind.scope}.{mode}",) for kind in kinds)

    return needed


def _schemas(mode: str) -> Scopes:
    def needed(request: Request) -> _Groups:
        kind = request.app.state.catalogue.kind(request.path_params["object_type"])
        if kind is None:
            return ()
        also = (f"crm.objects.{kind.scope}.read",) if mode == "read" else ()
        return ((f"crm.schemas.{kind.scope}.{mode}", *also),)

    return needed


_READ, _WRITE = _objects("read"), _objects("write")
_OBJECTS: _Rows = (
    ("POST", "/{object_type}/search", searching.search, _READ, "search"),
    ("POST", "/{object_type}/batch/read", reading.read_batch, _READ, "burst"),
    ("POST", "/{object_type}/batch/create", writing.create_batch, _WRITE, "burst"),
    ("POST", "/{object_type}/batch/update", writing.update_batch, _WRITE, "burst"),
    ("POST", "/{object_type}/batch/upsert", writing.upsert_batch, _WRITE, "burst"),
    ("POST", "/{object_type}/batch/archive", writing.archive_batch, _WRITE, "burst"),
    ("POST", "/{object_type}/merge", writing.merge_records, _WRITE, "burst"),
    ("GET", "/{object_type}", reading.list_records, _READ, "burst"),
    ("POST", "/{object_type}", writing.create_record, _WRITE, "burst"),
    ("GET", "/{object_type}/{id}", reading.read_record, _READ, "burst"),
    ("PATCH", "/{object_type}/{id}", writing.update_record, _WRITE, "burst"),
    ("DELETE", "/{object_type}/{id}", writing.archive_record, _WRITE, "burst"),
)
_PAIR = "/{object_type}/{to_object_type}"
_ASSOCIATIONS: _Rows = (
    ("POST", f"{_PAIR}/batch/read", association_paths.read_batch, _READ, "associations"),
    (
        "POST",
        f"{_PAIR}/batch/associate/default",
        association_paths.tie_by_default,
        _WRITE,
        "associations",
    ),
    ("GET", f"{_PAIR}/labels", association_paths.labels, _READ, "burst"),
)
_OBJECT_ASSOCIATIONS: _Rows = (
    (
        "GET",
        "/{object_type}/{id}/associations/{to_object_type}",
        association_paths.list_links,
        _READ,
        "associations",
    ),
)
_OWNERS: _Rows = (
    ("GET", "", owners.list_owners, _owners, "burst"),
    ("GET", "/", owners.list_owners, _owners, "burst"),
    ("GET", "/{id}", owners.read_owner, _owners, "burst"),
)
_PROPERTIES: _Rows = (
    ("GET", "/{object_type}", property_paths.list_properties, _schemas("read"), "burst"),
    ("POST", "/{object_type}", property_paths.create_property, _schemas("write"), "burst"),
    ("POST", "/{object_type}/batch/create", property_paths.create_properties, _schemas("write"), "burst"),
    ("GET", "/{object_type}/groups", property_paths.list_groups, _schemas("read"), "burst"),
    ("POST", "/{object_type}/groups", property_paths.create_group, _schemas("write"), "burst"),
    ("GET", "/{object_type}/groups/{name}", property_paths.read_group, _schemas("read"), "burst"),
    ("GET", "/{object_type}/{name}", property_paths.read_property, _schemas("read"), "burst"),
)
_PIPELINES: _Rows = (
    ("GET", "/{object_type}", account_paths.list_pipelines, _schemas("read"), "burst"),
    ("GET", "/{object_type}/{pipeline}", account_paths.read_pipeline, _schemas("read"), "burst"),
    ("GET", "/{object_type}/{pipeline}/stages", account_paths.list_stages, _schemas("read"), "burst"),
)
_ACCOUNT: _Rows = (("GET", "", account_paths.details, _none, "burst"),)


def routes(door: Door) -> list[Route]:
    """The flat routes of every version, each behind the door."""
    own = [route for package in PACKAGES for route in package(door)]
    return [*own, *(route for version in VERSIONS.values() for route in _of(door, version))]


def _of(door: Door, version: Version) -> Iterator[Route]:
    for start, rows in (
        (version.object_associations, _OBJECT_ASSOCIATIONS),
        (version.objects, _OBJECTS),
        (version.associations, _ASSOCIATIONS),
        (version.owners, _OWNERS),
        (version.properties, _PROPERTIES),
        (version.pipelines, _PIPELINES),
        (version.account, _ACCOUNT),
    ):
        for method, path, endpoint, scopes, limit in rows:
            yield Route(start + path, door.guard(endpoint, version, scopes, limit), methods=[method])
