"""A portal of the size that the project is made for; minutes, so not in the usual run."""

from __future__ import annotations

import time

import pytest

from connectors.sandbox import Seed, running
from tests.connectors.sandbox_hubspot.client import Client, client_of, where

pytestmark = pytest.mark.slow
ENOUGH = 20_000


def listed(http: Client, kind: str) -> float:
    """Records a second of a list with links to companies."""
    count, after, start = 0, "0", time.perf_counter()
    while count < ENOUGH:
        page = http("GET", f"/crm/v3/objects/{kind}?limit=100&after={after}&associations=companies").body
        count, after = count + len(page["results"]), page["paging"]["next"]["after"]
    return count / (time.perf_counter() - start)


def searched(http: Client, kind: str) -> float:
    """Records a second of a walk through everything that was ever modified."""
    count, last, start = 0, "0", time.perf_counter()
    while count < ENOUGH:
        page = http.search(
            kind,
            where("hs_lastmodifieddate", "GTE", "0"),
            where("hs_object_id", "GT", last),
            sorts=["hs_object_id"],
            limit=200,
        ).body
        count, last = count + len(page["results"]), page["results"][-1]["id"]
    return count / (time.perf_counter() - start)


def pushed(http: Client) -> float:
    """Records a second of owner changes in batches of 100, each hidden from search for a while."""
    ids = [row["id"] for row in http("GET", "/crm/v3/objects/companies?limit=100").body["results"]]
    owners, start = [owner["id"] for owner in http.owners()], time.perf_counter()
    for turn in range(20):
        values = {"hubspot_owner_id": owners[turn % len(owners)], "description": f"turn {turn}"}
        inputs = [{"id": id, "properties": values} for id in ids]
        assert http("POST", "/crm/v3/objects/companies/batch/update", {"inputs": inputs}).status == 200
    return 2_000 / (time.perf_counter() - start)


def test_a_hundred_thousand_companies_and_a_million_activities_load_and_answer_fast() -> None:
    start = time.perf_counter()
    with running("hubspot", seed=Seed(accounts=100_000, reps=200, seed=1, activities_per_account=10)) as crm:
        loading = time.perf_counter() - start
        crm.settings(burst_limit=10**6, search_limit=10**6)
        http = client_of(crm)
        rates = {
            "list companies": listed(http, "companies"),
            "list emails": listed(http, "emails"),
            "search companies": searched(http, "companies"),
            "search emails": searched(http, "emails"),
        }
        writing = pushed(http)
    assert loading < 90
    assert min(rates.values()) > 1_500, rates
    assert writing > 500
