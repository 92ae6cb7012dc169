"""The sandbox's own time: real time plus an offset that tests move."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Milliseconds = int
"""An instant, as milliseconds since 1970-01-01 UTC."""


def iso(at: Milliseconds) -> str:
    """The instant as `2026-03-01T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


class Clock:
    """Tells the sandbox's time; it can be moved forward and back, and it always runs."""

    def __init__(self, real: Callable[[], float] = time.time, offset: float = 0.0) -> None:
        self._real = real
        self.offset = offset
        """Seconds between the sandbox's time and real time."""

    def now(self) -> Milliseconds:
        """The current instant."""
        return round((self._real() + self.offset) * 1000)

    def advance(self, seconds: float) -> Milliseconds:
        """Moves the clock (backwards when negative) and returns the new instant."""
        self.offset += seconds
        return self.now()
