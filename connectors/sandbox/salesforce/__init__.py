"""A Salesforce org over real HTTP: OAuth, REST queries, single records, Collections, describe, limits, Tooling."""

from __future__ import annotations

from connectors.sandbox.core import Core, Vendor
from connectors.sandbox.salesforce.vendor import Salesforce

__all__ = ["build"]


def build(core: Core) -> Vendor:
    """An org standing on this core."""
    return Salesforce(core)
