"""Salesforce's answers, and which of our errors each bad one is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.errors import (
    AuthFailed,
    ConnectorError,
    Garbled,
    Locked,
    MissingPermission,
    QuotaSpent,
    RateLimited,
    Refused,
    Unavailable,
)

_BUSY = frozenset([406, 408, 420, 429])
"""406 and 420 have been seen from Salesforce's edge under load (doc)."""
_NOT_ALLOWED = frozenset(
    [
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "API_DISABLED_FOR_ORG",
        "FUNCTIONALITY_NOT_ENABLED",
    ]
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body; Garbled where it is no JSON, whatever the status said."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Garbled(
                f"an answer with status {self.status} is no JSON ({len(self.body)} bytes)"
            ) from error

    @property
    def failed(self) -> bool:
        """Whether the call as a whole went wrong."""
        return self.status >= 300


def error_of(answer: Answer, what: str) -> ConnectorError:
    """The error that a failed call is, in Salesforce's own words."""
    code, message = _said(answer)
    return error_said(answer.status, code, message, what, _retry_after(answer))


def error_said(
    status: int, code: str, message: str, what: str, retry_after: float | None = None
) -> ConnectorError:
    """The error that a status and Salesforce's code and message mean."""
    told = f"{what}: {code or status}{', ' + message.rstrip('.') if message else ''}"
    if status == 401:
        return AuthFailed(told)
    if code == "REQUEST_LIMIT_EXCEEDED" and "TotalRequests" in message:
        return QuotaSpent(f"{told}; the org's calls of the last 24 hours are used up, run again later")
    if status in _BUSY or code == "REQUEST_LIMIT_EXCEEDED":
        return RateLimited(told, retry_after=retry_after)
    if status >= 500 or code == "SERVER_UNAVAILABLE":
        return Unavailable(told, retry_after=retry_after)
    if code == "UNABLE_TO_LOCK_ROW" or status == 423:
        return Locked(told)
    if code in _NOT_ALLOWED or status == 403:
        return MissingPermission(told)
    if status < 400:
        return Garbled(f"{told}: a redirect instead of an answer")
    return Refused(told, code=code, status=status)


def _said(answer: Answer) -> tuple[str, str]:
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return "", ""
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return "", ""
    return str(first.get("errorCode", "")), str(first.get("message", ""))[:500]


def _retry_after(answer: Answer) -> float | None:
    try:
        seconds = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
