"""Staying under HubSpot's limits: what the headers tell, and how long to wait before the next call."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.base import Quota

BURST, INTERVAL = 100, 10.0
"""Calls per seconds before any header told more: the smallest allowance that HubSpot sells."""
RESERVE = 0.02
"""Share of the allowance left alone: our clock and HubSpot's do not cut the window at the same instant."""
SEARCHES, SEARCH_INTERVAL = 5, 1.05
"""Searches an account may make per second (with some slack); search answers carry no limit headers."""
PATIENCE = 60.0
"""Seconds without a refused search before one more a second is tried again."""
LOOK_AGAIN = 0.1
"""Share of the interval after which a call is worth a try though HubSpot told that none was left."""


@dataclass(slots=True)
class Window:
    """At most `size` calls in any `interval` seconds."""

    size: int
    interval: float
    calls: list[float] = field(default_factory=list)
    """When calls were made or will be, in order; for twice the interval."""

    def delay(self, now: float, most: int | None = None) -> float:
        """Seconds to wait from now until a call fits, of at most so many in the window."""
        most = self.size if most is None else most
        used = self.used(now)
        return 0.0 if used < most else self.calls[len(self.calls) - most] + self.interval - now

    def used(self, now: float) -> int:
        """Calls in the window that ends now, those that wait for their time among them."""
        return len(self.calls) - bisect_right(self.calls, now - self.interval)

    def made(self, since: float, until: float) -> int:
        """Calls that were made after one moment and up to another."""
        return bisect_right(self.calls, until) - bisect_right(self.calls, since)

    def add(self, at: float) -> None:
        """One more call, now or later."""
        insort_right(self.calls, at)
        if len(self.calls) > 2 * self.size and self.calls[self.size] <= at - 2 * self.interval:
            del self.calls[: bisect_right(self.calls, at - 2 * self.interval)]


class Limits:
    """The burst window of the app, the search window of the account and the day's quota; for many threads at once.

    `clock` counts seconds monotonically. Other programs that share the token are seen only through the header of
    remaining calls: what they use is taken off our share, down to half of the allowance, which is as much as they
    leave to us if they do likewise; and no call leaves while HubSpot tells that none is left.
    """

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._burst = Window(_allowance(BURST), INTERVAL)
        self._search = Window(SEARCHES, SEARCH_INTERVAL)
        self._others = 0
        """Calls of other programs in HubSpot's window, by the last answer."""
        self._told = 0.0
        """When that was."""
        self._kept = 0
        self._grows = 0.0
        """When another search is tried in the window, after one was refused."""
        self.quota = Quota()
        self.refusals = 0
        """Answers so far that were 429."""

    @property
    def rate(self) -> float:
        """Calls a second, as far as HubSpot told."""
        return self._burst.size / self._burst.interval

    def wait(self, *, search: bool) -> float:
        """Sleep until a call may be made; when that is. Whoever asks later waits for a later time."""
        with self._lock:
            now = self._clock()
            at = now + max(0.0, self._delay(now, search))
            self._count(at, search)
        if at > now:
            self._sleep(at - now)
        return at

    def keep(self) -> bool:
        """Sleep until a call may be made, and keep its room, to be taken or given back; False where all is too narrow.

        Of the window one call is left to others, so that whoever keeps room can still ask something before.
        """
        while True:
            with self._lock:
                now = self._clock()
                if self._share() < 2:
                    return False
                delay = self._delay(now, False, beside=1)
                if self._kept + 1 >= self._share():
                    delay = max(delay, self._burst.interval * LOOK_AGAIN)
                if delay <= 0:
                    self._kept += 1
                    return True
            self._sleep(delay)

    def take(self) -> float:
        """Count a call whose room was kept; the time by now."""
        with self._lock:
            self._kept -= 1
            now = self._clock()
            self._count(now, False)
            return now

    def give_back(self) -> None:
        """Room that was kept is not needed."""
        with self._lock:
            self._kept -= 1

    def refused(self, *, search: bool) -> None:
        """A 429: of searches no header tells, so that this alone shows that others in the account search too."""
        with self._lock:
            self.refusals += 1
            if search:
                self._search.size = max(1, self._search.size - 1)
                self._grows = self._clock() + PATIENCE

    def learn(self, headers: Mapping[str, str], at: float | None = None) -> None:
        """Take over what the answer to a call made at that time tells; headers that are missing change nothing."""
        with self._lock:
            at = self._clock() if at is None else at
            limit = _number(headers, "X-HubSpot-RateLimit-Max")
            interval = _number(headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
            if interval:
                self._burst.interval = interval / 1000
            if limit:
                self._burst.size = _allowance(limit)
                self._learn_of_others(limit, _number(headers, "X-HubSpot-RateLimit-Remaining"), at)
            self._learn_quota(headers)

    def _share(self) -> int:
        """Calls in a window that are ours."""
        return max(self._burst.size - self._others, (self._burst.size + 1) // 2)

    def _delay(self, now: float, search: bool, beside: int = 0) -> float:
        burst = self._burst
        share, used = self._share(), burst.used(now)
        delay = burst.delay(now, max(1, share - self._kept - beside))
        if self._others and used:
            # Evenly: bursts in turns would leave gaps that nobody fills.
            delay = max(delay, burst.calls[-1] + burst.interval / share - now)
        if self._is_full(used):
            delay = max(delay, self._told + burst.interval * LOOK_AGAIN - now)
        if search:
            if self._search.size < SEARCHES and now >= self._grows:
                self._search.size, self._grows = self._search.size + 1, now + PATIENCE
            delay = max(delay, self._search.delay(now))
        return delay

    def _count(self, at: float, search: bool) -> None:
        if self._is_full(self._burst.used(self._clock())):
            self._told = at  # a try; the next one waits as long again, unless an answer tells better
        self._burst.add(at)
        if search:
            self._search.add(at)

    def _is_full(self, used: int) -> bool:
        """Whether nothing is left as far as we know, because others use more than their half."""
        return used >= self._burst.size - self._others

    def _learn_of_others(self, limit: int, remaining: int | None, at: float) -> None:
        if remaining is None:
            return
        now = self._told = self._clock()
        # HubSpot counted somewhen between the call and now: all that it may have counted of ours is ours.
        self._others = max(0, limit - remaining - self._burst.made(at - self._burst.interval, now))

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
