"""Search, over an index that runs behind: fresh writes are seen late, archived records are still counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.hubspot.objects.reading import disturbed
from connectors.sandbox.hubspot.objects.render import View
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.search.conditions import where
from connectors.sandbox.hubspot.search.lag import stale_table
from connectors.sandbox.hubspot.search.query import Query, read_query
from connectors.sandbox.hubspot.shape.kinds import (
    ARCHIVED_AT,
    COMPANIES,
    CONTACTS,
    DEALS,
    ID,
    Kind,
)
from connectors.sandbox.state import State, quoted
from connectors.sandbox.tables import Stored

_SEARCHED = {
    COMPANIES.plural: ("name", "domain", "website", "phone"),
    CONTACTS.plural: ("email", "firstname", "lastname", "phone", "company"),
    DEALS.plural: ("dealname", "description"),
}
_FEW = 20_000
"""Up to so many matches are cheaper to sort than the table is to walk in order of its key."""


def search(call: Call) -> tuple[int, dict[str, Any]]:
    """The records that match, as the index knows them."""
    kind, catalogue = call.kind(), call.portal.catalogue
    page = call.portal.core.settings["search_page"]
    query = read_query(call.body, call.size, lambda name: catalogue.find(kind, name), page)
    has_stale = call.portal.records.lag.settle(kind, call.portal.core.clock.now())
    index = _Index(call.portal.core.state, kind, query, has_stale)
    total = call.portal.totals.of(kind, query, call.portal.records.lag.version, index)
    view = View(kind, catalogue, query.properties)
    records = view.rows(index.rows(view, index.ids(total)))
    body: dict[str, Any] = {"total": total, "results": disturbed(call, records)}
    reached = query.after + query.limit
    if reached < total:
        body["paging"] = {"next": {"after": str(reached)}}
    return 200, body


@dataclass(frozen=True, slots=True)
class _Index:
    """One object as search sees it: its table, but for the records whose old rows stand in the side table."""

    state: State
    kind: Kind
    query: Query
    has_stale: bool

    def total(self, query: Query) -> int:
        """How many match; what was archived a moment ago is still counted."""
        main = self._count(query, self.kind.plural) - self._count(
            query, self._archived, f"{ARCHIVED_AT} > 0", by_key=True
        )
        return main + (self._correction(query, "1") if self.has_stale else 0)

    def up_to(self, query: Query, id: int) -> int:
        """How many of the matches have this id or a lower one."""
        span = f"{ID} <= {id}"
        found = self._count(query, self.kind.plural, f"{ARCHIVED_AT} IS NULL AND {span}", by_key=True)
        return found + (self._correction(query, span) if self.has_stale else 0)

    def _correction(self, query: Query, span: str) -> int:
        """What search sees more (or less) than there is, for the records that were written a moment ago."""
        fresh = f"{ARCHIVED_AT} IS NULL AND {span} AND {ID} IN (SELECT {ID} FROM {self._stale})"
        seen = self._count(query, self._stale, f"{self._seen} AND {span}", by_key=True)
        return seen - self._count(query, self.kind.plural, fresh, by_key=True)

    def ids(self, total: int) -> list[int]:
        """The ids of the page in its order."""
        first, last = self.query.after, self.query.after + self.query.limit
        if not self.has_stale:
            return [
                id for _, id in self._ordered(self.kind.plural, f"{ARCHIVED_AT} IS NULL", total, first, last)
            ]
        lives = f"{ARCHIVED_AT} IS NULL AND {ID} NOT IN (SELECT {ID} FROM {self._stale})"
        found = self._ordered(self.kind.plural, lives, total, 0, last)
        found += self._ordered(self._stale, self._seen, 0, 0, last)
        # Stable passes, so that the order is that of the SQL below: null last, then the value, then the id.
        found.sort(key=lambda pair: pair[1])
        found.sort(key=_rank, reverse=self.query.descending)
        found.sort(key=lambda pair: pair[0] is None)
        return [id for _, id in found[first:last]]

    def rows(self, view: View, ids: Sequence[int]) -> list[tuple[Stored, ...]]:
        """The rows of these ids in their order, old ones where search still sees those; the archived are left out."""
        marks, place = ",".join("?" * len(ids)), {id: place for place, id in enumerate(ids)}
        sql = f"SELECT {ID}, {view.columns} FROM %s WHERE {ID} IN ({marks})"
        found = {row[0]: row for row in self.state.rows(sql % self.kind.plural, ids)}
        gone = {id for id, row in found.items() if row[-1] is not None}
        if self.has_stale:
            found |= {row[0]: row for row in self.state.rows(f"{sql % self._stale} AND _there", ids)}
        kept = [row for id, row in found.items() if id not in gone]
        return [row[1:] for row in sorted(kept, key=lambda row: place[int(row[0] or 0)])]

    @property
    def _stale(self) -> str:
        return quoted(stale_table(self.kind))

    @property
    def _seen(self) -> str:
        return f"_there AND {ARCHIVED_AT} IS NULL"

    @property
    def _searched(self) -> tuple[str, ...]:
        return _SEARCHED.get(self.kind.plural, (self.kind.display,))

    @property
    def _archived(self) -> str:
        """The table by way of the few that are archived; SQLite would not think of it."""
        return f"{self.kind.plural} INDEXED BY {quoted(f'{self.kind.plural}.{ARCHIVED_AT}')}"

    def _count(self, query: Query, table: str, also: str = "1", *, by_key: bool = False) -> int:
        sql, values = where(query, self._searched, by_key=by_key)
        return int(self.state.rows(f"SELECT count(*) FROM {table} WHERE {sql} AND {also}", values)[0][0] or 0)

    def _ordered(self, table: str, also: str, total: int, first: int, last: int) -> list[tuple[Stored, int]]:
        """(value sorted by, id) of the matches from `first` to `last`, without a sort the oldest first."""
        sort = self.query.sort.name if self.query.sort else self.kind.created
        sql, values = where(self.query, self._searched, by_key=sort == ID and total > _FEW)
        column, order = quoted(sort), "DESC" if self.query.descending else "ASC"
        nulls = "" if sort in self.kind.system else f"{column} IS NULL, "
        rows = self.state.rows(
            f"SELECT {column}, {ID} FROM {table} WHERE {sql} AND {also}"
            f" ORDER BY {nulls}{column} {order}, {ID} LIMIT ? OFFSET ?",
            (*values, last - first, first),
        )
        return [(value, int(id or 0)) for value, id in rows]


def _rank(pair: tuple[Stored, int]) -> tuple[float, str]:
    """Orders values of one type."""
    value = pair[0]
    return (0.0, value) if isinstance(value, str) else (float(value or 0), "")
