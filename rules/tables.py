"""The tables that rules read and make, as Arrow schemas; files in between are Parquet.

Input columns are those of the snapshot: accounts (id, name, owner_id, parent_id, country, state, city,
postal_code, website, industry, employees, annual_revenue, currency, type, ... and columns of the config's
own), owners (id, name, email, active, person), opportunities and activities.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Tables:
    """The Parquet files of one snapshot."""

    accounts: Path
    owners: Path
    opportunities: Path
    activities: Path
    memory: Path | None = None
    """What the last night remembered (`MEMORY`), None on the first one."""


class Decision(StrEnum):
    """The one outcome of every account and role."""

    ASSIGNED = "assigned"
    """A rule matched and gives this owner (who may be the present one)."""
    KEPT = "kept"
    """A rule matched, and its mode leaves the present owner."""
    UNASSIGNED = "unassigned"
    """No owner could be given; `reason_code` says why. The present owner is left as it is."""
    HELD = "held"
    """A hold keeps the present owner; the territory is that of the first rule beneath that assigns."""
    REVIEW = "review"
    """A rule that asks for a person's eye; the present owner is left as it is."""


class ReasonCode(StrEnum):
    """Why an account has its outcome."""

    MATCHED = "matched"
    STICKY = "sticky"
    """A pod rule, and the present owner is an eligible member."""
    ONLY_UNASSIGNED = "only_unassigned"
    NO_RULE = "no_rule"
    NO_OWNER = "no_owner"
    """The rule names a territory but no owner and no pod."""
    OWNER_UNKNOWN = "owner_unknown"
    """The rule's owner is not in the CRM."""
    OWNER_INACTIVE = "owner_inactive"
    NO_ELIGIBLE_MEMBER = "no_eligible_member"
    """No member of the pod is an active person in the CRM."""
    UNKNOWN_FIELD = "unknown_field"
    """The rule asks for review where its condition is unknown."""
    HELD = "held"
    EXCEPTION = "exception"
    """An entry of `exceptions:` decided."""
    FAMILY = "family"
    """The account follows its ultimate parent, which has an owner by a rule."""
    FAMILY_UNDECIDED = "family_undecided"
    """The account follows its ultimate parent, whose own outcome is review or unassigned."""
    FAMILY_BROKEN = "family_broken"
    """The parents go in a circle, or further up than `family: most_levels`."""
    POD_FULL = "pod_full"
    """Every member of the pod who is there has as many accounts as the cap allows."""


ASSIGNMENTS = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("decision", pa.string(), nullable=False),
        pa.field("territory", pa.string()),
        pa.field("level", pa.string()),
        pa.field("rule_id", pa.string()),
        pa.field("owner_id", pa.string()),
        pa.field("reason_code", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("data_issues", pa.string()),
    ]
)
"""One row per account and role, sorted by account id then role.

`owner_id` is who should own it, null when unassigned or under review; `reason` is the sentence shown to
people ("boston-smb: country is US, postal code in boston_zips, employees in 1..200"); `data_issues` names
values that could not be read ("country 'Grmany' is not a country"), null when there are none.
"""

MEMORY = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("value", pa.string()),
        pa.field("since", pa.date32()),
    ]
)
"""What the next night must know of this one, sorted by account id and key.

`band:<derived field>` has the band as `value`; `hold:<rule id>` has the first day of an unbroken hold as
`since`. A night that is computed again from its own memory decides the same.
"""

ACCOUNT_KPIS = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("tier", pa.string()),
        pa.field("workload_hours", pa.float64()),
        pa.field("touches_30d", pa.int64()),
        pa.field("touches_90d", pa.int64()),
        pa.field("calls_30d", pa.int64()),
        pa.field("emails_30d", pa.int64()),
        pa.field("meetings_30d", pa.int64()),
        pa.field("calls_90d", pa.int64()),
        pa.field("emails_90d", pa.int64()),
        pa.field("meetings_90d", pa.int64()),
        pa.field("last_touch", pa.date32()),
        pa.field("days_since_touch", pa.int64()),
        pa.field("covered", pa.bool_()),
    ]
)
"""One row per account, sorted by id; null is unknown, never 0 (a count is null where no activities are read)."""

REP_KPIS = pa.schema(
    [
        pa.field("owner_id", pa.string(), nullable=False),
        pa.field("accounts", pa.int64()),
        pa.field("hours", pa.float64()),
        pa.field("capacity_hours", pa.float64()),
        pa.field("utilisation", pa.float64()),
        pa.field("target_hours", pa.float64()),
        pa.field("deviation", pa.float64()),
        pa.field("covered_accounts", pa.int64()),
        pa.field("coverage", pa.float64()),
        pa.field("potential", pa.float64()),
        pa.field("touches_30d", pa.int64()),
        pa.field("touches_90d", pa.int64()),
    ]
)
"""One row per rep who owns accounts, should own some, or is named by a rule of the owner role, sorted by id.

Shares are 0..1; capacity, target and deviation are null for owners whom no rule names. A touch linked to
several accounts counts once for the rep.
"""

TERRITORY_KPIS = pa.schema(
    [
        pa.field("territory", pa.string(), nullable=False),
        pa.field("accounts", pa.int64()),
        pa.field("hours", pa.float64()),
        pa.field("covered_accounts", pa.int64()),
        pa.field("coverage", pa.float64()),
        pa.field("potential", pa.float64()),
    ]
)
"""One row per territory, sorted by name."""
