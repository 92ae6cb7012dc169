"""What HubSpot tells about a token to whoever holds it."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.oauth.grants import APP, USER
from connectors.sandbox.hubspot.oauth.tokens import Tokens
from connectors.sandbox.hubspot.objects.past import APP as PRIVATE_APP
from connectors.sandbox.hubspot.portal import Portal

_PERSON, _DOMAIN = "admin@example.com", "sandbox.example.com"


def access_token(portal: Portal, tokens: Tokens, token: str) -> dict[str, Any]:
    """An access token that is good; Refused for any other."""
    if not tokens.knows(token) or tokens.left(token) <= 0:
        raise errors.Refused(404, "access token is invalid, expired or revoked")
    return {
        **_common(portal, token),
        "app_id": APP,
        "expires_in": tokens.left(token),
        "token_type": "access",
    }


def refresh_token(portal: Portal, tokens: Tokens, token: str) -> dict[str, Any]:
    """The refresh token; Refused for any other."""
    if not token or token != tokens.app["refresh_token"]:
        raise errors.Refused(404, "refresh token is invalid, expired or revoked")
    return {**_common(portal, token), "client_id": tokens.app["client_id"], "token_type": "refresh"}


def introspected(portal: Portal, tokens: Tokens, token: str) -> dict[str, Any]:
    """Any token of the app, as RFC 7662 has it; one that is not good is no error."""
    if tokens.knows(token) and tokens.left(token) > 0:
        found = access_token(portal, tokens, token)
    elif token and token == tokens.app["refresh_token"]:
        found = refresh_token(portal, tokens, token)
    else:
        return {"active": False}
    return {"active": True, "client_id": tokens.app["client_id"], "username": _PERSON, **found}


def private_app(portal: Portal, token: str) -> dict[str, Any]:
    """A private app's token by its `tokenKey`; Refused for any other."""
    if token != portal.token:
        raise errors.Refused(404, "access token is invalid, expired or revoked")
    scopes = list(portal.core.settings["scopes"])
    return {"userId": USER, "hubId": portal.id, "appId": int(PRIVATE_APP), "scopes": scopes}


def _common(portal: Portal, token: str) -> dict[str, Any]:
    return {
        "token": token,
        "user": _PERSON,
        "hub_domain": _DOMAIN,
        "scopes": list(portal.core.settings["scopes"]),
        "hub_id": portal.id,
        "user_id": USER,
    }
