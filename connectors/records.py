"""The tables every CRM is read into, and what a write is.

One place fixes types, units and time zones: text is UTF-8 and never "", a missing value is null; times
are UTC in milliseconds; money is in the record's own `currency` (null where the CRM has one currency);
durations are minutes; probabilities are shares 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

import pyarrow as pa

RecordId = NewType("RecordId", str)
"""A CRM's id; Salesforce ids always in their 18-character form."""
Watermark = NewType("Watermark", str)
"""How far a pull got; opaque, only the connector that made it reads it."""
Value = str | int | float | bool | date | datetime | None
"""What a field of a record can hold; None is empty."""


class RecordKind(StrEnum):
    """The tables a connector can be asked for."""

    ACCOUNTS = "accounts"
    OWNERS = "owners"
    OPPORTUNITIES = "opportunities"
    ACTIVITIES = "activities"


TIMESTAMP = pa.timestamp("ms", tz="UTC")

ACCOUNTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("owner_id", pa.string()),
        pa.field("parent_id", pa.string()),
        pa.field("country", pa.string()),
        pa.field("state", pa.string()),
        pa.field("city", pa.string()),
        pa.field("postal_code", pa.string()),
        pa.field("website", pa.string()),
        pa.field("industry", pa.string()),
        pa.field("employees", pa.int64()),
        pa.field("annual_revenue", pa.float64()),
        pa.field("currency", pa.string()),
        pa.field("type", pa.string()),
        pa.field("created_at", TIMESTAMP),
        pa.field("modified_at", TIMESTAMP),
        pa.field("deleted", pa.bool_(), nullable=False),
    ]
)
"""One row per account (Salesforce Account, HubSpot company); mapped fields of the config follow these."""

OWNERS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("email", pa.string()),
        pa.field("active", pa.bool_(), nullable=False),
        pa.field("person", pa.bool_(), nullable=False),
        pa.field("modified_at", TIMESTAMP),
        pa.field("deleted", pa.bool_(), nullable=False),
    ]
)
"""One row per user who can own a record; `person` is False for queues and integration users."""

OPPORTUNITIES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("account_id", pa.string()),
        pa.field("owner_id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("amount", pa.float64()),
        pa.field("currency", pa.string()),
        pa.field("probability", pa.float64()),
        pa.field("close_date", pa.date32()),
        pa.field("closed", pa.bool_()),
        pa.field("won", pa.bool_()),
        pa.field("created_at", TIMESTAMP),
        pa.field("modified_at", TIMESTAMP),
        pa.field("deleted", pa.bool_(), nullable=False),
    ]
)
"""One row per opportunity or deal, with the first of its accounts."""

ACTIVITIES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("account_id", pa.string()),
        pa.field("owner_id", pa.string()),
        pa.field("type", pa.string()),
        pa.field("direction", pa.string()),
        pa.field("status", pa.string()),
        pa.field("minutes", pa.float64()),
        pa.field("occurred_at", TIMESTAMP),
        pa.field("modified_at", TIMESTAMP),
        pa.field("deleted", pa.bool_(), nullable=False),
    ]
)
"""One row per activity and account it is linked to, so an id may repeat with another account.

`type` is call, email, meeting, note or task; `direction` inbound, outbound or null; `occurred_at` is when
it took place (a task: when it was due or completed), null for one that has not.
"""

SCHEMAS: Mapping[RecordKind, pa.Schema] = {
    RecordKind.ACCOUNTS: ACCOUNTS,
    RecordKind.OWNERS: OWNERS,
    RecordKind.OPPORTUNITIES: OPPORTUNITIES,
    RecordKind.ACTIVITIES: ACTIVITIES,
}


class Outcome(StrEnum):
    """How one write ended."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """The record already held these values; nothing was sent."""
    CONFLICT = "conflict"
    """Someone else changed one of these fields since the plan; the record was left alone."""
    REJECTED = "rejected"
    """The CRM refused this record; `code` and `message` are its own words."""
    UNKNOWN = "unknown"
    """It was sent and no answer came."""


@dataclass(frozen=True, slots=True)
class Write:
    """Set these fields of one account, all or none, if they are unmoved since the plan.

    Both mappings use our column names. A field whose live value is neither `expected` nor the wanted one
    makes the whole write a conflict. `version`, when given, must equal the record's live modification stamp
    as well (ISO 8601, UTC, milliseconds): stricter, as any edit of the record then counts as moved.
    """

    id: RecordId
    values: Mapping[str, Value]
    expected: Mapping[str, Value]
    version: str | None = None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one write; `found` holds the live values seen just before, where it was looked at."""

    id: RecordId
    outcome: Outcome
    code: str = ""
    message: str = ""
    found: Mapping[str, Value] = field(default_factory=dict)
