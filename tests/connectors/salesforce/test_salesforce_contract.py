"""Salesforce keeps the contract, against the local org over real sockets."""

from __future__ import annotations

from connectors.testing import ConnectorContract


class TestSalesforce(ConnectorContract):
    """The world is in conftest.py."""
