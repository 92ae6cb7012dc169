"""The retry policy, on a clock that only moves when it is told to."""

from __future__ import annotations

import pytest
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConnectorError, Crowded, RateLimited, Refused, Transient, Unavailable
from connectors.retry import BASE, CAP, RetryPolicy


class Clock:
    """Sleeping moves it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Call:
    """Fails with these errors in turn, then answers; each try takes some seconds."""

    def __init__(self, clock: Clock, errors: list[ConnectorError], seconds: float = 0.0) -> None:
        self.clock, self.errors, self.seconds, self.tries = clock, list(errors), seconds, 0

    def __call__(self) -> str:
        self.tries += 1
        self.clock.now += self.seconds
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def policy(clock: Clock, jitter: float = 1.0) -> RetryPolicy:
    return RetryPolicy(sleep=clock.sleep, clock=lambda: clock.now, jitter=lambda: jitter)


def test_a_transient_failure_is_tried_again_until_it_passes() -> None:
    clock = Clock()
    call = Call(clock, [Unavailable("1"), Unavailable("2")])
    assert policy(clock).call(call) == "answer"
    assert call.tries == 3


def test_five_tries_are_made_and_the_last_error_is_raised_as_it_came() -> None:
    clock = Clock()
    errors: list[ConnectorError] = [Unavailable(str(number)) for number in range(9)]
    call = Call(clock, errors)
    with pytest.raises(Unavailable, match="4"):
        policy(clock).call(call)
    assert call.tries == 5


def test_an_error_that_trying_again_cannot_help_is_raised_at_once() -> None:
    clock = Clock()
    call = Call(clock, [Refused("no", code="INVALID_FIELD", status=400)])
    with pytest.raises(Refused):
        policy(clock).call(call)
    assert call.tries == 1
    assert clock.slept == []


def test_a_wait_that_the_crm_named_is_honoured_as_it_stands() -> None:
    clock = Clock()
    policy(clock, jitter=0.0).call(Call(clock, [RateLimited("slow down", retry_after=17.5)]))
    assert clock.slept == [17.5]


def test_whoever_is_crowded_out_waits_for_a_gap_up_to_the_deadline_and_has_its_five_tries_still() -> None:
    clock = Clock()
    busy: list[ConnectorError] = [Crowded("others search too") for _ in range(20)]
    call = Call(clock, [Unavailable("1"), *busy[:10], Unavailable("2"), *busy[10:], Unavailable("3")])
    assert policy(clock, jitter=0.5).call(call) == "answer"
    assert clock.slept == [0.5, *[1.0] * 10, 1.0, *[1.0] * 10, 2.0]
    clock = Clock()
    with pytest.raises(Crowded):
        policy(clock, jitter=1.0).call(Call(clock, [Crowded("others search too") for _ in range(999)]))
    assert 178.5 <= clock.now <= 180


def test_a_named_wait_past_the_deadline_ends_the_tries_at_once() -> None:
    clock = Clock()
    with pytest.raises(RateLimited):
        policy(clock).call(Call(clock, [RateLimited("come back tomorrow", retry_after=3600)]))
    assert clock.slept == []


def test_no_try_begins_after_the_deadline() -> None:
    clock = Clock()
    call = Call(clock, [Unavailable("slow")] * 9, seconds=100)
    with pytest.raises(Unavailable):
        policy(clock).call(call)
    assert call.tries == 2


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.integers(1, 9))
def test_every_wait_lies_inside_a_window_that_doubles_up_to_the_cap(
    jitters: list[float], errors: int
) -> None:
    clock, draws = Clock(), iter(jitters)
    tried = RetryPolicy(sleep=clock.sleep, clock=lambda: clock.now, jitter=lambda: next(draws))
    try:
        tried.call(Call(clock, [Transient("x")] * errors))
    except Transient:
        assert errors >= 5
    for number, seconds in enumerate(clock.slept, start=1):
        assert 0 <= seconds <= min(CAP, BASE * 2**number)
    assert len(clock.slept) == min(errors, 4)


def test_every_further_try_is_said_in_the_log() -> None:
    tried: list[int] = []

    def call() -> str:
        tried.append(1)
        if len(tried) < 3:
            raise Unavailable("the CRM said 503")
        return "answer"

    with structlog.testing.capture_logs() as logged:
        RetryPolicy(sleep=lambda _: None, jitter=lambda: 0.5).call(call)
    assert [(entry["tries"], entry["error"]) for entry in logged] == [
        (1, "the CRM said 503"),
        (2, "the CRM said 503"),
    ]
