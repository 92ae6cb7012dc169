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
    assert sum(clock.slept) == pytest.approx(1.015)
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Remaining": "15"})
    limits.wait(search=False)
    assert sum(clock.slept) == pytest.approx(1.015 + 10.15 / 15), "evenly, as others use the app"


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


def asked_at_once(limits: Limits, calls: int) -> list[float]:
    """When each of many threads may call that all ask now."""
    return [limits.wait(search=False) for _ in range(calls)]


def many(clock: FakeClock) -> Limits:
    """Nobody sleeps: whoever asks is told a time, as threads that ask at one moment are."""
    limits = Limits(clock, lambda seconds: None)
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Remaining": "190"})
    return limits


def test_threads_that_wait_for_a_full_window_leave_together_as_it_empties() -> None:
    """Not one a second: a window that is full of our own calls is nobody else's."""
    times = asked_at_once(many(FakeClock()), 400)
    assert times == sorted(times)
    assert [times.count(at) for at in sorted(set(times))] == [186, 186, 28]
    assert times[-1] - times[0] == pytest.approx(20.3)


def test_long_work_is_spread_and_keeps_the_rate() -> None:
    limits = many(FakeClock())
    with limits.spread():
        times = asked_at_once(limits, 600)
    assert most_in(times, 1.0) <= 60, "a spurt of a fifth, and what a second is worth"
    assert most_in(times, 10.0) <= 190
    assert 600 / (times[-1] - times[0]) >= 0.95 * 19
    later = asked_at_once(limits, 1)
    assert later[0] - times[-1] < 0.06, "short work is not put off"


def test_long_work_catches_up_after_a_pause_of_ours() -> None:
    """Work that could not use its turn for a second uses it in the next."""
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Remaining": "190"})
    began = clock.now
    with limits.spread():
        for number in range(1_000):
            limits.wait(search=False)
            clock.now += 1.0 if number % 80 == 0 else 0.0
    assert 1_000 / (clock.now - began) >= 0.95 * 19


def test_of_two_calls_the_first_takes_no_time_and_the_second_is_counted_when_it_leaves() -> None:
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Remaining": "20"})
    made = []
    for _ in range(60):
        kept = limits.keep()
        slept = len(clock.slept)
        made.append(limits.wait(search=False))
        clock.now += 0.3
        made.append(limits.take(kept))
        assert len(clock.slept) == slept, "nothing waits between look and write"
    assert made == sorted(made)
    assert most_in(made, 10.0) <= 20
    assert 120 / (clock.now - made[0]) >= 0.9 * 2


def test_room_that_is_given_back_is_free() -> None:
    clock = FakeClock()
    limits = Limits(clock, clock.sleep)
    limits.learn({**HEADERS, "X-HubSpot-RateLimit-Remaining": "20"})
    for _ in range(200):
        limits.give_back(limits.keep())
    assert not clock.slept
    for _ in range(18):
        kept = limits.keep()
        limits.wait(search=False)
        limits.give_back(kept)
    assert not clock.slept, "only what was called is counted"
    limits.keep()
    assert sum(clock.slept) == pytest.approx(10.15), "of nineteen one is left, which is no two"
