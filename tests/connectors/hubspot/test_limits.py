"""Under the limits by waiting, whatever the rhythm of the calls."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import pytest
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
    told = {**HEADERS, "X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Remaining": "189"}
    limits.learn(told, limits.wait(search=False))
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
    assert sum(clock.slept) == 1.0
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Remaining": "15"})
    limits.wait(search=False)
    assert sum(clock.slept) == pytest.approx(1.0 + 10.0 / 15), "evenly, as others use the app"


@dataclass
class Portal:
    """HubSpot's own window, which all programs of one app share."""

    size: int
    calls: deque[float] = field(default_factory=deque)
    refused: int = 0

    def answer(self, now: float) -> dict[str, str]:
        while self.calls and self.calls[0] <= now - 10:
            self.calls.popleft()
        if len(self.calls) >= self.size:
            self.refused += 1
        else:
            self.calls.append(now)
        left = str(self.size - len(self.calls))
        return {**HEADERS, "X-HubSpot-RateLimit-Max": str(self.size), "X-HubSpot-RateLimit-Remaining": left}


@pytest.mark.parametrize("programs", [1, 2])
@pytest.mark.parametrize("later", [0.0, 3.0, 30.0])
def test_programs_that_share_an_app_keep_its_rate_and_share_it(programs: int, later: float) -> None:
    """Two minutes of 190 calls in ten seconds; the second program begins while the first is in full swing."""
    portal, clocks = Portal(190), [FakeClock() for _ in range(programs)]
    shared = [Limits(clock, clock.sleep) for clock in clocks]
    made = [0] * programs
    for number, clock in enumerate(clocks):
        clock.now += later * number
    end = max(clock.now for clock in clocks) + 120
    while (at := min(clock.now for clock in clocks)) < end:
        turn = next(number for number, clock in enumerate(clocks) if clock.now == at)
        shared[turn].wait(search=False)
        shared[turn].learn(portal.answer(clocks[turn].now))
        clocks[turn].now += 0.02
        made[turn] += end - 60 <= clocks[turn].now < end
    assert portal.refused <= 0.01 * 190 * 12
    assert sum(made) >= (0.97 if programs == 1 else 0.88) * 190 * 6
    assert min(made) >= 0.9 * max(made)


def test_headers_that_are_missing_or_nonsense_change_nothing() -> None:
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn(HEADERS)
    before = limits._burst.size
    limits.learn({})
    limits.learn({"X-HubSpot-RateLimit-Max": "many", "X-HubSpot-RateLimit-Daily": "-1"})
    assert limits._burst.size == before == 19
    assert limits.quota.limit is None
