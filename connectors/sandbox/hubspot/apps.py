"""Who calls: each app has a burst of its own; search and the day belong to the account."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot.limits import Rolling

_TEN: Milliseconds = 10_000
_SECOND: Milliseconds = 1_000


@dataclass(slots=True)
class App:
    """One app and the windows that are its own."""

    burst: str
    """The setting that says how many calls it has in ten seconds."""
    in_day: bool
    """Whether its calls count for the account's day; those of an OAuth app do not (doc)."""
    policy: str
    """What its refusals name (?)."""
    calls: Rolling = field(default_factory=lambda: Rolling(_TEN))
    associations: Rolling = field(default_factory=lambda: Rolling(_TEN))
    secondly: Rolling = field(default_factory=lambda: Rolling(_SECOND))
    answers: int = 0


def private() -> App:
    """The portal's private app."""
    return App("burst_limit", True, "publicapi:private-apps-api-calls-per-ten-seconds")


def oauth() -> App:
    """The app that was installed by OAuth."""
    return App("oauth_burst_limit", False, "publicapi:oauth-api-calls-per-ten-seconds")
