"""The token that a call carries: one that stands somewhere, or one that OAuth gives anew every half hour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from connectors.errors import AuthFailed, ConnectorError, Garbled, Unavailable
from connectors.hubspot.wire.answers import words_of
from connectors.secret import SecretRef

EARLY = 120.0
"""Seconds before its end at which a token is replaced: longer than any one call takes."""
INFO = "/oauth/v2/private-apps/get/access-token-info"
"""Of private apps; there is none for service keys that we know of (doc, 2026-11)."""
Post = Callable[[str, Mapping[str, str]], tuple[int, dict[str, Any]]]
"""Posts secrets to a path, without a token of its own: the status and the JSON object that came."""


class Tokens(Protocol):
    """Where tokens come from; for many threads at once."""

    def current(self) -> str:
        """The token for a call that leaves now."""
        ...

    def is_replaced(self, refused: str) -> bool:
        """Whether there is another one, now that HubSpot no longer accepts this one."""
        ...

    def scopes(self) -> frozenset[str] | None:
        """What the token may do; None where HubSpot does not tell."""
        ...


class Standing:
    """The token of a private app or a service key, which an admin may rotate while we run."""

    def __init__(self, secret: SecretRef, post: Post) -> None:
        """`post` sends JSON."""
        self._secret, self._post = secret, post
        self._token = ""

    def current(self) -> str:
        """As it stood where the config says when it was last asked for: a keyring is slow."""
        if not self._token:
            self._token = self._secret.reveal().get_secret_value()
        return self._token

    def is_replaced(self, refused: str) -> bool:
        """Whether the place holds another one by now."""
        try:
            self._token = self._secret.reveal().get_secret_value()
        except AuthFailed:
            return False
        return self._token != refused

    def scopes(self) -> frozenset[str] | None:
        """As HubSpot tells of a private app's token."""
        status, body = self._post(INFO, {"tokenKey": self.current()})
        return _scopes(body) if 200 <= status <= 299 else None


class Refreshed:
    """Access tokens of an OAuth app, each asked for with the refresh token. `clock` counts seconds monotonically."""

    def __init__(
        self,
        client_id: SecretRef,
        client_secret: SecretRef,
        refresh_token: SecretRef,
        post: Post,
        path: str,
        clock: Callable[[], float],
    ) -> None:
        """`post` sends a form to `path`."""
        self._path = path
        self._client_id, self._client_secret, self._refresh_token = client_id, client_secret, refresh_token
        self._post, self._clock = post, clock
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0
        self._unproven = False
        self._scopes: frozenset[str] | None = None

    def current(self) -> str:
        """A token that lives for two minutes at least."""
        with self._lock:
            if not self._token or self._clock() >= self._ends - EARLY:
                self._refresh()
            return self._token

    def is_replaced(self, refused: str) -> bool:
        """Another token, unless this very one was got for a refused one already."""
        with self._lock:
            if self._token != refused:
                return True
            if self._unproven:
                return False
            self._refresh()
            self._unproven = True
            return self._token != refused

    def scopes(self) -> frozenset[str] | None:
        """As HubSpot told with the token, which it does since 2025-08 (doc)."""
        self.current()
        return self._scopes

    def _refresh(self) -> None:
        status, body = self._post(
            self._path,
            {
                "grant_type": "refresh_token",
                "client_id": self._client_id.reveal().get_secret_value(),
                "client_secret": self._client_secret.reveal().get_secret_value(),
                "refresh_token": self._refresh_token.reveal().get_secret_value(),
            },
        )
        if not 200 <= status <= 299:
            raise _refusal(status, body)
        token, lasts = body.get("access_token"), body.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lasts, int):
            raise Garbled("OAuth: the answer holds no access token, or does not tell how long it lives")
        self._token, self._ends, self._unproven = token, self._clock() + lasts, False
        self._scopes = _scopes(body)


def _scopes(body: Mapping[str, Any]) -> frozenset[str] | None:
    told = body.get("scopes")
    return frozenset(map(str, told)) if isinstance(told, list) else None


def _refusal(status: int, body: Mapping[str, Any]) -> ConnectorError:
    # HubSpot names what is wrong in `status`: BAD_REFRESH_TOKEN, BAD_CLIENT_ID, BAD_CLIENT_SECRET (doc).
    code = str(body.get("status") or body.get("error") or "")
    said = f"OAuth: HubSpot answered {status}: {code + ', ' if code else ''}{words_of(body)}"
    if status == 429 or status >= 500 or status == 408:
        return Unavailable(said)
    return AuthFailed(f"{said}; {_HINTS.get(code, 'check client_id, client_secret and refresh_token')}")


_HINTS = {
    "BAD_REFRESH_TOKEN": "the app was uninstalled, or the token belongs to another app: install the app anew and "
    "keep its new refresh token",
    "BAD_CLIENT_ID": "check client_id",
    "BAD_CLIENT_SECRET": "check client_secret; it may have been rotated",
}
