"""Salesforce over REST: owners and KPI fields written by sObject Collections, read by SOQL."""

from __future__ import annotations

from typing import Any

from connectors.base import Connector, Plugin
from connectors.mapping import FieldMap
from connectors.salesforce.config import Login, SalesforceSettings
from connectors.salesforce.fields import default_fields, output_name

__all__ = ["Login", "SalesforceSettings", "plugin"]


def _connect(settings: Any, fields: FieldMap) -> Connector:
    from connectors.salesforce.connector import SalesforceConnector  # lazy: requests

    return SalesforceConnector(settings, fields)


plugin = Plugin("salesforce", SalesforceSettings, default_fields, output_name, _connect)
