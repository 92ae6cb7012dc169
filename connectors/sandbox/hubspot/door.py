"""What stands before every endpoint: length, token, limits, scopes; and the headers of every answer."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.limits import Daily, Rolling
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
    """Counts the calls of the portal's app and lets through those that may pass."""

    portal: Portal
    spent_token: bool = False
    """The next call is told that its token has expired; the one after it passes."""
    _burst: Rolling = field(default_factory=lambda: Rolling(_TEN))
    _searches: Rolling = field(default_factory=lambda: Rolling(_SECOND))
    _associations: Rolling = field(default_factory=lambda: Rolling(_TEN))
    _day: Daily = field(default_factory=Daily)
    _answers: int = 0
    _secondly: Rolling = field(default_factory=lambda: Rolling(_SECOND))

    def guard(self, endpoint: Endpoint, version: Version, scopes: Scopes, limit: str = "burst") -> Handler:
        """The endpoint behind this door; `limit` is burst, search or associations."""

        async def handler(request: Request) -> Response:
            raw = await request.body()
            try:
                self._admit(request, scopes, limit)
                text = raw.decode(errors="replace")
                call = Call(self.portal, version, request, _read(text), len(text))
                with self.portal.core.state.transaction():
                    status, body = endpoint(call)
                return self._answer(status, body, {}, limit)
            except errors.Refused as refused:
                return self._answer(refused.status, refused.body, refused.headers, limit)

        return handler

    async def not_found(self, request: Request, error: Exception) -> Response:
        """The answer to a path that is not there."""
        refused = errors.nothing_here()
        return self._answer(refused.status, refused.body, refused.headers, "burst")

    def _admit(self, request: Request, scopes: Scopes, limit: str) -> None:
        settings, now = self.portal.core.settings, self.portal.core.clock.now()
        length = len(request.scope["raw_path"]) + len(request.scope["query_string"])
        if length > settings["url_length"]:
            raise errors.bare(414)
        self._check_token(request)
        if not self._day.admits(now, settings["daily_limit"]):
            raise errors.day_spent()
        if limit == "search":
            if not self._searches.admits(now, settings["search_limit"]):
                raise errors.search_spent()
        elif not self._burst.admits(now, settings["burst_limit"]):
            raise errors.burst_spent()
        if limit == "associations" and not self._associations.admits(now, settings["associations_limit"]):
            raise errors.burst_spent()
        granted = settings["scopes"]
        for group in scopes(request):
            if not any(scope in granted for scope in group):
                raise errors.missing_scopes(group)

    def _check_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self.portal.token:
            raise errors.unauthorized()
        if self.spent_token:
            self.spent_token = False
            raise errors.expired()

    def _answer(self, status: int, body: Body, headers: Mapping[str, str], limit: str) -> Response:
        correlation = str(uuid.uuid4())
        if status >= 400:
            body = {**(body or {}), "correlationId": correlation}
        told = {"x-hubspot-correlation-id": correlation, **self._limits(limit), **headers}
        if body is None:
            return Response(status_code=status, headers=told)
        return Response(orjson.dumps(body), status, told, media_type="application/json;charset=utf-8")

    def _limits(self, limit: str) -> dict[str, str]:
        """The rate-limit headers; search tells at most those of the day."""
        settings, now = self.portal.core.settings, self.portal.core.clock.now()
        daily, burst = settings["daily_limit"], settings["burst_limit"]
        of_day = {
            "x-hubspot-ratelimit-daily": str(daily),
            "x-hubspot-ratelimit-daily-remaining": str(max(0, daily - self._day.used)),
        }
        if limit == "search":
            return of_day if settings["daily_headers_on_search"] else {}
        self._answers += 1
        if self._answers % 5 == 0:
            of_day = {}  # one answer in five came without them (recorded 2022-02)
        # The secondly pair is still sent and no longer enforced.
        self._secondly.admits(now, burst)
        secondly = max(1, burst // 10)
        return of_day | {
            "x-hubspot-ratelimit-interval-milliseconds": str(_TEN),
            "x-hubspot-ratelimit-max": str(burst),
            "x-hubspot-ratelimit-remaining": str(max(0, burst - self._burst.used(now))),
            "x-hubspot-ratelimit-secondly": str(secondly),
            "x-hubspot-ratelimit-secondly-remaining": str(max(0, secondly - self._secondly.used(now))),
        }


def _read(text: str) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise errors.malformed(f"Unexpected character ({error})") from None
