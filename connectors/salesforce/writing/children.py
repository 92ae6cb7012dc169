"""Children that go with their account to its new owner, by updates of their own: only those the old owner has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import ConnectorError
from connectors.records import RecordId
from connectors.salesforce.fields import Fields
from connectors.salesforce.ids import full_id
from connectors.salesforce.writing.records import Beside, final

ATTEMPTS = 3
"""Times that children found with the old owner are sent."""
Pairs = Mapping[RecordId, tuple[str, str]]
"""Account → its old and its new owner."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One object whose records hang on accounts."""

    sobject: str
    link: str
    open: str
    noun: str


KINDS: Mapping[str, tuple[Kind, ...]] = {
    "open_opportunities": (Kind("Opportunity", "AccountId", "IsClosed = false", "open opportunities"),),
    "open_activities": (
        Kind("Task", "WhatId", "IsClosed = false", "open tasks"),
        Kind("Event", "WhatId", "EndDateTime >= TODAY", "events to come"),
    ),
    "cases": (Kind("Case", "AccountId", "IsClosed = false", "open cases"),),
    "contacts": (Kind("Contact", "AccountId", "", "contacts"),),
}
"""What may be transferred, under its name in the config."""


@dataclass(frozen=True, slots=True)
class Children:
    """Moves children of these kinds."""

    beside: Beside
    fields: Fields
    wanted: Sequence[str]

    def move(self, pairs: Pairs) -> dict[str, str]:
        """What stayed with an old owner although it was to move, in words, by account.

        Raises where it cannot be read now whose they are, and a later try may.
        """
        told: dict[str, str] = {}
        for kind in (kind for name in self.wanted for kind in KINDS[name]):
            for account, words in self._tried(kind, pairs):
                told[account] = "; ".join(filter(None, (told.get(account), words)))
        return told

    def _tried(self, kind: Kind, pairs: Pairs) -> list[tuple[str, str]]:
        try:
            return list(self._move(kind, pairs))
        except ConnectorError as error:
            words = f"{kind.noun} of the old owner were not moved ({final(error)})"
            return [(account, words) for account in pairs]

    def _move(self, kind: Kind, pairs: Pairs) -> Iterator[tuple[str, str]]:
        said: set[str] = set()
        left = self._with_old_owner(kind, pairs)
        for _ in range(ATTEMPTS):
            if not left:
                return
            said = self.beside.send("child", "PATCH", [_record(kind, child, pairs) for child in left])
            left = self._with_old_owner(kind, pairs)
        why = f" ({'; '.join(sorted(said))})" if said else ""
        for account, count in Counter(child[kind.link] for child in left).items():
            yield account, f"{count} {kind.noun} stayed with the old owner{why}"

    def _with_old_owner(self, kind: Kind, pairs: Pairs) -> list[dict[str, Any]]:
        if not self.fields.has_object(kind.sobject):
            return []
        found = self.beside.of(kind.sobject, kind.link, list(pairs), ["OwnerId"], kind.open)
        return [child for child in found if full_id(str(child["OwnerId"])) == pairs[child[kind.link]][0]]


def _record(kind: Kind, child: Mapping[str, Any], pairs: Pairs) -> dict[str, Any]:
    new = pairs[child[kind.link]][1]
    return {"attributes": {"type": kind.sobject}, "id": child["Id"], "OwnerId": new}
