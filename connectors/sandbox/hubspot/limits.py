"""How many calls fit into a window of time: ten rolling seconds, one second of search, one day."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot.zone import day_of

DAY: Milliseconds = 24 * 60 * 60 * 1000


@dataclass(slots=True)
class Rolling:
    """Lets at most `limit` calls into any window of that many milliseconds; a refused call takes no room."""

    window: Milliseconds
    _calls: deque[Milliseconds] = field(default_factory=deque)

    def used(self, now: Milliseconds) -> int:
        """How many calls lie in the window that ends now."""
        # A clock that was moved back must not keep calls of the future in the window for ever.
        while self._calls and self._calls[-1] > now:
            self._calls.pop()
        while self._calls and self._calls[0] <= now - self.window:
            self._calls.popleft()
        return len(self._calls)

    def admits(self, now: Milliseconds, limit: int) -> bool:
        """Whether one more call fits; counts it if so."""
        if self.used(now) >= limit:
            return False
        self._calls.append(now)
        return True


@dataclass(slots=True)
class Daily:
    """Counts the calls of one day of the account, which ends at midnight in its time zone (doc)."""

    day: date = date.min
    used: int = 0

    def admits(self, now: Milliseconds, limit: int) -> bool:
        """Whether one more call fits into the day; counts it if so."""
        today = day_of(now)
        if today != self.day:
            self.day, self.used = today, 0
        if self.used >= limit:
            return False
        self.used += 1
        return True
