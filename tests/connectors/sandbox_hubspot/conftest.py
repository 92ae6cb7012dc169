"""A small local portal per test, and a plain HTTP client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox_hubspot.client import Client, client_of


@pytest.fixture
def crm() -> Iterator[Crm]:
    """A portal with forty companies whose search is never behind."""
    with running("hubspot", seed=Seed(accounts=40, reps=4, seed=7, activities_per_account=3)) as crm:
        crm.settings(search_lag=0.0, search_limit=1000, burst_limit=10_000)
        yield crm


@pytest.fixture
def http(crm: Crm) -> Iterator[Client]:
    """Plain HTTP against it."""
    client = client_of(crm)
    yield client
    client.pool.clear()


@pytest.fixture
def empty() -> Iterator[Client]:
    """Plain HTTP against a portal without records, with its limits and lag as they are."""
    with running("hubspot") as crm:
        client = client_of(crm)
        yield client
        client.pool.clear()
