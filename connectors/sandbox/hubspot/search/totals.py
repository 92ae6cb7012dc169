"""How many records a search matches, without counting a million of them anew for every page.

Who walks a large result asks page after page for "id above the last one seen". The total of the next page is that
of the one before less what lies between, which is one page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from connectors.sandbox.hubspot.search.query import Filter, Query
from connectors.sandbox.hubspot.shape.kinds import ID, Kind

_Key = tuple[str, int, tuple[Filter, ...], str]


class Counted(Protocol):
    """Something that can count the matches of a query."""

    def total(self, query: Query) -> int:
        """All of them."""

    def up_to(self, query: Query, id: int) -> int:
        """Those with this id or a lower one."""


@dataclass(slots=True)
class Totals:
    """Remembers the last total of a walk; a write makes it count anew."""

    _last: tuple[_Key, int, int] | None = field(default=None)

    def of(self, kind: Kind, query: Query, version: int, index: Counted) -> int:
        """The total of this query."""
        bound = _bound(query)
        if bound is None:
            return index.total(query)
        key = (kind.plural, version, tuple(f for f in query.groups[0] if f is not bound), query.text)
        here = int(bound.values[0] or 0)
        if self._last is not None and self._last[0] == key and self._last[1] <= here:
            _, before, total = self._last
            total -= index.up_to(_above(query, bound, before), here)
        else:
            total = index.total(query)
        self._last = key, here, total
        return total


def _bound(query: Query) -> Filter | None:
    """The filter "id above" of a query of one group, if it has exactly one on the id."""
    if len(query.groups) != 1:
        return None
    found = [f for f in query.groups[0] if f.property.name == ID]
    return found[0] if len(found) == 1 and found[0].operator == "GT" else None


def _above(query: Query, bound: Filter, id: int) -> Query:
    lower = replace(bound, values=(id,))
    return replace(query, groups=(tuple(lower if f is bound else f for f in query.groups[0]),))
