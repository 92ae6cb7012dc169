"""The plan made last, asked of the ledger's file alone: explaining one account must not load a database library."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def latest_plan(ledger: Path) -> str | None:
    """Its id; None where there is no ledger, no plan, or the file cannot be read (verbs that need it say why)."""
    if not ledger.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as con:
            found = con.execute("SELECT id FROM plans ORDER BY created_at DESC, id LIMIT 1").fetchone()
    except sqlite3.DatabaseError:
        return None
    return str(found[0]) if found else None
