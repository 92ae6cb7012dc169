"""Between values and rows of the ledger's tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from sync.ledger.values import LedgerWrite, Run, RunState, WriteState


def write_row(run_id: str, write: LedgerWrite) -> dict[str, Any]:
    """The row of a planned write."""
    return {
        "run_id": run_id,
        "seq": write.seq,
        "record_id": write.record_id,
        "before": to_json(write.before),
        "after": to_json(write.after),
        "state": str(write.state),
    }


def ledger_write(row: sa.RowMapping) -> LedgerWrite:
    """The write that a row holds."""
    return LedgerWrite(
        seq=row["seq"],
        record_id=row["record_id"],
        before=from_json(row["before"]),
        after=from_json(row["after"]),
        state=WriteState(row["state"]),
        code=row["code"],
        message=row["message"],
        found=None if row["found"] is None else from_json(row["found"]),
    )


def run_of(row: sa.RowMapping) -> Run:
    """The run that a row holds."""
    return Run(
        id=row["id"],
        plan_id=row["plan_id"],
        kind=row["kind"],
        state=RunState(row["state"]),
        started_at=to_time(row["started_at"]),
        finished_at=to_time(row["finished_at"]) if row["finished_at"] else None,
        actor=row["actor"],
        summary=from_json(row["summary"]),
    )


def to_json(value: Any) -> str:
    """Canonical JSON: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def to_text(at: datetime) -> str:
    """An instant as ISO 8601 in UTC, to the millisecond; sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def to_time(text: str) -> datetime:
    """The inverse of `to_text`."""
    return datetime.fromisoformat(text)


def from_json(text: str) -> Any:
    """The inverse of `to_json`."""
    return json.loads(text)
