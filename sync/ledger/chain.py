"""The append-only history: every entry carries the hash of the one before, so a changed past is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync.errors import StateDamaged
from sync.ledger.rows import to_json, to_text
from sync.ledger.schema import history


def append(connection: sa.Connection, at: datetime, kind: str, payload: Mapping[str, Any]) -> None:
    """Add an entry after the last one."""
    last = connection.execute(
        sa.select(history.c.seq, history.c.hash).order_by(history.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (last[0] + 1, last[1]) if last else (1, "")
    text = to_json(payload)
    connection.execute(
        history.insert().values(
            seq=seq,
            at=to_text(at),
            kind=kind,
            payload=text,
            previous=previous,
            hash=_hash(previous, to_text(at), kind, text),
        )
    )


def check(connection: sa.Connection) -> int:
    """The number of entries; StateDamaged names the first whose hash does not follow."""
    previous, seq = "", 0
    for row in connection.execute(sa.select(history).order_by(history.c.seq)).mappings():
        seq += 1
        expected = _hash(previous, row["at"], row["kind"], row["payload"])
        if row["seq"] != seq or row["previous"] != previous or row["hash"] != expected:
            raise StateDamaged(
                f"ledger history entry {row['seq']} was changed or one before it is gone; restore a backup"
            )
        previous = row["hash"]
    return seq


def _hash(previous: str, at: str, kind: str, payload: str) -> str:
    return hashlib.sha256("\n".join((previous, at, kind, payload)).encode()).hexdigest()
