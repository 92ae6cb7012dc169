"""What a local CRM holds: SQLite in memory or in a file that survives a restart.

Every object is a real table with typed columns. Rows are written by `insert`, `update` and `remove`, each of
which records the change history in the same transaction; `load` is the fast way in for sample data and
records none. Everything runs on the server's event loop, so a request that does not await is atomic; what
must stand or fall together goes into `transaction()`, which nests.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox import ledger
from connectors.sandbox.ledger import By
from connectors.sandbox.tables import Column, Stored, Table

_BATCH = 20_000
Row = dict[str, Stored]


class NoSuchRecord(LookupError):
    """The object holds no row of that id."""


def quoted(name: str) -> str:
    """An identifier as SQLite reads it."""
    return '"' + name.replace('"', '""') + '"'


class State:
    """The store; made by one thread and then used by the server's thread alone."""

    def __init__(self, path: str | Path = ":memory:") -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS _meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        ledger.create(self._db)
        self._depth = 0
        self._tables: dict[str, Table] = {}
        self._selects: dict[str, tuple[str, tuple[str, ...], str]] = {}
        """By object: its key, its columns, and the SELECT of them all up to the key's condition."""

    def close(self) -> None:
        """Closes the store; a file keeps everything."""
        self._db.close()

    # -- schema

    @property
    def tables(self) -> Mapping[str, Table]:
        """Every declared object."""
        return self._tables

    def table(self, object: str) -> Table:
        """The declaration of one object; KeyError where there is none."""
        return self._tables[object]

    def declare(self, table: Table) -> None:
        """Makes the table, or adds the columns that an older file lacks; extra columns of the file stay.

        Indexes are made by `index`, so that a bulk load is not slowed by them.
        """
        key = table.column(table.key)
        body = ", ".join(f"{c.sql} PRIMARY KEY NOT NULL" if c is key else c.sql for c in table.columns)
        self._db.execute(f"CREATE TABLE IF NOT EXISTS {quoted(table.name)}({body}) WITHOUT ROWID")
        there = {name for _, name, *_ in self._db.execute(f"PRAGMA table_info({quoted(table.name)})")}
        for column in table.columns:
            if column.name not in there:
                self._db.execute(f"ALTER TABLE {quoted(table.name)} ADD COLUMN {column.sql}")
        self._tables[table.name] = table
        columns = ", ".join(map(quoted, table.names))
        select = f"SELECT {columns} FROM {quoted(table.name)} WHERE {quoted(table.key)}"
        self._selects[table.name] = (table.key, table.names, select)

    def add_column(self, object: str, column: Column) -> None:
        """Adds a custom field; ValueError where the object has one of that name."""
        table = self.table(object)
        if column.name in table.names:
            raise ValueError(f"{object} already has a column {column.name}")
        self.declare(table.with_column(column))

    def index(self, object: str | None = None) -> None:
        """Makes the index of every indexed column that has none yet, followed by the key for keyset paging.

        Of one object alone where it is named.
        """
        for table in self._tables.values() if object is None else (self._tables[object],):
            for column in table.columns:
                if column.indexed:
                    self._db.execute(
                        f"CREATE INDEX IF NOT EXISTS {quoted(f'{table.name}.{column.name}')}"
                        f" ON {quoted(table.name)}({quoted(column.name)}, {quoted(table.key)})"
                    )
        self._db.execute("ANALYZE" if object is None else f"ANALYZE {quoted(object)}")

    # -- reading

    def rows(self, sql: str, parameters: Sequence[Stored] = ()) -> list[tuple[Stored, ...]]:
        """The rows of one SQL statement."""
        return self._db.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[Stored] = ()) -> Iterator[tuple[Stored, ...]]:
        """The rows of one SQL statement, one at a time."""
        yield from self._db.execute(sql, parameters)

    def read(self, object: str, id: Stored) -> Row | None:
        """One record with every column, None where there is no such id."""
        return self.read_many(object, [id]).get(id)

    def read_many(self, object: str, ids: Sequence[Stored]) -> dict[Stored, Row]:
        """The records of these ids that exist, by id."""
        key, names, select = self._selects[object]
        found: dict[Stored, Row] = {}
        for start in range(0, len(ids), 500):
            chunk = ids[start : start + 500]
            marks = ",".join("?" * len(chunk))
            for values in self._db.execute(f"{select} IN ({marks})", chunk):
                row = dict(zip(names, values, strict=True))
                found[row[key]] = row
        return found

    def count(self, object: str) -> int:
        """How many rows the object holds, deleted ones included."""
        return int(self._db.execute(f"SELECT count(*) FROM {quoted(object)}").fetchone()[0])

    def history(self, object: str | None = None, id: Stored = None) -> list[dict[str, Any]]:
        """Accepted writes in order: {seq, at, object, id, field, old, new, actor, request_id}; `at` in ms."""
        return ledger.read(self._db, object, id)

    def plain(self, object: str, row: Mapping[str, Stored]) -> dict[str, Any]:
        """A row as JSON shows it."""
        table = self.table(object)
        return {name: table.column(name).plain(value) for name, value in row.items()}

    # -- writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nests, an inner one that fails undoes only itself."""
        name = f"t{self._depth}"
        self._db.execute(f"SAVEPOINT {name}" if self._depth else "BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            self._db.execute(f"ROLLBACK TO {name}" if self._depth else "ROLLBACK")
            if self._depth:
                self._db.execute(f"RELEASE {name}")
            raise
        self._depth -= 1
        self._db.execute(f"RELEASE {name}" if self._depth else "COMMIT")

    def insert(self, object: str, values: Mapping[str, Stored], by: By) -> None:
        """Adds a record; `values` holds the key. Every value that is not null becomes history."""
        table = self.table(object)
        names = ", ".join(map(quoted, values))
        marks = ", ".join("?" * len(values))
        with self.transaction():
            self._db.execute(
                f"INSERT INTO {quoted(object)}({names}) VALUES ({marks})", tuple(values.values())
            )
            changes = [(name, None, value) for name, value in values.items() if value is not None]
            ledger.record(self._db, table, values[table.key], changes, by)

    def update(
        self,
        object: str,
        id: Stored,
        values: Mapping[str, Stored],
        by: By,
        *,
        stamps: Mapping[str, Stored] | None = None,
    ) -> None:
        """Sets these columns; each becomes a history row, equal or not. `stamps` are set without history."""
        table = self.table(object)
        before = self._held(table, id, tuple(values))
        assignments = {**values, **(stamps or {})}
        sets = ", ".join(f"{quoted(name)} = ?" for name in assignments)
        with self.transaction():
            if assignments:
                self._db.execute(
                    f"UPDATE {quoted(object)} SET {sets} WHERE {quoted(table.key)} = ?",
                    (*assignments.values(), id),
                )
            changes = [(name, before[name], value) for name, value in values.items()]
            ledger.record(self._db, table, id, changes, by)

    def _held(self, table: Table, id: Stored, names: Sequence[str]) -> Row:
        """These columns of a record as they are; NoSuchRecord where there is none."""
        columns = ", ".join(map(quoted, (table.key, *names)))
        sql = f"SELECT {columns} FROM {quoted(table.name)} WHERE {quoted(table.key)} = ?"
        found = self._db.execute(sql, (id,)).fetchone()
        if found is None:
            raise NoSuchRecord(f"{table.name} holds no record {id!r}")
        return dict(zip(names, found[1:], strict=True))

    def remove(self, object: str, id: Stored, by: By) -> None:
        """Takes the row out of the table for good; history keeps its key as the old value."""
        table = self.table(object)
        with self.transaction():
            gone = self._db.execute(
                f"DELETE FROM {quoted(object)} WHERE {quoted(table.key)} = ?", (id,)
            ).rowcount
            if not gone:
                raise NoSuchRecord(f"{object} holds no record {id!r}")
            ledger.record(self._db, table, id, [(table.key, id, None)], by)

    def load(self, object: str, columns: Sequence[str], rows: Iterable[Sequence[Stored]]) -> int:
        """Adds many rows fast and without history; returns how many."""
        names = ", ".join(map(quoted, columns))
        sql = f"INSERT INTO {quoted(object)}({names}) VALUES ({', '.join('?' * len(columns))})"
        count, source = 0, iter(rows)
        with self.transaction():
            while batch := list(itertools.islice(source, _BATCH)):
                self._db.executemany(sql, batch)
                count += len(batch)
        return count

    # -- what is no record

    def run(self, sql: str, parameters: Sequence[Stored | bytes] = ()) -> int:
        """Carries out a statement on tables of the vendor's own, without history; how many rows it touched."""
        return self._db.execute(sql, parameters).rowcount

    def function(self, name: str, arguments: int, function: Callable[..., Stored]) -> None:
        """Makes a function of Python's known to SQL; the same arguments must give the same value."""
        self._db.create_function(name, arguments, function, deterministic=True)

    def remember(self, key: str, value: Any) -> None:
        """Keeps a JSON value under a name, across restarts of a file store."""
        self._db.execute("INSERT OR REPLACE INTO _meta VALUES (?, ?)", (key, json.dumps(value)))

    def recall(self, key: str, default: Any = None) -> Any:
        """The value kept under that name."""
        row = self._db.execute("SELECT value FROM _meta WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else default
