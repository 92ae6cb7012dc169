"""Staying under HubSpot's limits: what the headers tell, and how long to wait before the next call."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

from connectors.base import Quota

BURST, INTERVAL = 100, 10.0
"""Calls per seconds before any header told more: the smallest allowance that HubSpot sells."""
RESERVE = 0.02
"""Share of the allowance left alone: our clock and HubSpot's do not cut the window at the same instant."""
JITTER = 0.15
"""Seconds by which one call may take longer than another to reach HubSpot, which counts it only then."""
SEARCHES, SEARCH_INTERVAL = 5, 1.05
"""Searches an account may make per second (with some slack); search answers carry no limit headers."""
PATIENCE = 60.0
"""Seconds without a refused search before one more a second is tried again."""
SPURT = 0.2
"""Share of the allowance that a long piece of work makes at once, at its start or to catch up; the rest is spread."""
TOLERANCE = 0.015
"""Share of the allowance by which HubSpot may count more calls than we made, as some overtake others on their way."""
ROOM = 0.05
"""Share of the allowance that whoever has more than half of it leaves free for the others to grow into."""
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

    def remove(self, at: float) -> None:
        """A call that was to be made then is not made."""
        place = bisect_right(self.calls, at) - 1
        if place >= 0 and self.calls[place] == at:
            del self.calls[place]

    def move(self, at: float, to: float) -> None:
        """A call that was to be made then is made at another time."""
        self.remove(at)
        self.add(to)

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
        self._turns = {search: threading.Lock() for search in (False, True)}
        self._burst = Window(_allowance(BURST), INTERVAL)
        self._search = Window(SEARCHES, SEARCH_INTERVAL)
        self._others = 0
        """Calls of other programs in HubSpot's window, by the last answer."""
        self._told = 0.0
        """When that was."""
        self._mine = threading.local()
        self._spread = 0
        """Long pieces of work under way."""
        self._even = 0.0
        """When the next call would leave if all so far had been spread."""
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
        if not search and (kept := self._first_of_two()) is not None:
            return kept
        # One at a time: whoever waits has decided by what was known a moment ago, and not a queue of others ago.
        with self._turns[search]:
            with self._lock:
                now = self._clock()
                at = now + max(0.0, self._delay(now, search))
                self._count(at, search)
            if at > now:
                self._sleep(at - now)
            return at

    def keep(self) -> float:
        """Sleep until two calls may be made; when that is.

        The next `wait` of this thread is the first of them and takes no time. The second is then taken, or given back:
        whoever changes something so looks at it just before.
        """
        with self._turns[False]:
            with self._lock:
                now = self._clock()
                at = now + max(0.0, self._delay(now, False, calls=2))
                self._count(at, False)
                self._count(at, False)
            if at > now:
                self._sleep(at - now)
        self._mine.kept = at
        return at

    @contextmanager
    def spread(self) -> Iterator[None]:
        """Calls are spread over the interval: for work of many calls that depend on each other.

        A window that is used up in a spurt is free again in a spurt, at the pace of which such work can hardly go on:
        each pause of ours would put off all that come after it, window after window.
        """
        with self._lock:
            self._spread += 1
        try:
            yield
        finally:
            with self._lock:
                self._spread -= 1

    def take(self, kept: float) -> float:
        """Make the second of two calls, at the time that it is by now."""
        with self._lock:
            now = self._clock()
            self._burst.move(kept, now)
            return now

    def give_back(self, kept: float) -> None:
        """The second of two calls is not made, nor the first where it was not."""
        with self._lock:
            for _ in range(2 if self._first_of_two() is not None else 1):
                self._burst.remove(kept)

    def _first_of_two(self) -> float | None:
        """When the first of two calls of this thread was to be made, once."""
        at: float | None = getattr(self._mine, "kept", None)
        self._mine.kept = None
        return at

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
                self._burst.interval = interval / 1000 + JITTER
            if limit:
                self._burst.size = _allowance(limit)
                self._learn_of_others(limit, _number(headers, "X-HubSpot-RateLimit-Remaining"), at)
            self._learn_quota(headers)

    def _share(self) -> int:
        """Calls in a window that are ours: what others leave; half of all at least, and some less where it is more."""
        half, left = (self._burst.size + 1) // 2, self._burst.size - self._others
        if self._others and left > half:
            left -= ceil(ROOM * self._burst.size)
        return max(half, left)

    def _delay(self, now: float, search: bool, calls: int = 1) -> float:
        burst = self._burst
        share, used = self._share(), burst.used(now)
        delay = burst.delay(now, max(1, share - calls + 1))
        if self._others and used:
            # Evenly: bursts in turns would leave gaps that nobody fills.
            delay = max(delay, burst.calls[-1] + burst.interval / share - now)
        if self._spread:
            delay = max(delay, self._even - SPURT * burst.interval - now)
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
        self._even = max(self._even, at) + self._burst.interval / self._share()
        if search:
            self._search.add(at)

    def _is_full(self, used: int) -> bool:
        """Whether nothing is left as far as we know, because others use more than their half."""
        return self._others > 0 and used >= self._burst.size - self._others

    def _learn_of_others(self, limit: int, remaining: int | None, at: float) -> None:
        if remaining is None:
            return
        self._told = self._clock()
        ours = self._burst.made(at - self._burst.interval, at)
        self._others = max(0, limit - remaining - ours - ceil(TOLERANCE * limit))

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
