"""Connectors found by entry point, ours like anybody's."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points

from connectors.base import Plugin
from connectors.errors import ConnectorError

GROUP = "territory_sync.connectors"


class UnknownConnector(ConnectorError):
    """No installed package offers a connector of this kind."""


def kinds() -> list[str]:
    """The kinds that are installed, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def find(kind: str) -> Plugin:
    """The plug-in of this kind; UnknownConnector names what is installed and the nearest match."""
    found = [entry for entry in entry_points(group=GROUP) if entry.name == kind]
    if not found:
        near = difflib.get_close_matches(kind, kinds(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownConnector(f"no connector of kind {kind!r}; installed: {', '.join(kinds())}{hint}")
    if len({entry.value for entry in found}) > 1:
        values = ", ".join(sorted(entry.value for entry in found))
        raise UnknownConnector(f"two packages offer a connector of kind {kind!r} ({values}); uninstall one")
    plugin = found[0].load()
    if not isinstance(plugin, Plugin):
        raise UnknownConnector(f"entry point {kind!r} ({found[0].value}) is no connectors.base.Plugin")
    return plugin
