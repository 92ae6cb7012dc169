"""The paths of OAuth. They know no bearer token, count for no limit, and read forms.

v1 ends on 2027-02-16 (doc). Whether it reads a form from the query as well is not certain (?); the newer ones
do not, so that no secret gets into a log.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.door import Door
from connectors.sandbox.hubspot.oauth import about
from connectors.sandbox.hubspot.oauth.grants import Denied, check_client, check_refresh_token, grant
from connectors.sandbox.hubspot.versions import VERSIONS

Form = Mapping[str, str]
Answer = Callable[[Request, bytes], dict[str, Any] | None]


def routes(door: Door) -> Iterator[Route]:
    """Every route of OAuth."""
    calls = Calls(door)
    yield Route("/oauth/v1/token", _open(calls.token_of_old), methods=["POST"])
    yield Route("/oauth/v1/access-tokens/{token}", _open(calls.access_token), methods=["GET"])
    yield Route("/oauth/v1/refresh-tokens/{token}", _open(calls.refresh_token), methods=["GET"])
    yield Route("/oauth/v1/refresh-tokens/{token}", _open(calls.forget), methods=["DELETE"])
    yield Route("/oauth/v2/private-apps/get/access-token-info", _open(calls.private_app), methods=["POST"])
    for version in VERSIONS.values():
        start = f"/oauth/{version.name}"
        look = f"{start}/introspect" if version.name == "v3" else f"{start}/token/introspect"
        yield Route(f"{start}/token", _open(calls.token), methods=["POST"])
        yield Route(look, _open(calls.introspect), methods=["POST"])
        if version.name != "v3":
            yield Route(f"{start}/token/revoke", _open(calls.revoke), methods=["POST"])


class Calls:
    """The endpoints."""

    def __init__(self, door: Door) -> None:
        self._portal, self._tokens = door.portal, door.tokens

    def token(self, request: Request, body: bytes) -> dict[str, Any]:
        """A new access token."""
        return grant(self._portal, self._tokens, _form(request, body))

    def token_of_old(self, request: Request, body: bytes) -> dict[str, Any]:
        """A new access token for what stands in the body or in the query."""
        return grant(self._portal, self._tokens, {**request.query_params, **_form(request, body)})

    def introspect(self, request: Request, body: bytes) -> dict[str, Any]:
        """Whether a token is good, and for what."""
        form = _form(request, body)
        check_client(self._tokens, form)
        return about.introspected(self._portal, self._tokens, form.get("token", ""))

    def revoke(self, request: Request, body: bytes) -> dict[str, Any]:
        """Ends the app's installation."""
        form = _form(request, body)
        check_client(self._tokens, form)
        check_refresh_token(self._tokens, form.get("token", ""))
        self._tokens.revoke()
        return {}

    def access_token(self, request: Request, body: bytes) -> dict[str, Any]:
        """What an access token is for."""
        return about.access_token(self._portal, self._tokens, request.path_params["token"])

    def refresh_token(self, request: Request, body: bytes) -> dict[str, Any]:
        """What a refresh token is for."""
        return about.refresh_token(self._portal, self._tokens, request.path_params["token"])

    def forget(self, request: Request, body: bytes) -> None:
        """Ends the app's installation; nothing where the token is not known."""
        if request.path_params["token"] == self._tokens.app["refresh_token"]:
            self._tokens.revoke()

    def private_app(self, request: Request, body: bytes) -> dict[str, Any]:
        """What a private app's token is for; `tokenKey` names it in a JSON body."""
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise errors.malformed(str(error)) from None
        return about.private_app(self._portal, str(given.get("tokenKey", "")))


def _open(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint without a door."""

    async def respond(request: Request) -> Response:
        body = await request.body()
        correlation = str(uuid.uuid4())
        headers = {"x-hubspot-correlation-id": correlation}
        try:
            found = answer(request, body)
        except Denied as denied:
            return _json({**denied.body, "correlationId": correlation}, denied.code, headers)
        except errors.Refused as refused:
            return _json({**refused.body, "correlationId": correlation}, refused.status, headers)
        return Response(status_code=204, headers=headers) if found is None else _json(found, 200, headers)

    return respond


def _json(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(body), status, dict(headers), media_type="application/json;charset=utf-8")


def _form(request: Request, body: bytes) -> dict[str, str]:
    """The fields of a form; none where the body is something else."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
