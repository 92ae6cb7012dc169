"""Salesforce keeps the contract, against the local org over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.testing import ConnectorContract
from connectors.testing.reading import ReadingContract
from tests.connectors.salesforce.conftest import SalesforceWorld


@pytest.fixture(autouse=True)
def _with_territories(world: SalesforceWorld) -> None:
    """Every table that the connector can read is there."""
    world.crm.settings(territory_management=True)


class TestSalesforce(ConnectorContract):
    """The world is in conftest.py."""


class TestReconciling(ReadingContract):
    """The same where every pull of changes tells every id."""

    @pytest.fixture(autouse=True)
    def _at_once(self, world: SalesforceWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        connect = SalesforceWorld.connect

        def reconciling(world: SalesforceWorld, **changes: Any) -> SalesforceConnector:
            return connect(world, **{"reconcile_days": 0, **changes})

        monkeypatch.setattr(SalesforceWorld, "connect", reconciling)
