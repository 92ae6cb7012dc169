"""Staying under HubSpot's limits: what the headers tell, and how long to wait before the next call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.base import Quota

BURST, INTERVAL = 100, 10.0
"""Calls per seconds before any header told more: the smallest allowance that HubSpot sells."""
RESERVE = 0.05
"""Share of the allowance left alone: our clock and HubSpot's do not cut the window at the same instant."""
SEARCHES, SEARCH_INTERVAL = 5, 1.05
"""Searches an account may make per second (with some slack); search answers carry no limit headers."""


@dataclass(slots=True)
class Window:
    """At most `size` calls in any `interval` seconds."""

    size: int
    interval: float
    calls: deque[float] = field(default_factory=deque)

    def delay(self, now: float) -> float:
        """Seconds to wait from now until a call fits."""
        while self.calls and self.calls[0] <= now - self.interval:
            self.calls.popleft()
        if len(self.calls) < self.size:
            return 0.0
        return self.calls[len(self.calls) - self.size] + self.interval - now


class Limits:
    """The burst window of the app, the search window of the account and the day's quota.

    `clock` counts seconds monotonically. Other programs that share the token are seen only through the
    header of remaining calls: when it comes near zero, calls pause for a tenth of the interval each.
    """

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._burst = Window(_allowance(BURST), INTERVAL)
        self._search = Window(SEARCHES, SEARCH_INTERVAL)
        self._crowded = False
        self.quota = Quota()

    def wait(self, *, search: bool) -> None:
        """Sleep until a call may be made, and count it."""
        now = self._clock()
        delay = self._burst.delay(now)
        if search:
            delay = max(delay, self._search.delay(now))
        if self._crowded:
            delay = max(delay, self._burst.interval / 10)
        if delay > 0:
            self._sleep(delay)
        now = self._clock()
        self._burst.calls.append(now)
        if search:
            self._search.calls.append(now)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer tells of the limits; headers that are missing change nothing."""
        limit = _number(headers, "X-HubSpot-RateLimit-Max")
        if limit:
            self._burst.size = _allowance(limit)
            remaining = _number(headers, "X-HubSpot-RateLimit-Remaining")
            self._crowded = remaining is not None and remaining < limit * RESERVE
        interval = _number(headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
        if interval:
            self._burst.interval = interval / 1000
        self._learn_quota(headers)

    def _learn_quota(self, headers: Mapping[str, str]) -> None:
        limit = _number(headers, "X-HubSpot-RateLimit-Daily")
        remaining = _number(headers, "X-HubSpot-RateLimit-Daily-Remaining")
        if limit is not None or remaining is not None:
            known = self.quota
            self.quota = Quota(
                known.limit if limit is None else limit,
                known.remaining if remaining is None else remaining,
            )


def _allowance(limit: int) -> int:
    return max(1, int(limit * (1 - RESERVE)))


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None
