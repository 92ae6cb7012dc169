"""Where the account lives: its day ends at its own midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from connectors.sandbox.clock import Milliseconds

NAME = "US/Eastern"
ZONE = ZoneInfo(NAME)


def local(at: Milliseconds) -> datetime:
    """The instant on the account's own clock, to the second."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(ZONE)


def day_of(at: Milliseconds) -> date:
    """The account's day."""
    return local(at).date()
