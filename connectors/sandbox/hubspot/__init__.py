"""A local HubSpot portal: CRM objects, search, owners, associations, properties, limits and errors over HTTP."""

from connectors.sandbox.hubspot.crm import build

__all__ = ["build"]
