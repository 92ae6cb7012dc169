"""Exports in CSV or Parquet instead of a CRM; what would be written goes to a change file."""

from __future__ import annotations

from typing import Any

from connectors.base import Connector, Forecast, Load, Plugin
from connectors.files.config import FilesSettings
from connectors.files.fields import default_fields, output_name
from connectors.mapping import FieldMap

__all__ = ["FilesSettings", "plugin"]


def _connect(settings: Any, fields: FieldMap) -> Connector:
    from connectors.files.connector import FilesConnector  # lazy: Arrow's CSV and Parquet parts

    return FilesConnector(settings, fields)


def _forecast(settings: Any, load: Load) -> Forecast:
    from connectors.files.connector import forecast

    return forecast(settings, load)


plugin = Plugin("files", FilesSettings, default_fields, output_name, _connect, _forecast)
