"""Logging in: sessions, the OAuth token endpoint (JWT bearer and client credentials), and who one is."""

from __future__ import annotations

import base64
import functools
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse

from connectors.sandbox.core import Core
from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.org import Org

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class Refusal(Exception):
    """An OAuth error: 400 with `error` and `error_description`."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


class Sessions:
    """The session ids that are good, and since when each is idle."""

    def __init__(self, core: Core, org_id: str) -> None:
        self._core, self._org_id = core, org_id
        self._used: dict[str, int] = core.state.recall("sessions", {})

    def open(self) -> str:
        """A new session id."""
        id = f"{self._org_id[:15]}!{secrets.token_urlsafe(48)}"
        self._used[id] = self._core.clock.now()
        self._core.state.remember("sessions", self._used)
        return id

    def end_all(self) -> None:
        """No session given out so far is good any more."""
        self._used.clear()
        self._core.state.remember("sessions", {})

    def check(self, request: Request) -> None:
        """Raises 401 INVALID_SESSION_ID unless the request carries a good session; each use prolongs it."""
        scheme, _, id = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth") or not self.use(id.strip()):
            raise CallFailed(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def use(self, id: str) -> bool:
        """Whether this session is good; each use prolongs it."""
        now, used = self._core.clock.now(), self._used.get(id)
        if used is None or now - used > self._core.settings["session_seconds"] * 1000:
            return False
        self._used[id] = now
        return True


class Login:
    """The connected app and the token endpoint."""

    def __init__(self, org: Org, sessions: Sessions) -> None:
        self._org, self._sessions = org, sessions
        self.app: dict[str, str] = org.core.state.recall("connected app") or self._registered()

    def _registered(self) -> dict[str, str]:
        key = _key()
        app = {
            "org_id": self._org.id,
            "username": "integration@sandbox.example.com",
            "client_id": "3MVG9" + secrets.token_urlsafe(60),
            "client_secret": secrets.token_hex(32).upper(),
            "private_key": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode(),
            "public_key": key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            "session_id": self._sessions.open(),
        }
        self._org.core.state.remember("connected app", app)
        return app

    async def token(self, request: Request) -> JSONResponse:
        """POST /services/oauth2/token."""
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode("latin-1")).items()
        }
        try:
            grant = form.get("grant_type")
            if grant == JWT_BEARER:
                self._check_assertion(form.get("assertion", ""), _own(request))
            elif grant == "client_credentials":
                self._check_secret(form, request.headers.get("authorization", ""))
            else:
                raise Refusal("unsupported_grant_type", "grant type not supported")
        except Refusal as refusal:
            return JSONResponse(refusal.body, 400, {"cache-control": "no-cache, no-store"})
        return JSONResponse(self._granted(_own(request)), headers={"cache-control": "no-cache, no-store"})

    def _granted(self, own: str) -> dict[str, Any]:
        return {
            "access_token": self._sessions.open(),
            "scope": "id api",
            "instance_url": own,
            "id": f"{own}/id/{self._org.id}/{self._org.user_id}",
            "token_type": "Bearer",
        }

    def _check_assertion(self, assertion: str, own: str) -> None:
        """Its time is held against the real clock: a client cannot know how far the sandbox's was moved."""
        try:
            claims = jwt.decode(
                assertion,
                self.app["public_key"],
                algorithms=["RS256"],
                options={"verify_aud": False, "require": ["exp", "iss", "sub", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Refusal("invalid_grant", "expired authorization code") from None
        except jwt.PyJWTError:
            raise Refusal("invalid_grant", "invalid assertion") from None
        if claims["iss"] != self.app["client_id"]:
            raise Refusal("invalid_client_id", "client identifier invalid")
        if claims["aud"] not in (*_AUDIENCES, own, own.replace("http://", "https://")):
            raise Refusal("invalid_grant", "audience is invalid")
        if claims["sub"] != self.app["username"]:
            raise Refusal("invalid_grant", "user hasn't approved this consumer")

    def _check_secret(self, form: Mapping[str, str], authorization: str) -> None:
        id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization.lower().startswith("basic "):
            try:
                id, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
            except ValueError:
                raise Refusal("invalid_client", "invalid client credentials") from None
        if id != self.app["client_id"]:
            raise Refusal("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(secret.encode(), self.app["client_secret"].encode()):
            raise Refusal("invalid_client", "invalid client credentials")

    async def whoami(self, request: Request) -> JSONResponse:
        """GET /services/oauth2/userinfo and the identity URL."""
        try:
            self._sessions.check(request)
        except CallFailed:
            return JSONResponse("Bad_OAuth_Token", 403)
        user = self._org.core.state.read("User", self._org.user_id) or {}
        own = _own(request)
        body = {
            "sub": f"{own}/id/{self._org.id}/{self._org.user_id}",
            "user_id": self._org.user_id,
            "organization_id": self._org.id,
            "preferred_username": self.app["username"],
            "name": user.get("Name"),
            "email": user.get("Email"),
            "active": True,
            "user_type": "STANDARD",
            "urls": {
                "rest": f"{own}/services/data/v{{version}}/",
                "query": f"{own}/services/data/v{{version}}/query/",
            },
        }
        return JSONResponse(body)


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """The key of every org of this process: making one takes up to half a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _own(request: Request) -> str:
    """The address by which the client knows this server."""
    return f"http://{request.headers.get('host', '127.0.0.1')}"
