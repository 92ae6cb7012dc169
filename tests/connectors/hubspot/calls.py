"""Records made through the portal's API as other apps make them, with links to companies and contacts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import urllib3

if TYPE_CHECKING:
    from tests.connectors.hubspot.world import HubSpotWorld

TYPES: Mapping[tuple[str, str], int] = {
    ("calls", "companies"): 182, ("emails", "companies"): 186, ("meetings", "companies"): 188,
    ("notes", "companies"): 190, ("tasks", "companies"): 192, ("deals", "companies"): 341,
    ("contacts", "companies"): 279, ("calls", "contacts"): 194, ("notes", "contacts"): 202,
    ("meetings", "contacts"): 200, ("tasks", "contacts"): 204, ("calls", "deals"): 206, ("tasks", "deals"): 216,
    ("emails", "contacts"): 198, ("deals", "contacts"): 3,
}  # fmt: skip
"""The association types without a label (doc)."""
PRIMARY: Mapping[str, int] = {"contacts": 1, "deals": 5}


def call(world: HubSpotWorld, path: str, body: Any, method: str = "POST") -> Mapping[str, Any]:
    """One request on v3 that must go well."""
    headers = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request(method, world.crm.url + path, body=json.dumps(body), headers=headers)
        assert answer.status < 300, answer.data
        return dict(answer.json()) if answer.data else {}


def made(
    world: HubSpotWorld,
    plural: str,
    values: Mapping[str, str],
    links: Sequence[tuple[str, str]] = (),
    primary: str | None = None,
) -> str:
    """The id of a new record with these links, (object, id) each; `primary` is the company labelled so."""
    associations = [
        {"to": {"id": id}, "types": [_type(TYPES[plural, to])]} for to, id in links if id != primary
    ]
    if primary is not None:
        types = [_type(PRIMARY[plural]), _type(TYPES[plural, "companies"])]
        associations.append({"to": {"id": primary}, "types": types})
    body = {"properties": dict(values), "associations": associations}
    return str(call(world, f"/crm/v3/objects/{plural}", body)["id"])


def _type(id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": id}
