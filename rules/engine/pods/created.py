"""The day on which an account was created, for pods that count new accounts only."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.errors import AssignError
from rules.engine.sql import text

COLUMN = "created_at"


def created_day(accounts: Path, timezone: str, pod: str) -> str:
    """SQL over the accounts: a date in the rule set's time zone, null where it is not known.

    Raises AssignError where the accounts have no such column, or it holds no time.
    """
    schema = pq.read_schema(accounts)
    if COLUMN not in schema.names:
        raise AssignError(
            f"pod {pod!r} is by round_robin, which counts accounts by {COLUMN!r}, and {accounts} has no such "
            "column; map the field, or say by: equal"
        )
    stored = schema.field(COLUMN).type
    if pa.types.is_timestamp(stored):
        local = f"timezone({text(timezone)}, {COLUMN})" if stored.tz else COLUMN
        return f"CAST({local} AS DATE)"
    if pa.types.is_date(stored):
        return f"CAST({COLUMN} AS DATE)"
    raise AssignError(
        f"pod {pod!r} is by round_robin, which counts accounts by {COLUMN!r}, and that holds {stored} in "
        f"{accounts}, not a time; map the field of the CRM that says when an account was created"
    )
