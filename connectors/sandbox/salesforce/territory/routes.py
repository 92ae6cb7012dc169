"""How the org comes by its territories: no routes of their own, but rules for what is written."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route

from connectors.sandbox.salesforce.app import Api
from connectors.sandbox.salesforce.territory.filling import seed_territories
from connectors.sandbox.salesforce.territory.rules import SETTINGS, TerritoryRules


def routes(api: Api) -> Sequence[Route]:
    """None; territories are objects like others, with rules."""
    api.org.core.settings.declare(SETTINGS)
    if not api.org.core.state.count("Territory2Model"):
        seed_territories(api.org)
    api.writer.rules.append(TerritoryRules(api.org))
    return ()
