"""Properties that HubSpot's own integrations bring into a portal when they are installed."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.hubspot.shape.definitions import Property

SALESFORCE_GROUP = "salesforceinformation"


def _salesforce(name: str, label: str, type: str, field_type: str) -> Property:
    return Property(name, label, type, field_type, SALESFORCE_GROUP, read_only=True)


INSTALLED: Mapping[str, Property] = {
    found.name: found
    for found in (
        _salesforce("salesforceaccountid", "Salesforce Account ID", "string", "text"),
        _salesforce("salesforcelastsynctime", "Last sync with Salesforce", "datetime", "date"),
    )
}
"""By name: what the Salesforce integration adds to companies; read only to people and to the API (?)."""
