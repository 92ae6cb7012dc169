"""A portal of the sandbox keeps the contract, in both kinds of API version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox import Seed, running
from connectors.testing import ConnectorContract
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

SEED = Seed(accounts=30, reps=5, seed=3, activities_per_account=2)


@pytest.fixture(params=["v3", "2026-03", pytest.param("2026-09", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    """Waits cost no time here, so that search keeps up at once and no limit of calls holds."""
    with running("hubspot", seed=SEED, fields=FIELDS) as crm:
        crm.settings(search_lag=0, search_limit=100_000, burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


class TestHubSpot(ConnectorContract):
    """The world is in world.py."""
