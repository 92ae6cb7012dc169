"""By which way a table is read: the quickest that the day's calls allow, and told in the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from connectors.base import Quota
from connectors.hubspot.reading.ways import Rates, Way, choose
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.test_side_by_side import connect, rows
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

PROFESSIONAL = Rates(19.0, 100, 200)
MILLION = 1_000_000
PLENTY = Quota(625_000, 600_000)


def way(changed: int, quota: Quota = PLENTY, *, fits: bool = True, wish: str = "auto") -> Way:
    costs = {
        Way.LIST: PROFESSIONAL.listing(MILLION, fits=fits),
        Way.SEARCH: PROFESSIONAL.searching(changed, fits=fits),
    }
    return choose(costs, quota, wish)


def test_the_known_costs_of_a_million() -> None:
    """10,000 calls and under nine minutes by list; 5,000 by search, or 15,000 with values by batch."""
    assert PROFESSIONAL.listing(MILLION, fits=True).calls == 10_000
    assert 500 < PROFESSIONAL.listing(MILLION, fits=True).seconds < 540
    assert PROFESSIONAL.searching(MILLION, fits=True).calls == 5_000
    by_batch = PROFESSIONAL.searching(MILLION, fits=False)
    assert by_batch.calls == 15_000
    assert 1_000 < by_batch.seconds < 1_100, "bound by the searches, with batches made meanwhile"
    assert PROFESSIONAL.searching(MILLION, fits=True, links=1).calls == 6_000


@pytest.mark.parametrize(
    ("changed", "expected"),
    [(20_000, Way.SEARCH), (490_000, Way.SEARCH), (510_000, Way.LIST), (MILLION, Way.LIST)],
)
def test_above_about_half_changed_a_list_is_quicker(changed: int, expected: Way) -> None:
    assert way(changed) is expected


def test_a_day_that_has_few_calls_left_is_read_by_search() -> None:
    """It takes longer and half the calls; a fifth of the day is left to others."""
    assert way(MILLION, Quota(625_000, 125_000 + 5_100)) is Way.SEARCH
    assert way(MILLION, Quota(625_000, 125_000 + 10_001)) is Way.LIST
    assert way(MILLION, Quota(625_000, 100)) is Way.SEARCH, "the fewest, where none fits"
    assert way(MILLION, Quota(625_000, 100), fits=False) is Way.SEARCH
    assert way(MILLION, Quota()) is Way.LIST


def test_the_config_has_the_last_word() -> None:
    assert way(10, wish="list") is Way.LIST
    assert way(MILLION, wish="search") is Way.SEARCH


@pytest.fixture
def world() -> Iterator[HubSpotWorld]:
    with running(
        "hubspot", seed=Seed(accounts=1_200, reps=4, seed=5, activities_per_account=0), fields=FIELDS
    ) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm)
        yield world
        world.close()


def test_the_log_tells_the_way_and_what_the_other_would_take(world: HubSpotWorld) -> None:
    connector = connect(world, page_size=100)
    with capture_logs() as told:
        whole = connector.pull(RecordKind.ACCOUNTS)
    assert len(rows(whole)) == 1_200
    [line] = [line for line in told if line["event"] == "how a table is read"]
    assert (line["table"], line["by"], line["records"], line["calls"]) == ("accounts", "list", 1_200, 12)
    assert line["instead_of"] == {"search": "12 calls, 3 s"}
    assert line["log_level"] == "info"
    connector.close()


def test_a_portal_short_of_calls_is_read_whole_by_search(world: HubSpotWorld) -> None:
    """The headers of the first answers tell it."""
    plenty = connect(world, page_size=None)
    listed = rows(plenty.pull(RecordKind.OPPORTUNITIES))
    assert plenty.calls()["list objects"] > 5
    plenty.close()
    world.crm.settings(daily_limit=sum(world.crm.calls().values()) + 14)
    connector = connect(world, page_size=None)
    assert rows(connector.pull(RecordKind.OPPORTUNITIES)) == listed
    assert connector.calls()["search objects"] > 5
    assert "list objects" not in connector.calls()
    connector.close()
