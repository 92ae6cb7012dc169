"""The portal's one OAuth app: its secret, its refresh token, and the access tokens that are good by now."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.core import Core

LASTS = 1_800
"""Seconds that an access token lives (doc)."""
REDIRECT = "http://localhost:3000/oauth-callback"
_KEY, _ISSUED = "hubspot oauth app", "hubspot oauth tokens"


@dataclass(slots=True)
class Tokens:
    """What is known of the app; outlives a restart."""

    core: Core
    app: dict[str, str] = field(init=False, repr=False)
    """client_id, client_secret, code, refresh_token ("" once it was revoked)."""
    _issued: dict[str, Milliseconds] = field(init=False, repr=False)
    """When each access token ends."""

    def __post_init__(self) -> None:
        known = self.core.state.recall(_KEY)
        self.app = known or {
            "client_id": str(uuid.uuid4()),
            "client_secret": str(uuid.uuid4()),
            "code": str(uuid.uuid4()),
            "refresh_token": f"na1-{uuid.uuid4()}",
        }
        self._issued = self.core.state.recall(_ISSUED, {})
        if known is None:
            self._keep()

    def issue(self) -> str:
        """A new access token; older ones stay good until their end."""
        token = f"{secrets.token_urlsafe(90)}"
        now = self.core.clock.now()
        self._issued = {one: end for one, end in self._issued.items() if end > now - 86_400_000}
        self._issued[token] = now + LASTS * 1000
        self._keep()
        return token

    def knows(self, token: str) -> bool:
        """Whether that is an access token of the app, be it expired."""
        return token in self._issued

    def left(self, token: str) -> int:
        """Seconds until it ends, at least one while it is good; 0 or less once it ended."""
        return -((self.core.clock.now() - self._issued[token]) // 1000)

    def spend_code(self) -> None:
        """An authorization code works once."""
        self.app["code"] = ""
        self._keep()

    def expire(self) -> None:
        """Every access token ends now; the refresh token stays good."""
        now = self.core.clock.now()
        self._issued = {token: min(end, now - 1000) for token, end in self._issued.items()}
        self._keep()

    def revoke(self) -> None:
        """The app was uninstalled: no token of it works any more."""
        self.app["refresh_token"], self._issued = "", {}
        self._keep()

    def change(self, values: dict[str, Any]) -> None:
        """What an admin does: a rotated `client_secret`, or `installed` false. ValueError for anything else."""
        for name, value in values.items():
            if name == "client_secret" and value:
                self.app["client_secret"] = str(value)
            elif name == "installed" and value is False:
                self.revoke()
            else:
                raise ValueError(f"an OAuth app has no {name!r} that can be set to {value!r}")
        self._keep()

    def _keep(self) -> None:
        self.core.state.remember(_KEY, self.app)
        self.core.state.remember(_ISSUED, self._issued)
