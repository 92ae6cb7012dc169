"""The change history: one row per field of every accepted write, also when old and new are equal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.tables import Stored, Table

_NAMES = ("seq", "at", "object", "id", "field", "old", "new", "actor", "request_id")


@dataclass(frozen=True, slots=True)
class By:
    """Who writes, when, and in which request."""

    actor: str
    at: Milliseconds
    request_id: str = ""


def create(db: sqlite3.Connection) -> None:
    """Makes the history table where there is none."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS _history(seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
        " object TEXT NOT NULL, id NOT NULL, field TEXT NOT NULL, old TEXT, new TEXT,"
        " actor TEXT NOT NULL, request_id TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX IF NOT EXISTS _history_of ON _history(object, id, seq)")


def record(
    db: sqlite3.Connection,
    table: Table,
    id: Stored,
    changes: Iterable[tuple[str, Stored, Stored]],
    by: By,
) -> None:
    """Appends one row per (field, old, new), inside the caller's transaction."""
    rows = []
    for field, old, new in changes:
        plain = table.column(field).plain
        rows.append(
            (
                by.at,
                table.name,
                id,
                field,
                json.dumps(plain(old)),
                json.dumps(plain(new)),
                by.actor,
                by.request_id,
            )
        )
    db.executemany(
        "INSERT INTO _history(at, object, id, field, old, new, actor, request_id) VALUES (?,?,?,?,?,?,?,?)",
        rows,
    )


def read(db: sqlite3.Connection, object: str | None, id: Stored) -> list[dict[str, Any]]:
    """The rows in order of writing, of one object and id where given."""
    wanted = [(column, value) for column, value in (("object", object), ("id", id)) if value is not None]
    where = " AND ".join(f"{column} = ?" for column, _ in wanted) or "1"
    sql = f"SELECT {', '.join(_NAMES)} FROM _history WHERE {where} ORDER BY seq"
    found = []
    for values in db.execute(sql, [value for _, value in wanted]):
        row = dict(zip(_NAMES, values, strict=True))
        row["old"], row["new"] = json.loads(row["old"]), json.loads(row["new"])
        found.append(row)
    return found
