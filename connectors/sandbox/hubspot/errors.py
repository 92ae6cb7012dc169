"""What HubSpot answers when it refuses, one function per shape of body.

Texts marked (?) in a docstring are not from a recording or a report; their status and category are documented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot.shape.kinds import Kind

OAUTH_GUIDE = "https://developers.hubspot.com/docs/methods/auth/oauth-overview"
SCOPES_GUIDE = "https://developers.hubspot.com/scopes"


class Refused(Exception):
    """A request that is answered with an error; the correlation id is added on the way out."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None, **body: Any):
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"status": "error", "message": message, **body}
        self.headers = dict(headers or {})


def malformed(problem: str) -> Refused:
    """A body that is not the JSON the endpoint reads; as of 2026 it carries no category."""
    return Refused(400, f"Invalid input JSON on line 1, column 1: {problem}")


def invalid(message: str, *, code: str | None = None, **context: Sequence[str]) -> Refused:
    """A request that reads well and asks for something impossible."""
    detail: dict[str, Any] = {"message": message}
    if code:
        detail["code"] = code
    if context:
        detail["context"] = {name: list(values) for name, values in context.items()}
    extra: dict[str, Any] = {"errors": [detail]} if code or context else {}
    return Refused(400, message, category="VALIDATION_ERROR", **extra)


def bad_values(portal: int, problems: Sequence[tuple[str, str, str]]) -> Refused:
    """Values that do not fit their properties: (property, code, message) each; the whole request is refused."""
    results = [
        {
            "isValid": False,
            "message": message,
            "error": code,
            "name": name,
            "localizedErrorMessage": message,
            "portalId": portal,
        }
        for name, code, message in problems
    ]
    errors = [
        {"message": message, "code": code, "context": {"propertyName": [name]}}
        for name, code, message in problems
    ]
    text = json.dumps(results, separators=(",", ":"))
    return Refused(400, f"Property values were not valid: {text}", category="VALIDATION_ERROR", errors=errors)


def unknown_kind(name: str) -> Refused:
    """A path or an `associations` parameter that names no object."""
    return Refused(400, f"Unable to infer object type from: {name}")


def no_such_record(id: str) -> Refused:
    """One record that does not exist, or is archived and was not asked for as such."""
    return Refused(
        404,
        "Object not found.  objectId are usually numeric.",
        context={"id": [id]},
        category="OBJECT_NOT_FOUND",
        subCategory="crm.objects.OBJECT_NOT_FOUND",
    )


def missing_rows(kind: Kind, ids: Sequence[str]) -> dict[str, Any]:
    """The entry of a 207 for records that are not there."""
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {kind.upper} objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": list(ids)},
    }


def nothing_here() -> Refused:
    """A path that HubSpot does not serve."""
    return Refused(404, "resource not found")


def unauthorized() -> Refused:
    """No token, or one that HubSpot does not know."""
    return Refused(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find"
        f" more details at {OAUTH_GUIDE}",
        category="INVALID_AUTHENTICATION",
        headers={"x-hubspot-auth-failure": "401 Unauthorized"},
    )


def expired(seconds: int = 1) -> Refused:
    """A token that was good and is so no more."""
    return Refused(
        401,
        f"The OAuth token used to make this call expired {seconds} second(s) ago.",
        category="EXPIRED_AUTHENTICATION",
        context={"expire time": [f"{seconds} second(s) ago"]},
        headers={"x-hubspot-auth-failure": "401 Unauthorized"},
    )


def missing_scopes(scopes: Sequence[str]) -> Refused:
    """A call for which the app was not given the rights; names them."""
    return Refused(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes"
        f" here: {SCOPES_GUIDE}.",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": SCOPES_GUIDE},
        category="MISSING_SCOPES",
    )


def burst_spent(group: str = "publicapi:private-apps-api-calls-per-ten-seconds") -> Refused:
    """Too many calls of one app in ten seconds."""
    return Refused(
        429,
        "You have reached your ten_secondly_rolling limit.",
        errorType="RATE_LIMIT",
        policyName="TEN_SECONDLY_ROLLING",
        groupName=group,
    )


def day_spent() -> Refused:
    """The account's calls of the day are used up."""
    return Refused(
        429,
        "You have reached your daily limit.",
        errorType="RATE_LIMIT",
        policyName="DAILY",
        groupName="publicapi:private-apps-api-calls-daily",
    )


def search_spent() -> Refused:
    """Too many searches in one second: another body, without policyName, and no Retry-After."""
    return Refused(429, "You have reached your secondly limit.", category="RATE_LIMITS")


def exports_spent(limit: int) -> Refused:
    """More exports in 24 hours than the account has (?)."""
    return Refused(
        429, f"You have reached your limit of {limit} exports in 24 hours.", category="RATE_LIMITS"
    )


def no_custom_objects(portal: int) -> Refused:
    """A portal whose subscription has no custom objects; reading the empty list of them works (?)."""
    return Refused(403, f"The portal {portal} does not have access to custom objects.", category="FORBIDDEN")


_BARE = {
    414: "Request-URI Too Long",
    423: "The resource is currently locked. Wait at least 2 seconds between API requests.",
    477: "This account is being migrated to another data hosting location.",
    500: "internal error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Timeout",
    521: "Web server is down",
    523: "Origin is unreachable",
    524: "A timeout occurred",
}
_FROM_THE_EDGE = frozenset({502, 503, 504, 521, 523, 524})


def bare(status: int, headers: Mapping[str, str] | None = None) -> Refused:
    """Any other refusal by its status: 414, 423, 477, 5xx (?)."""
    return Refused(status, _BARE.get(status, "There was a problem with the request."), headers=headers)


def edge_page(status: int) -> str | None:
    """The HTML that the network in front of HubSpot answers instead of JSON; None for its own errors."""
    if status not in _FROM_THE_EDGE:
        return None
    title = f"{status} {_BARE[status]}"
    return f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
