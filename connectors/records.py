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

RecordId = NewType("RecordId", str)
"""A CRM's id; Salesforce ids always in their 18-character form."""
Watermark = NewType("Watermark", str)
"""How far a pull got; opaque, only the connector that made it reads it."""
Receipt = NewType("Receipt", str)
"""Names work that a CRM carries out by itself after it was handed over, such as a job; opaque like a watermark."""
Value = str | int | float | bool | date | datetime | None
"""What a field of a record can hold; None is empty."""


class RecordKind(StrEnum):
    """The tables a connector can be asked for."""

    ACCOUNTS = "accounts"
    OWNERS = "owners"
    OPPORTUNITIES = "opportunities"
    ACTIVITIES = "activities"
    STAGES = "stages"
    RATES = "rates"
    MEMBERS = "members"
    CHILDREN = "children"
    TERRITORIES = "territories"
    TERRITORY_ACCOUNTS = "territory_accounts"
    TERRITORY_USERS = "territory_users"
    AUTOMATIONS = "automations"


MAIN = (RecordKind.ACCOUNTS, RecordKind.OWNERS, RecordKind.OPPORTUNITIES, RecordKind.ACTIVITIES)
"""The tables that every CRM has and that the config maps; the others are read where a connector has them."""


TERRITORY_TABLES = frozenset(
    [RecordKind.TERRITORIES, RecordKind.TERRITORY_ACCOUNTS, RecordKind.TERRITORY_USERS]
)
"""Who is in which of the CRM's own territories; always read whole."""


class FieldType(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


COLUMNS: Mapping[RecordKind, Mapping[str, FieldType]] = {
    RecordKind.ACCOUNTS: {
        "id": FieldType.TEXT,
        "name": FieldType.TEXT,
        "owner_id": FieldType.TEXT,
        "parent_id": FieldType.TEXT,
        "country": FieldType.TEXT,
        "state": FieldType.TEXT,
        "city": FieldType.TEXT,
        "postal_code": FieldType.TEXT,
        "website": FieldType.TEXT,
        "industry": FieldType.TEXT,
        "employees": FieldType.INTEGER,
        "annual_revenue": FieldType.NUMBER,
        "currency": FieldType.TEXT,
        "type": FieldType.TEXT,
        "created_at": FieldType.DATETIME,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.OWNERS: {
        "id": FieldType.TEXT,
        "name": FieldType.TEXT,
        "email": FieldType.TEXT,
        "active": FieldType.BOOLEAN,
        "person": FieldType.BOOLEAN,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.OPPORTUNITIES: {
        "id": FieldType.TEXT,
        "account_id": FieldType.TEXT,
        "owner_id": FieldType.TEXT,
        "name": FieldType.TEXT,
        "stage": FieldType.TEXT,
        "amount": FieldType.NUMBER,
        "currency": FieldType.TEXT,
        "probability": FieldType.NUMBER,
        "close_date": FieldType.DATE,
        "closed": FieldType.BOOLEAN,
        "won": FieldType.BOOLEAN,
        "created_at": FieldType.DATETIME,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.ACTIVITIES: {
        "id": FieldType.TEXT,
        "account_id": FieldType.TEXT,
        "owner_id": FieldType.TEXT,
        "type": FieldType.TEXT,
        "direction": FieldType.TEXT,
        "status": FieldType.TEXT,
        "minutes": FieldType.NUMBER,
        "occurred_at": FieldType.DATETIME,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.STAGES: {
        "id": FieldType.TEXT,
        "name": FieldType.TEXT,
        "label": FieldType.TEXT,
        "pipeline": FieldType.TEXT,
        "sort_order": FieldType.INTEGER,
        "probability": FieldType.NUMBER,
        "closed": FieldType.BOOLEAN,
        "won": FieldType.BOOLEAN,
        "active": FieldType.BOOLEAN,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.RATES: {
        "id": FieldType.TEXT,
        "currency": FieldType.TEXT,
        "rate": FieldType.NUMBER,
        "from_date": FieldType.DATE,
        "before_date": FieldType.DATE,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.MEMBERS: {
        "id": FieldType.TEXT,
        "kind": FieldType.TEXT,
        "account_id": FieldType.TEXT,
        "opportunity_id": FieldType.TEXT,
        "user_id": FieldType.TEXT,
        "role": FieldType.TEXT,
        "access": FieldType.TEXT,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.CHILDREN: {
        "id": FieldType.TEXT,
        "kind": FieldType.TEXT,
        "account_id": FieldType.TEXT,
        "owner_id": FieldType.TEXT,
        "count": FieldType.INTEGER,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.TERRITORIES: {
        "id": FieldType.TEXT,
        "name": FieldType.TEXT,
        "label": FieldType.TEXT,
        "parent_id": FieldType.TEXT,
        "model": FieldType.TEXT,
        "model_state": FieldType.TEXT,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.TERRITORY_ACCOUNTS: {
        "id": FieldType.TEXT,
        "territory_id": FieldType.TEXT,
        "account_id": FieldType.TEXT,
        "cause": FieldType.TEXT,
        "by_us": FieldType.BOOLEAN,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.AUTOMATIONS: {
        "id": FieldType.TEXT,
        "name": FieldType.TEXT,
        "enabled": FieldType.BOOLEAN,
        "fields": FieldType.TEXT,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
    RecordKind.TERRITORY_USERS: {
        "id": FieldType.TEXT,
        "territory_id": FieldType.TEXT,
        "user_id": FieldType.TEXT,
        "role": FieldType.TEXT,
        "by_us": FieldType.BOOLEAN,
        "modified_at": FieldType.DATETIME,
        "deleted": FieldType.BOOLEAN,
    },
}
"""The standard columns of every table, in order; `connectors.tables` has the same as Arrow schemas."""


UNREADABLE = "unreadable"
"""The id of the only row of AUTOMATIONS where our user may not see them; `fields` of the others are the CRM's names of
those account fields that set one off, joined by ;."""

CRM_TERRITORIES = "crm_territories"
"""No field of an account, but a set: the CRM's own territories into which our user put it by hand.

`lookup` and `write` know it where the mapping of TERRITORIES has a `model` (empty: the active one). As a value it
is the territories' names in order, joined by ; and null for none. A write sets nothing beside it; only what it adds
or removes is compared, so that one which got halfway is no conflict, and it is never one step that cannot be seen.
"""
CRM_USER_TERRITORIES = "crm_user_territories"
"""The same for a user: such a write, and such a lookup, has the id of an owner."""


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
    takes_back: bool = False
    """Whether a change of ours is undone: where the CRM tells, only what followed that change goes back with it."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one write; `found` holds the live values seen just before, where it was looked at."""

    id: RecordId
    outcome: Outcome
    code: str = ""
    message: str = ""
    found: Mapping[str, Value] = field(default_factory=dict)
