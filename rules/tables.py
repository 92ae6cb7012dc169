"""The tables that rules read and make, as Arrow schemas; files in between are Parquet.

Input columns are those of the snapshot: accounts (id, name, owner_id, parent_id, country, state, city,
postal_code, website, industry, employees, annual_revenue, currency, type, ... and columns of the config's
own), owners (id, name, email, active, person), opportunities and activities.
"""

from __future__ import annotations

import pyarrow as pa

from rules.decisions import Decision, ReasonCode, Tables

__all__ = [
    "ACCOUNT_KPIS",
    "ASSIGNMENTS",
    "MEMORY",
    "REP_KPIS",
    "TERRITORY_KPIS",
    "Decision",
    "ReasonCode",
    "Tables",
]


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

`band:<derived field>` has the band as `value`; `hold:<rule id>` has as `since` the day since which the hold's
condition is true, night after night. A night that is computed again from its own memory decides the same.
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
