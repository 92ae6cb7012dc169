"""What stands before every endpoint: length, token, limits, scopes; and the headers of every answer."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.hubspot import apps, errors
from connectors.sandbox.hubspot.apps import App
from connectors.sandbox.hubspot.limits import Daily, Rolling
from connectors.sandbox.hubspot.oauth.tokens import Tokens
from connectors.sandbox.hubspot.portal import Call, Portal
from connectors.sandbox.hubspot.versions import Version

Body = Mapping[str, Any] | None
Endpoint = Callable[[Call], tuple[int, Body]]
Scopes = Callable[[Request], tuple[tuple[str, ...], ...]]
"""What a call needs: of each group of scopes, one."""
Handler = Callable[[Request], Awaitable[Response]]
_SECOND = 1_000
_TEN = 10_000


@dataclass(slots=True)
class Door:
    """Counts the calls of the portal's apps and lets through those that may pass."""

    portal: Portal
    spent_token: bool = False
    """The next call is told that its token has expired; the one after it passes."""
    private: App = field(default_factory=apps.private)
    oauth: App = field(default_factory=apps.oauth)
    tokens: Tokens = field(init=False)
    _searches: Rolling = field(default_factory=lambda: Rolling(_SECOND))
    _day: Daily = field(default_factory=Daily)

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.portal.core)

    def guard(self, endpoint: Endpoint, version: Version, scopes: Scopes, limit: str = "burst") -> Handler:
        """The endpoint behind this door; `limit` is burst, search or associations."""

        async def handler(request: Request) -> Response:
            raw = await request.body()
            app = self.private
            try:
                self._check_length(request)
                app = self._app(request)
                self._admit(app, request, scopes, limit)
                text = raw.decode(errors="replace")
                call = Call(self.portal, version, request, _read(text), len(text))
                with self.portal.core.state.transaction():
                    status, body = endpoint(call)
                return self._answer(app, status, body, {}, limit)
            except errors.Refused as refused:
                return self._answer(app, refused.status, refused.body, refused.headers, limit)

        return handler

    async def not_found(self, request: Request, error: Exception) -> Response:
        """The answer to a path that is not there."""
        refused = errors.nothing_here()
        return self._answer(self.private, refused.status, refused.body, refused.headers, "burst")

    def _check_length(self, request: Request) -> None:
        length = len(request.scope["raw_path"]) + len(request.scope["query_string"])
        if length > self.portal.core.settings["url_length"]:
            raise errors.bare(414)

    def _admit(self, app: App, request: Request, scopes: Scopes, limit: str) -> None:
        settings, now = self.portal.core.settings, self.portal.core.clock.now()
        if app.in_day and not self._day.admits(now, settings["daily_limit"]):
            raise errors.day_spent()
        if limit == "search":
            if not self._searches.admits(now, settings["search_limit"]):
                raise errors.search_spent()
        elif not app.calls.admits(now, settings[app.burst]):
            raise errors.burst_spent(app.policy)
        if limit == "associations" and not app.associations.admits(now, settings["associations_limit"]):
            raise errors.burst_spent(app.policy)
        granted = settings["scopes"]
        for group in scopes(request):
            if not any(scope in granted for scope in group):
                raise errors.missing_scopes(group)

    def _app(self, request: Request) -> App:
        """Whose token the call carries; Refused where it is nobody's, or has expired."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer" and self.tokens.knows(token):
            if (left := self.tokens.left(token)) <= 0:
                raise errors.expired(max(1, -left))
            return self.oauth
        if scheme.lower() != "bearer" or token != self.portal.token:
            raise errors.unauthorized()
        if self.spent_token:
            self.spent_token = False
            raise errors.expired()
        return self.private

    def _answer(self, app: App, status: int, body: Body, headers: Mapping[str, str], limit: str) -> Response:
        correlation = str(uuid.uuid4())
        if status >= 400:
            body = {**(body or {}), "correlationId": correlation}
        told = {"x-hubspot-correlation-id": correlation, **self._limits(app, limit), **headers}
        if body is None:
            return Response(status_code=status, headers=told)
        return Response(orjson.dumps(body), status, told, media_type="application/json;charset=utf-8")

    def _of_day(self) -> dict[str, str]:
        daily = self.portal.core.settings["daily_limit"]
        return {
            "x-hubspot-ratelimit-daily": str(daily),
            "x-hubspot-ratelimit-daily-remaining": str(max(0, daily - self._day.used)),
        }

    def _limits(self, app: App, limit: str) -> dict[str, str]:
        """The rate-limit headers; search tells at most those of the day, an OAuth app is told of none (doc)."""
        settings, now = self.portal.core.settings, self.portal.core.clock.now()
        burst = settings[app.burst]
        of_day = self._of_day() if app.in_day else {}
        if limit == "search":
            return of_day if settings["daily_headers_on_search"] else {}
        app.answers += 1
        if app.answers % 5 == 0:
            of_day = {}  # one answer in five came without them (recorded 2022-02)
        # The secondly pair is still sent and no longer enforced.
        app.secondly.admits(now, burst)
        secondly = max(1, burst // 10)
        return of_day | {
            "x-hubspot-ratelimit-interval-milliseconds": str(_TEN),
            "x-hubspot-ratelimit-max": str(burst),
            "x-hubspot-ratelimit-remaining": str(max(0, burst - app.calls.used(now))),
            "x-hubspot-ratelimit-secondly": str(secondly),
            "x-hubspot-ratelimit-secondly-remaining": str(max(0, secondly - app.secondly.used(now))),
        }


def _read(text: str) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise errors.malformed(f"Unexpected character ({error})") from None
