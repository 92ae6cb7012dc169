"""All that doctor says of a portal, read-only."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.base import Remark
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.preparing.scopes import needs
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import ENDS
from connectors.mapping import FieldMap


def remarks(
    client: Client, settings: HubSpotSettings, mapping: FieldMap, *, writing: bool
) -> Iterator[Remark]:
    """Missing scopes first, then how long the API lasts and what HubSpot tells nobody; one call at most."""
    yield from _scopes(client.scopes(), settings, mapping, writing=writing)
    yield from _version(settings)
    if writing:
        yield Remark(
            "owner changes",
            True,
            "whether the portal passes a company's owner on to its contacts is not told by any API: look in Settings, "
            "Objects, Contacts before the first write",
        )


def _scopes(
    granted: frozenset[str] | None, settings: HubSpotSettings, mapping: FieldMap, *, writing: bool
) -> Iterator[Remark]:
    if granted is None:
        yield Remark(
            "scopes",
            True,
            "HubSpot does not tell what this token may do (a service key): compare with docs/hubspot.md",
        )
        return
    for need in needs(settings, mapping, writing=writing):
        if not need.is_met(granted):
            said = f"the token lacks {need} ({need.purpose}); grant it to the app, and install it anew where it asks for that"
            yield Remark("scope", not need.is_essential, said)


def _version(settings: HubSpotSettings) -> Iterator[Remark]:
    if ends := ENDS.get(settings.api_version):
        said = f"{settings.api_version} is supported until {ends}: try another api_version in good time"
        yield Remark("API version", True, said)
