"""Windows of whole local days, and the instants at which they begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """The days `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it holds, at least 1."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first.isoformat()}..{self.last.isoformat()}"


def days_to(as_of: date, days: int) -> Window:
    """The `days` days that end with, and include, `as_of`."""
    return Window(as_of - timedelta(days=days - 1), as_of)


def start_of(day: date, timezone: str) -> datetime:
    """The first instant of a local day, in UTC; right also where clocks change at midnight.

    `fold=0` is the earlier of two midnights, and where midnight is skipped it reads as the moment of the skip.
    """
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def end_of(day: date, timezone: str) -> datetime:
    """The first instant after a local day, in UTC."""
    return start_of(day + timedelta(days=1), timezone)
