"""Every path we call, in one table keyed by the API's version: the end of v3 and v4 is one line of config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote


class Route(StrEnum):
    """What is called; the value is what the meter of calls shows."""

    ACCOUNT = "account details"
    OWNERS = "list owners"
    LIST = "list objects"
    SEARCH = "search objects"
    BATCH_READ = "batch read"
    BATCH_UPDATE = "batch update"
    ASSOCIATIONS = "associations batch read"
    PIPELINES = "list pipelines"
    PROPERTIES = "list properties"
    GROUPS = "list property groups"
    CREATE_GROUP = "create property group"
    CREATE_PROPERTIES = "create properties"
    FLOWS = "list workflows"
    FLOWS_READ = "read workflows"


_NUMBERED: Mapping[Route, str] = {
    Route.ACCOUNT: "/account-info/v3/details",
    Route.OWNERS: "/crm/v3/owners",
    Route.LIST: "/crm/v3/objects/{object}",
    Route.SEARCH: "/crm/v3/objects/{object}/search",
    Route.BATCH_READ: "/crm/v3/objects/{object}/batch/read",
    Route.BATCH_UPDATE: "/crm/v3/objects/{object}/batch/update",
    Route.ASSOCIATIONS: "/crm/v4/associations/{object}/{to}/batch/read",
    Route.PIPELINES: "/crm/v3/pipelines/{object}",
    Route.PROPERTIES: "/crm/v3/properties/{object}",
    Route.GROUPS: "/crm/v3/properties/{object}/groups",
    Route.CREATE_GROUP: "/crm/v3/properties/{object}/groups",
    Route.CREATE_PROPERTIES: "/crm/v3/properties/{object}/batch/create",
    Route.FLOWS: "/automation/v4/flows",
    Route.FLOWS_READ: "/automation/v4/flows/batch/read",
}

_DATED: Mapping[Route, str] = {
    Route.ACCOUNT: "/account-info/{version}/details",
    Route.OWNERS: "/crm/owners/{version}",
    Route.LIST: "/crm/objects/{version}/{object}",
    Route.SEARCH: "/crm/objects/{version}/{object}/search",
    Route.BATCH_READ: "/crm/objects/{version}/{object}/batch/read",
    Route.BATCH_UPDATE: "/crm/objects/{version}/{object}/batch/update",
    Route.ASSOCIATIONS: "/crm/associations/{version}/{object}/{to}/batch/read",
    Route.PIPELINES: "/crm/pipelines/{version}/{object}",
    Route.PROPERTIES: "/crm/properties/{version}/{object}",
    Route.GROUPS: "/crm/properties/{version}/{object}/groups",
    Route.CREATE_GROUP: "/crm/properties/{version}/{object}/groups",
    Route.CREATE_PROPERTIES: "/crm/properties/{version}/{object}/batch/create",
    # No dated version but a beta (doc, 2026-10).
    Route.FLOWS: "/automation/v4/flows",
    Route.FLOWS_READ: "/automation/v4/flows/batch/read",
}

_NEWEST: Mapping[Route, str] = {
    **_DATED,
    Route.FLOWS: "/automation/{version}-beta/flows",
    Route.FLOWS_READ: "/automation/{version}-beta/flows/batch/read",
}

VERSIONS: Mapping[str, Mapping[Route, str]] = {"v3": _NUMBERED, "2026-03": _DATED, "2026-09": _NEWEST}
"""The versions that a config may choose; v3 speaks v4 where associations are concerned."""

ENDS: Mapping[str, str] = {
    "v3": "September 2027, and the associations of v4 that go with it until 2027-03-30"
}
"""When HubSpot ends its support of a version, where that was announced (doc, 2026)."""

METHODS: Mapping[Route, str] = dict.fromkeys(
    (
        Route.SEARCH,
        Route.BATCH_READ,
        Route.BATCH_UPDATE,
        Route.ASSOCIATIONS,
        Route.CREATE_GROUP,
        Route.CREATE_PROPERTIES,
        Route.FLOWS_READ,
    ),
    "POST",
)
"""The HTTP method of each route; GET where it is not named."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of one version."""

    version: str

    def of(self, route: Route, **names: str) -> str:
        """The path of a route; names fill its placeholders and are escaped."""
        safe = {key: quote(value, safe="") for key, value in names.items()}
        return VERSIONS[self.version][route].format(version=self.version, **safe)

    @property
    def token(self) -> str:
        """Where an OAuth app asks for its tokens; v1 ends on 2027-02-16 (doc)."""
        return f"/oauth/{self.version}/token"
