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

SCHEMAS: Mapping[RecordKind, pa.Schema] = {
    RecordKind.ACCOUNTS: ACCOUNTS,
    RecordKind.OWNERS: OWNERS,
    RecordKind.OPPORTUNITIES: OPPORTUNITIES,
    RecordKind.ACTIVITIES: ACTIVITIES,
}
