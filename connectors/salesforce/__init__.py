"""Salesforce over REST: owners and KPI fields written by sObject Collections, read by SOQL."""

from __future__ import annotations

from typing import Any

from connectors.base import Connector, Forecast, Load, Plugin
from connectors.mapping import FieldMap
from connectors.salesforce.config import Login, SalesforceSettings
from connectors.salesforce.standard import default_fields, output_name

__all__ = ["Login", "SalesforceSettings", "plugin"]


def _connect(settings: Any, fields: FieldMap) -> Connector:
    from connectors.salesforce.connector import SalesforceConnector  # lazy: requests

    return SalesforceConnector(settings, fields)


def _forecast(settings: Any, load: Load) -> Forecast:
    from connectors.salesforce.forecast import forecast

    return forecast(settings, load)


plugin = Plugin(
    "salesforce",
    SalesforceSettings,
    default_fields,
    output_name,
    _connect,
    _forecast,
    # Salesforce advises at most 10,000 records of an object under one owner (doc, ownership skew).
    crowded_owner=10_000,
)
