"""Exported files keep the contract of a CRM."""

from __future__ import annotations

from connectors.testing import ConnectorContract


class TestFiles(ConnectorContract):
    """The world is in conftest.py: a folder of CSV files, in two encodings."""
