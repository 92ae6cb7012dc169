"""The packages that bring routes of their own; each is a function of the door."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from starlette.routing import Route

from connectors.sandbox.hubspot.door import Door
from connectors.sandbox.hubspot.exports import routes as exports
from connectors.sandbox.hubspot.flows import routes as flows
from connectors.sandbox.hubspot.oauth import routes as oauth
from connectors.sandbox.hubspot.schemas import routes as schemas
from connectors.sandbox.hubspot.users import routes as users

Package = Callable[[Door], Iterable[Route]]
PACKAGES: Sequence[Package] = (
    exports.routes,
    flows.routes,
    oauth.routes,
    schemas.routes,
    users.routes,
)
