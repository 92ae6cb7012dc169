"""Under the limits by waiting, whatever the rhythm of the calls."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.hubspot.wire.limits import SEARCHES, Limits
from tests.connectors.hubspot.conftest import FakeClock

HEADERS = {
    "X-HubSpot-RateLimit-Max": "20",
    "X-HubSpot-RateLimit-Remaining": "19",
    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
}


def most_in(times: list[float], window: float) -> int:
    return max((sum(t <= u < t + window for u in times) for t in times), default=0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 3, allow_subnormal=False)), max_size=150))
def test_no_window_ever_holds_more_calls_than_hubspot_allows(calls: list[tuple[bool, float]]) -> None:
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn(HEADERS)
    made: list[float] = []
    searches: list[float] = []
    for search, pause in calls:
        clock.now += pause
        limits.wait(search=search)
        made.append(clock.now)
        if search:
            searches.append(clock.now)
    assert most_in(made, 10.0) <= 20
    assert most_in(searches, 1.0) <= SEARCHES


def test_waiting_costs_no_more_than_the_limits_demand() -> None:
    """1,000 calls at 190 in ten seconds take under a minute; no call waits without need."""
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Remaining": "189"})
    for _ in range(1_000):
        limits.wait(search=False)
    assert sum(clock.slept) < 1_000 / 190 * 10 * 1.1
    assert len(clock.slept) <= 1_000 / 180 * 180


def test_before_any_header_the_smallest_allowance_is_kept() -> None:
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    for _ in range(100):
        limits.wait(search=False)
    assert sum(clock.slept) >= 9.9


def test_others_who_use_the_same_token_slow_us_down() -> None:
    """Our own window is empty, and hardly any call is left in HubSpot's."""
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Remaining": "0"})
    limits.wait(search=False)
    assert clock.slept == [1.0]
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Remaining": "15"})
    limits.wait(search=False)
    assert clock.slept == [1.0]


def test_headers_that_are_missing_or_nonsense_change_nothing() -> None:
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn(HEADERS)
    before = limits._burst.size
    limits.learn({})
    limits.learn({"X-HubSpot-RateLimit-Max": "many", "X-HubSpot-RateLimit-Daily": "-1"})
    assert limits._burst.size == before == 19
    assert limits.quota.limit is None
