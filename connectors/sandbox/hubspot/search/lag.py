"""The search index runs behind the records: for a while after a write, search still sees what was before.

For every object a side table keeps, per freshly written record, the row as search goes on seeing it, and until
when. A record that is new is kept there as not yet there.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot.shape.kinds import ID, KINDS, Kind
from connectors.sandbox.state import State, quoted


def stale_table(kind: Kind) -> str:
    """The side table of one object."""
    return f"_search_{kind.plural}"


class Lag:
    """Keeps the rows that search still sees; a lag of 0 keeps none."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._declared: dict[Kind, int] = {}
        self.version = 0
        """Grows whenever search may see something else than before."""
        for kind in KINDS:
            self._declare(kind)

    def keep(self, kind: Kind, ids: Sequence[int], now: Milliseconds, until: Milliseconds) -> None:
        """Call before a write: until then, search sees these records as they are now, or not at all."""
        self.version += 1
        if until <= now:
            return
        self._declare(kind)
        table, marks = quoted(stale_table(kind)), ",".join("?" * len(ids))
        names = self._names(kind)
        self._state.rows(
            f"INSERT OR IGNORE INTO {table}({names}, _until, _there) SELECT {names}, ?, 1 FROM {kind.plural}"
            f" WHERE {ID} IN ({marks})",
            (until, *ids),
        )
        for id in ids:
            self._state.rows(
                f"INSERT OR IGNORE INTO {table}({ID}, _until, _there) VALUES (?, ?, 0)", (id, until)
            )

    def settle(self, kind: Kind, now: Milliseconds) -> bool:
        """Lets search see what is due; whether any record is still seen as it was."""
        self._declare(kind)
        table = quoted(stale_table(kind))
        if not self._state.rows(f"SELECT 1 FROM {table} LIMIT 1"):
            return False
        if self._state.rows(f"DELETE FROM {table} WHERE _until <= ? RETURNING {ID}", (now,)):
            self.version += 1
        return bool(self._state.rows(f"SELECT 1 FROM {table} LIMIT 1"))

    def _names(self, kind: Kind) -> str:
        return ", ".join(map(quoted, self._state.table(kind.plural).names))

    def _declare(self, kind: Kind) -> None:
        """Makes the side table, and gives it the columns of properties that were added since."""
        table = quoted(stale_table(kind))
        columns = self._state.table(kind.plural).columns
        if self._declared.get(kind) == len(columns):
            return
        self._declared[kind] = len(columns)
        there = {str(row[1]) for row in self._state.rows(f"PRAGMA table_info({table})")}
        if not there:
            self._state.rows(
                f"CREATE TABLE {table}({ID} INTEGER PRIMARY KEY, _until INTEGER NOT NULL, _there INTEGER NOT NULL)"
            )
            there = {ID, "_until", "_there"}
        for column in columns:
            if column.name not in there:
                self._state.rows(f"ALTER TABLE {table} ADD COLUMN {column.sql}")
