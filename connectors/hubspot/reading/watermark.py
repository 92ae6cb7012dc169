"""How far a pull got, by HubSpot's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from connectors.errors import Refused
from connectors.records import RecordKind, Watermark

SETTLING = timedelta(minutes=1)
"""Search lags behind writes by seconds to a minute: nothing younger counts as read."""
OVERLAP = timedelta(minutes=10)
"""The next pull begins so much earlier: a record may become visible with a stamp from before."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything of this table modified up to `until` has been read."""

    kind: RecordKind
    until: datetime

    @classmethod
    def before(cls, kind: RecordKind, now: datetime) -> Mark:
        """The mark of a pull that begins now."""
        return cls(kind, now - SETTLING)

    def floor(self) -> datetime:
        """From when the next pull must read."""
        return self.until - OVERLAP

    def text(self) -> Watermark:
        """The opaque form."""
        at = self.until.astimezone(UTC).isoformat(timespec="milliseconds")
        return Watermark(orjson.dumps({"hubspot": self.kind.value, "until": at}).decode())


def read_mark(kind: RecordKind, text: Watermark) -> Mark:
    """The mark in a watermark of ours; Refused for any other text, or that of another table."""
    try:
        body = orjson.loads(text)
        until = datetime.fromisoformat(body["until"])
        if body["hubspot"] != kind.value or until.tzinfo is None:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        said = f"the watermark {str(text)[:80]!r} is none of a HubSpot pull of {kind.value}; pull the table whole"
        raise Refused(said, code="WATERMARK") from None
    return Mark(kind, until)
