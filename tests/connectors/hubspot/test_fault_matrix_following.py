"""Every fault at every call that moves what follows an owner: no child lost, none doubled, nothing in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.records import Outcome, Receipt, RecordId, Write
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.calls import made
from tests.connectors.hubspot.test_fault_matrix import FAULTS
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

OWNER = "hubspot_owner_id"
POLICY = {"contacts": "follow", "open_deals": "follow"}
PATHS = ["associations", "contacts/batch/read", "pipelines", "deals/batch/update"]
Children = dict[tuple[str, str], str]
"""What hangs on a company, and whose it is when the company has its new owner."""


@pytest.fixture(scope="module", params=["v3", pytest.param("2026-09", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    """One portal for all cases, each with a company of its own."""
    seed = Seed(accounts=400, reps=4, seed=5, activities_per_account=0, deals_per_account=0)
    with running("hubspot", seed=seed, fields=FIELDS) as crm:
        crm.settings(
            search_lag=0, search_limit=1_000_000, burst_limit=1_000_000, associations_limit=1_000_000
        )
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


@pytest.fixture(scope="module")
def connector(world: HubSpotWorld) -> Iterator[HubSpotConnector]:
    connector = world.connect(owner_change=POLICY)
    connector.check(writing=True)
    yield connector
    connector.close()


@pytest.fixture(scope="module")
def fresh(world: HubSpotWorld) -> Iterator[RecordId]:
    return iter(sorted(world.ids()))


def below(world: HubSpotWorld, company: RecordId) -> Children:
    """Two contacts and a deal that follow, a contact and a deal that do not."""
    old, new, third = world.owners()[:3]
    deal = {"dealname": "D", "pipeline": "default"}

    def contact(name: str, owner: str) -> str:
        return made(world, "contacts", {"email": f"{name}{company}@x.com", OWNER: owner}, primary=company)

    return {
        ("contacts", contact("a", old)): new,
        ("contacts", contact("b", old)): new,
        ("contacts", contact("c", third)): third,
        (
            "deals",
            made(world, "deals", {**deal, "dealstage": "contractsent", OWNER: old}, primary=company),
        ): new,
        ("deals", made(world, "deals", {**deal, "dealstage": "closedwon", OWNER: old}, primary=company)): old,
    }


@pytest.mark.parametrize("times", [1, pytest.param(None, marks=pytest.mark.slow)], ids=["once", "always"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("kind", "details"), FAULTS, ids=[f"{k}-{d}" for k, d in FAULTS])
def test_what_follows_an_owner_follows_once_or_is_told(
    world: HubSpotWorld,
    connector: HubSpotConnector,
    fresh: Iterator[RecordId],
    kind: str,
    details: dict[str, Any],
    path: str,
    times: int | None,
) -> None:
    company = next(fresh)
    old, new = world.owners()[:2]
    world.edit(company, {"owner_id": old})
    children = below(world, company)
    write = Write(company, {"owner_id": new}, {"owner_id": old})
    given: list[Receipt] = []
    world.crm.fault(kind, path=path, times=times, **details)
    [result] = connector.write([write], receipt=given.append)
    world.mend()
    if result.outcome is Outcome.UNKNOWN:
        assert result.message
        settled = connector.settle(given[0], [write])
        assert settled is not None
        [result] = settled
    assert result.outcome is Outcome.WRITTEN
    there = {key: owner(world, *key) for key in children}
    assert there == children or (result.code == "INCOMPLETE" and result.message), result
    assert {key for key in children if there[key] not in (children[key], old)} == set()
    assert world.writes_seen(company) == 1
    for key, last in children.items():
        wanted = 1 if last == new and there[key] == new else 0
        assert changes(world, *key) == wanted, "each once, or not at all"


def owner(world: HubSpotWorld, kind: str, id: str) -> str:
    [found] = [r[OWNER] for r in world.crm.records(kind) if r["id"] == id]
    return str(found)


def changes(world: HubSpotWorld, kind: str, id: str) -> int:
    rows = [r for r in world.crm.history(kind, id) if r["field"] == OWNER and r["old"] is not None]
    return len(rows)
