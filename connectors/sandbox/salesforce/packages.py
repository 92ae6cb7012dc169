"""The packages that bring routes of their own; each is a function of the Api that returns Starlette routes."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.salesforce import composite
from connectors.sandbox.salesforce.app import Package
from connectors.sandbox.salesforce.bulk import routes as bulk
from connectors.sandbox.salesforce.metadata import routes as metadata
from connectors.sandbox.salesforce.soap import routes as soap
from connectors.sandbox.salesforce.territory import routes as territory

PACKAGES: Sequence[Package] = (soap.routes, bulk.routes, metadata.routes, composite.routes, territory.routes)
