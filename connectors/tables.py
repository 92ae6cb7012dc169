"""The standard columns of every table as Arrow schemas, in the units that `connectors.records` fixes."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from connectors.records import COLUMNS, FieldType, RecordKind

TIMESTAMP = pa.timestamp("ms", tz="UTC")

ARROW_TYPES: Mapping[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.DATETIME: TIMESTAMP,
}

_NEVER_NULL = frozenset({"id", "active", "person", "deleted"})


def _schema(kind: RecordKind) -> pa.Schema:
    columns = COLUMNS[kind].items()
    return pa.schema(
        [pa.field(name, ARROW_TYPES[type], nullable=name not in _NEVER_NULL) for name, type in columns]
    )


ACCOUNTS = _schema(RecordKind.ACCOUNTS)
"""One row per account (Salesforce Account, HubSpot company); mapped fields of the config follow these."""

OWNERS = _schema(RecordKind.OWNERS)
"""One row per user who can own a record; `person` is False for queues and integration users."""

OPPORTUNITIES = _schema(RecordKind.OPPORTUNITIES)
"""One row per opportunity or deal, with the first of its accounts."""

ACTIVITIES = _schema(RecordKind.ACTIVITIES)
"""One row per activity and account it is linked to, so an id may repeat with another account.

`type` is call, email, meeting, note or task; `direction` inbound, outbound or null; `occurred_at` is when
it took place (a task: when it was due or completed), null for one that has not.
"""

STAGES = _schema(RecordKind.STAGES)
"""One row per stage an opportunity can be in: `name` is what `opportunities.stage` holds, `probability` a share."""

RATES = _schema(RecordKind.RATES)
"""One row per currency and span of days: so many units of `currency` are worth one of the CRM's own.

Valid from `from_date` up to `before_date` (not on it); null is unbounded.
"""

MEMBERS = _schema(RecordKind.MEMBERS)
"""One row per person with a part in an account or opportunity: `kind` is account_team, opportunity_team or manual_share."""

CHILDREN = _schema(RecordKind.CHILDREN)
"""How many records of a `kind` (contact, open_case, closed_case, open_task) an owner has below an account."""

TERRITORIES = _schema(RecordKind.TERRITORIES)
"""One row per territory that the CRM itself keeps, of the one model that is read; `model_state` is planning, active
or archived."""

TERRITORY_ACCOUNTS = _schema(RecordKind.TERRITORY_ACCOUNTS)
"""One row per account in a territory of the CRM; `by_us` where our user put it there by hand, not a rule of the CRM."""

TERRITORY_USERS = _schema(RecordKind.TERRITORY_USERS)
"""One row per user in a territory of the CRM."""

AUTOMATIONS = _schema(RecordKind.AUTOMATIONS)
"""One row per automation of the CRM's own that a change of an account may set off."""

SCHEMAS: Mapping[RecordKind, pa.Schema] = {
    RecordKind.ACCOUNTS: ACCOUNTS,
    RecordKind.OWNERS: OWNERS,
    RecordKind.OPPORTUNITIES: OPPORTUNITIES,
    RecordKind.ACTIVITIES: ACTIVITIES,
    RecordKind.STAGES: STAGES,
    RecordKind.RATES: RATES,
    RecordKind.MEMBERS: MEMBERS,
    RecordKind.CHILDREN: CHILDREN,
    RecordKind.TERRITORIES: TERRITORIES,
    RecordKind.TERRITORY_ACCOUNTS: TERRITORY_ACCOUNTS,
    RecordKind.TERRITORY_USERS: TERRITORY_USERS,
    RecordKind.AUTOMATIONS: AUTOMATIONS,
}
