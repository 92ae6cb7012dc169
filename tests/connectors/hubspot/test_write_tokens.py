"""A token that ends in the middle of every kind of call that a write makes, and one that is refused for ever."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from connectors.errors import AuthFailed
from connectors.hubspot.connector import HubSpotConnector
from connectors.records import Outcome, Receipt, RecordId, Write
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.calls import made
from tests.connectors.hubspot.plans import plan, some
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

NAMES = ("client_id", "client_secret", "refresh_token")
OWNER = "hubspot_owner_id"
NUMBERS = itertools.count()
"""No two contacts have one address."""
CALLS = [
    ("objects/.*companies/batch/read", 0),
    ("objects/.*companies/batch/update", 0),
    ("objects/.*companies/batch/read", 1),  # its history
    ("associations", 0),
    ("contacts/batch/read", 0),
    ("contacts/batch/update", 0),
]
"""Each call of a write whose contacts follow, and how many of the same path come before it."""


@pytest.fixture(scope="module", params=["v3", pytest.param("2026-09", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    with running(
        "hubspot", seed=Seed(accounts=150, activities_per_account=0, deals_per_account=0), fields=FIELDS
    ) as crm:
        crm.settings(search_lag=0, oauth_burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


@pytest.fixture
def connector(world: HubSpotWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSpotConnector]:
    """An OAuth app, past its first token."""
    for name in NAMES:
        monkeypatch.setenv(f"TEST_APP_{name.upper()}", world.crm.credentials[name])
    oauth = {name: {"env": f"TEST_APP_{name.upper()}"} for name in NAMES}
    connector = world.connect(token=None, oauth=oauth, owner_change={"contacts": "follow"})
    connector.check(writing=True)
    yield connector
    connector.close()
    world.mend()


def handed_over(world: HubSpotWorld) -> tuple[Write, str]:
    """A company that changes hands, and its old owner's contact."""
    id = next(iter(sorted(world.ids())))
    old, new = world.owners()[:2]
    world.edit(id, {"owner_id": old})
    contact = made(world, "contacts", {"email": f"t{next(NUMBERS)}@x.com", OWNER: old}, primary=id)
    return Write(id, {"owner_id": new}, {"owner_id": old}), contact


def owner(world: HubSpotWorld, contact: str) -> str:
    return next(str(r[OWNER]) for r in world.crm.records("contacts") if r["id"] == contact)


@pytest.mark.parametrize(("path", "after"), CALLS)
def test_a_token_that_ends_at_any_call_is_renewed_once_and_nothing_is_lost(
    world: HubSpotWorld, connector: HubSpotConnector, path: str, after: int
) -> None:
    write, contact = handed_over(world)
    before = world.writes_seen(write.id)
    world.crm.fault("status", path=path, status=401, after=after)
    [result] = connector.write([write])
    assert (result.outcome, result.code) == (Outcome.WRITTEN, "")
    assert world.writes_seen(write.id) == before + 1
    assert owner(world, contact) == write.values["owner_id"]
    assert connector.calls()["token"] == 2


@pytest.mark.parametrize(("path", "after"), CALLS)
def test_a_token_refused_for_ever_ends_it_after_two(
    world: HubSpotWorld, connector: HubSpotConnector, path: str, after: int
) -> None:
    """Before the company is written it raises; after that the receipt finishes it with a token that is good."""
    write, contact = handed_over(world)
    given: list[Receipt] = []
    world.crm.fault("status", path=path, status=401, after=after, times=None)
    if "companies" in path and not after:
        with pytest.raises(AuthFailed):
            connector.write([write], receipt=given.append)
        assert connector.calls()["token"] == 2
        return
    [result] = connector.write([write], receipt=given.append)
    assert connector.calls()["token"] == 2
    if "companies" in path:
        assert (result.outcome, result.code) == (Outcome.WRITTEN, "UNVERIFIED")
        return
    assert (result.outcome, result.code) == (Outcome.UNKNOWN, "INCOMPLETE")
    world.mend()
    again = connector.settle(given[0], [write])
    assert again is not None
    assert again[0].outcome is Outcome.WRITTEN
    assert owner(world, contact) == write.values["owner_id"]


@pytest.mark.parametrize("path", ["objects/.*companies/batch/read", "companies/batch/update"])
def test_batches_side_by_side_spend_two_tokens_together(
    world: HubSpotWorld, connector: HubSpotConnector, path: str
) -> None:
    world.crm.fault("status", path=path, status=401, times=None)
    ids: list[RecordId] = some(world, 150)
    with pytest.raises(AuthFailed):
        connector.write(plan(ids))
    assert connector.calls()["token"] == 2
    assert {world.writes_seen(id) for id in ids[10::40]} == {0}
