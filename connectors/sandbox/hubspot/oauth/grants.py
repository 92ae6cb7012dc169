"""The token endpoint: a code or a refresh token in exchange for an access token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.hubspot.oauth.tokens import LASTS, REDIRECT, Tokens
from connectors.sandbox.hubspot.portal import Portal

USER = 48_201_377
APP = 7_318_251
Form = Mapping[str, str]


class Denied(Exception):
    """A refusal; `status` is HubSpot's old word, `error` that of RFC 6749, which stand side by side since 2026-01."""

    def __init__(self, status: str, error: str, message: str, code: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.body = {"error": error, "error_description": message, "status": status, "message": message}


def grant(portal: Portal, tokens: Tokens, form: Form) -> dict[str, Any]:
    """A new access token; Denied where the form does not earn one."""
    kind = form.get("grant_type", "")
    if kind not in ("refresh_token", "authorization_code"):
        raise Denied("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type")
    check_client(tokens, form)
    if kind == "refresh_token":
        check_refresh_token(tokens, form.get("refresh_token", ""))
    else:
        _check_code(tokens, form)
    return {
        "token_type": "bearer",
        "refresh_token": tokens.app["refresh_token"],
        "access_token": tokens.issue(),
        "expires_in": LASTS,
        "hub_id": portal.id,
        "user_id": USER,
        "scopes": list(portal.core.settings["scopes"]),
    }


def check_client(tokens: Tokens, form: Form) -> None:
    """Denied unless the form names the app and knows its secret."""
    if form.get("client_id") != tokens.app["client_id"]:
        raise Denied("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id")
    if form.get("client_secret") != tokens.app["client_secret"]:
        raise Denied("BAD_CLIENT_SECRET", "invalid_client", "missing or unknown client secret")


def check_refresh_token(tokens: Tokens, token: str) -> None:
    """Denied unless that is the refresh token of the app, and the app is installed."""
    if not token or token != tokens.app["refresh_token"]:
        raise Denied("BAD_REFRESH_TOKEN", "invalid_grant", "refresh token is invalid, expired or revoked")


def _check_code(tokens: Tokens, form: Form) -> None:
    if not form.get("code") or form["code"] != tokens.app["code"]:
        raise Denied("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code")
    if form.get("redirect_uri") != REDIRECT:
        raise Denied("BAD_REDIRECT_URI", "invalid_grant", "missing or unknown redirect uri")
    tokens.spend_code()
