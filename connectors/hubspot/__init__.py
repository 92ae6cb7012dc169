"""HubSpot: companies are accounts, deals opportunities, and five engagement objects activities.

All talk goes through hubspot-api-client, which is imported only once a connector makes its first call.
"""

from __future__ import annotations

from connectors.base import Connector, Forecast, Load, Plugin
from connectors.hubspot.config import HubSpotSettings, default_fields, output_name
from connectors.mapping import FieldMap

__all__ = ["HubSpotSettings", "plugin"]


def _connect(settings: HubSpotSettings, mapping: FieldMap) -> Connector:
    from connectors.hubspot.connector import HubSpotConnector  # lazy: brings Arrow and the vendor's client

    return HubSpotConnector(settings, mapping)


def _forecast(settings: HubSpotSettings, load: Load) -> Forecast:
    from connectors.hubspot.forecast import forecast

    return forecast(settings, load)


plugin = Plugin(
    kind="hubspot",
    settings=HubSpotSettings,
    default_fields=default_fields,
    output_name=output_name,
    connect=_connect,
    forecast=_forecast,
)
