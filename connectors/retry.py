"""The one retry policy: is it transient, and is there still time?"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
import tenacity

from connectors.errors import Crowded, Transient

T = TypeVar("T")
log = structlog.get_logger()

TRIES = 5
DEADLINE = 180.0
"""Seconds from the first try after which none is begun."""
CROWDED = 1.0
"""Seconds: the mean wait for a gap that others leave in a limit."""
BASE, CAP = 0.5, 30.0
"""Seconds: the window of the first wait, and the longest window."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most five tries of a call that failed transiently, with full jitter and a total deadline.

    One that others crowded out is no failed try: it waits for a gap, at random moments, up to the deadline.

    A wait that the CRM named (Retry-After) is honoured as it stands; one that would pass the deadline
    ends the tries at once. The last error is raised as it came. `sleep`, `clock` (monotonic seconds) and
    `jitter` (0..1) are passed in by tests.
    """

    tries: int = TRIES
    deadline: float = DEADLINE
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = field(default=random.random)

    def call(self, function: Callable[[], T]) -> T:
        """The function's answer, after as many tries as the policy allows."""
        began, crowded = self.clock(), 0
        try:
            return function()
        except Transient as error:
            failed = [error]

        def again() -> T:
            # The first try, which most calls need only, was made without the cost of counting tries.
            if failed:
                raise failed.pop()
            return function()

        def wait(state: tenacity.RetryCallState) -> float:
            nonlocal crowded
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, Crowded):
                crowded += 1
                return CROWDED * (0.5 + self.jitter())
            named = error.retry_after if isinstance(error, Transient) else None
            if named is not None:
                return float(named)
            return float(self.jitter() * min(CAP, BASE * 2 ** (state.attempt_number - crowded)))

        def stop(state: tenacity.RetryCallState) -> bool:
            spent = max(self.clock() - began, state.idle_for)
            return (
                state.attempt_number - crowded >= self.tries or spent + state.upcoming_sleep > self.deadline
            )

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Transient),
            wait=wait,
            stop=stop,
            sleep=self.sleep,
            before_sleep=_say,
            reraise=True,
        )
        return retrying(again)


def _say(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    say = log.info if isinstance(error, Crowded) else log.warning
    say("trying again", tries=state.attempt_number, wait=round(state.upcoming_sleep, 1), error=str(error))
