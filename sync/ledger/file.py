"""The ledger's file: opened durably, migrated, and what it says when it cannot be used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sync.errors import StateDamaged, SyncError
from sync.ledger.schema import migrate

PASSING = frozenset(
    [
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    ]
)
"""Errors of the disk, of rights and of others at work, after which the file is as sound as before."""


class LedgerFile:
    """One SQLite file, its owner's alone; StateDamaged where it is not sound."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        self._path = path
        # As parts, since a folder's name may hold what means something in an address.
        self._engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
        sa.event.listen(self._engine, "connect", _durable)
        try:
            with self._engine.begin() as connection:
                _sound(connection, path)
                migrate(connection)
        except sa.exc.DatabaseError as error:
            raise _problem(path, error) from error

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction, durable at its end; SyncError where the disk or another program does not allow it."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DatabaseError as error:
            raise _problem(self._path, error) from error

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def _durable(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sound(connection: sa.Connection, path: Path) -> None:
    answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if answer != "ok":
        raise StateDamaged(_damaged(path, " ".join(str(answer).split())))


def _problem(path: Path, error: sa.exc.DatabaseError) -> SyncError:
    # The low byte is the kind of error, the rest its details.
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in PASSING:
        return SyncError(_unusable(path, str(error.orig)))
    return StateDamaged(_damaged(path, str(error.orig)))


def _damaged(path: Path, why: str) -> str:
    return (
        f"the ledger {path} cannot be read ({why}); nothing was sent. Restore it from a backup. Without one, move it "
        "away: a new one begins, which knows neither what was written before nor which accounts are held"
    )


def _unusable(path: Path, why: str) -> str:
    return (
        f"the ledger {path} cannot be written or read now ({why}); nothing more is sent. See that its disk has room and "
        "that nothing else holds it; the same command goes on from there"
    )
