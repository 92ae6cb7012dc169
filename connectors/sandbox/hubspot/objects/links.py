"""Who is associated with whom. Every link is kept in both directions, so that either end finds it by key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.sandbox.hubspot.shape.kinds import KINDS, Kind
from connectors.sandbox.state import State

_COLUMNS = ("from_kind", "from_id", "to_kind", "to_id", "is_primary")
_NUMBERS = {kind.plural: number for number, kind in enumerate(KINDS)}
PAGE = 500
"""How many links of one record an answer holds at most."""


@dataclass(frozen=True, slots=True)
class Link:
    """One end of a link, seen from the other."""

    to: int
    is_primary: bool


class Links:
    """The associations of the portal."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._kinds = list(_NUMBERS.values())
        state.rows(
            "CREATE TABLE IF NOT EXISTS _links(from_kind INTEGER, from_id INTEGER, to_kind INTEGER, to_id INTEGER,"
            " is_primary INTEGER NOT NULL, PRIMARY KEY(from_kind, to_kind, from_id, to_id)) WITHOUT ROWID"
        )

    def know(self, kind: Kind) -> None:
        """A custom object has links, too."""
        self._kinds.append(_number(kind))

    def of(
        self, source: Kind, ids: Sequence[int], target: Kind, after: int = 0
    ) -> dict[int, tuple[list[Link], int | None]]:
        """By source id: the first links beyond `after` in order of the other's id, and the cursor of the rest."""
        found: dict[int, tuple[list[Link], int | None]] = {}
        for id in ids:
            rows = self._state.rows(
                "SELECT to_id, is_primary FROM _links WHERE from_kind = ? AND to_kind = ? AND from_id = ?"
                " AND to_id > ? ORDER BY to_id LIMIT ?",
                (_number(source), _number(target), id, after, PAGE + 1),
            )
            links = [Link(int(to or 0), bool(is_primary)) for to, is_primary in rows[:PAGE]]
            if links:
                found[id] = links, links[-1].to if len(rows) > PAGE else None
        return found

    def tie(self, source: Kind, one: int, target: Kind, other: int, *, is_primary: bool = False) -> None:
        """Links two records; a company that becomes primary takes that from the one that was."""
        here, there = _number(source), _number(target)
        with self._state.transaction():
            if is_primary:
                self._state.rows(
                    "UPDATE _links SET is_primary = 0 WHERE from_kind = ? AND to_kind = ? AND from_id = ?",
                    (here, there, one),
                )
                self._state.rows(
                    "UPDATE _links SET is_primary = 0 WHERE from_kind = ? AND to_kind = ? AND to_id = ?"
                    " AND from_id IN (SELECT to_id FROM _links WHERE from_kind = ? AND to_kind = ? AND from_id = ?)",
                    (there, here, one, here, there, one),
                )
            for row in ((here, one, there, other), (there, other, here, one)):
                self._state.rows(
                    "INSERT INTO _links(from_kind, from_id, to_kind, to_id, is_primary) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET is_primary = max(is_primary, excluded.is_primary)",
                    (*row, int(is_primary)),
                )

    def cut(self, kind: Kind, id: int) -> None:
        """Takes away every link of a record, as archiving it does."""
        number = _number(kind)
        for target in self._kinds:
            others = self._state.rows(
                "SELECT to_id FROM _links WHERE from_kind = ? AND to_kind = ? AND from_id = ?",
                (number, target, id),
            )
            for (other,) in others:
                for row in ((number, target, id, other), (target, number, other, id)):
                    self._state.rows(
                        "DELETE FROM _links WHERE from_kind = ? AND to_kind = ? AND from_id = ? AND to_id = ?",
                        row,
                    )

    def load(self, source: Kind, target: Kind, pairs: Iterable[tuple[int, int]], *, is_primary: bool) -> None:
        """Adds many links fast, in both directions; none of them may be there already."""
        here, there = _number(source), _number(target)
        held, mark = list(pairs), int(is_primary)
        with self._state.transaction():
            self._state.load("_links", _COLUMNS, ((here, a, there, b, mark) for a, b in held))
            held.sort(key=lambda pair: pair[::-1])
            self._state.load("_links", _COLUMNS, ((there, b, here, a, mark) for a, b in held))


def _number(kind: Kind) -> int:
    """How links call the object; a custom one by its own number, which is large."""
    found = _NUMBERS.get(kind.plural)
    return int(kind.type_id.partition("-")[2]) if found is None else found
