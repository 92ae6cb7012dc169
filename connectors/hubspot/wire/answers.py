"""What an answer of HubSpot means: its body, or the one error of ours that it stands for."""

from __future__ import annotations

import email.utils
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from connectors.errors import (
    AuthFailed,
    ConnectorError,
    Crowded,
    Garbled,
    Locked,
    MissingPermission,
    OutcomeUnknown,
    QuotaSpent,
    RateLimited,
    Refused,
    Unavailable,
)

LONGEST = 600
"""Characters kept of a message of HubSpot's."""
LOCKED_WAIT = 2.0
BURST_WAIT = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A call that HubSpot carried out: the JSON object it sent and its own clock (None where it told none)."""

    status: int
    body: dict[str, Any]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Words:
    """What an error body says, made safe to print."""

    message: str
    code: str
    category: str
    policy: str
    correlation: str
    scopes: tuple[str, ...]

    def __str__(self) -> str:
        parts = [self.message or "no message"]
        if self.category:
            parts.append(f"category {self.category}")
        if self.correlation:
            parts.append(f"correlationId {self.correlation}")
        return ", ".join(parts)


def read_answer(what: str, status: int, headers: Mapping[str, str], data: bytes) -> Answer:
    """The answer of a call that went well; Garbled where it is no JSON object."""
    if status == 204 or (not data and status in (201, 202)):
        return Answer(status, {}, _date(headers))
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        kind = "an HTML page" if data.lstrip()[:1] == b"<" else f"{len(data)} bytes that are no JSON"
        raise Garbled(f"{what}: HubSpot answered {status} with {kind}") from None
    if not isinstance(body, dict):
        raise Garbled(f"{what}: HubSpot answered {status} with JSON that is no object")
    return Answer(status, body, _date(headers))


def error_of(
    what: str, status: int, headers: Mapping[str, str], data: bytes, *, write: bool
) -> ConnectorError:
    """The error that a status other than 2xx stands for.

    For a write, only a status that says it was not carried out is an ordinary error; every 5xx, and 408,
    may come after the work was done and is OutcomeUnknown.
    """
    words = words_of(data)
    said = f"{what}: HubSpot answered {status}: {words}"
    named_wait = _retry_after(headers)
    if status == 429:
        return _limit(said, words, headers, named_wait)
    if status == 401:
        return AuthFailed(f"{said}; check the token and that it was not revoked or rotated")
    if status == 403:
        grant = f"; grant the app the scope {' or '.join(words.scopes)}" if words.scopes else ""
        return MissingPermission(f"{said}{grant}")
    if status == 423:
        return Locked(said, retry_after=max(LOCKED_WAIT, named_wait or 0.0))
    if status == 477:
        # The portal moves between data centres and nothing is carried out meanwhile: documented, up to 24 h.
        return Unavailable(f"{said}; the portal is being migrated", retry_after=named_wait or 3600.0)
    if status in (408,) or status >= 500:
        if write:
            return OutcomeUnknown(f"{said}; the write may have been carried out")
        return Unavailable(said, retry_after=named_wait)
    if status == 409 and not write:
        return Unavailable(said, retry_after=named_wait)
    return Refused(said, code=words.code or words.category or str(status), status=status)


def _limit(said: str, words: Words, headers: Mapping[str, str], named: float | None) -> ConnectorError:
    if words.policy == "DAILY" or "daily" in words.message.lower():
        return QuotaSpent(f"{said}; the day's calls are used up, the run resumes when HubSpot's day ends")
    searching = words.category == "RATE_LIMITS" or "secondly" in words.message.lower()
    if words.policy.startswith("TEN_SECONDLY") or not searching:
        interval = headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
        wait = int(interval) / 1000 if interval.isdigit() else BURST_WAIT
        return RateLimited(said, retry_after=wait if named is None else named)
    return Crowded(said) if named is None else RateLimited(said, retry_after=named)


def words_of(data: bytes | Mapping[str, Any]) -> Words:
    """HubSpot's words in an error body, or in one entry of `errors` of a batch's answer."""
    body = data if isinstance(data, Mapping) else _object(data)
    nested = [e for e in body.get("errors") or () if isinstance(e, dict)]
    contexts = [c for c in (body.get("context"), *(e.get("context") for e in nested)) if isinstance(c, dict)]
    scopes = {
        str(scope)
        for context in contexts
        for key in ("requiredGranularScopes", "requiredScopes", "missingScopes")
        for scope in context.get(key) or ()
    }
    message = clean(body.get("message"))
    more = [m for m in (clean(e.get("message")) for e in nested) if m and m not in message]
    return Words(
        message="; ".join(m for m in [message, *more[:3]] if m)[:LONGEST],
        code=_code(body, nested),
        category=clean(body.get("category")),
        policy=str(body.get("policyName") or ""),
        correlation=clean(body.get("correlationId")),
        scopes=tuple(sorted(scopes)),
    )


def _code(body: Mapping[str, Any], nested: list[dict[str, Any]]) -> str:
    """The most telling code: of the value refused, else of the call."""
    inner = re.search(r'"error":"([A-Z_]+)"', str(body.get("message") or ""))
    if inner:
        return inner.group(1)
    for entry in (*nested, body):
        for key in ("code", "subCategory", "error", "category", "errorType"):
            if isinstance(entry.get(key), str) and entry[key]:
                return clean(entry[key])
    return ""


def clean(text: object) -> str:
    """Text of HubSpot's without control and bidi characters, cut at a readable length."""
    if text is None:
        return ""
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp") else " " for c in str(text))
    return kept[:LONGEST].strip()


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {"message": "a body that is no JSON" if data else "no body"}
    return body if isinstance(body, dict) else {"message": "a body that is no JSON object"}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds named by Retry-After, in either of its two forms."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    at = _parse_date(text)
    return None if at is None else max(0.0, (at - datetime.now(UTC)).total_seconds())


def _date(headers: Mapping[str, str]) -> datetime | None:
    return _parse_date(headers.get("Date", ""))


@lru_cache(maxsize=4)  # the answers of one second have one date
def _parse_date(text: str) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
