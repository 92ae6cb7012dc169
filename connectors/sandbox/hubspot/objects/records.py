"""Writing and archiving records: every write is stamped, kept in the history, and hidden from search for a while."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.core import Core
from connectors.sandbox.hubspot.objects import primary
from connectors.sandbox.hubspot.objects.cascade import OWNER, SETTINGS, Cascade
from connectors.sandbox.hubspot.objects.links import Links
from connectors.sandbox.hubspot.search.lag import Lag
from connectors.sandbox.hubspot.shape.catalogue import MERGED_INTO, Catalogue
from connectors.sandbox.hubspot.shape.derived import derived
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT, COMPANIES, ID, Kind
from connectors.sandbox.ledger import By
from connectors.sandbox.state import Row
from connectors.sandbox.tables import Stored

FIRST_ID = 9_999_500_000
"""Ids begin shortly before they grow a digit, so that nobody gets away with comparing them as text."""
_STEP = 7


def _domains(kept: Row, gone: Row) -> dict[str, Stored]:
    """The domains of a company that is merged away become further ones of the company that stays (doc)."""
    told = (kept["hs_additional_domains"], gone["domain"], gone["hs_additional_domains"])
    found = dict.fromkeys(part for text in told for part in str(text or "").split(";") if part)
    return {"hs_additional_domains": ";".join(name for name in found if name != kept["domain"])}


class Records:
    """The records of every object."""

    def __init__(self, core: Core, catalogue: Catalogue, links: Links) -> None:
        self._core, self._catalogue, self.links = core, catalogue, links
        self.lag = Lag(core.state)
        core.settings.declare(SETTINGS)
        self.cascade = Cascade(core.settings, links, self.live, self.update)

    def live(self, kind: Kind, id: int) -> Row | None:
        """The record, or the one it was merged into; None where there is none or it is archived."""
        row = self._core.state.read(kind.plural, id)
        if row is not None and row[MERGED_INTO] is not None:
            return self.live(kind, int(row[MERGED_INTO] or 0))
        return None if row is None or row[ARCHIVED_AT] is not None else row

    def create(self, kind: Kind, values: Mapping[str, Stored], by: By) -> int:
        """A new record with an id of its own; returns the id."""
        highest = self._core.state.rows(f"SELECT max({ID}) FROM {kind.plural}")[0][0]
        id = int(highest or FIRST_ID) + _STEP
        stamps: Row = {
            ID: id,
            kind.created: by.at,
            kind.modified: by.at,
            "hs_object_source_label": "INTEGRATION",
        }
        self._hide(kind, id)
        self._core.state.insert(kind.plural, {**stamps, **values, **derived(kind, {}, values, by.at, id)}, by)
        return id

    def update(self, kind: Kind, row: Row, values: Mapping[str, Stored], by: By) -> None:
        """Sets these values; the record is stamped even when they are what it held."""
        id = int(row[ID] or 0)
        self._hide(kind, id)
        extra = derived(kind, row, values, by.at, id)
        self._core.state.update(kind.plural, id, {**values, **extra}, by, stamps={kind.modified: by.at})
        if OWNER in values:
            self.cascade.after(kind, row, values[OWNER], by)

    def archive(self, kind: Kind, id: int, by: By) -> None:
        """Puts a record away; its modified stamp stays, its links go. A record that is not there is no error."""
        if self.live(kind, id) is None:
            return
        self._hide(kind, id)
        self._core.state.update(kind.plural, id, {ARCHIVED_AT: by.at}, by)
        self._cut(kind, id)

    def merge(self, kind: Kind, kept: Row, gone: Row, by: By) -> None:
        """The second record lives on in the first: its id reads as the first, which names it."""
        names = [
            str(name)
            for name in (kept["hs_merged_object_ids"], gone[ID], gone["hs_merged_object_ids"])
            if name
        ]
        domains = _domains(kept, gone) if kind is COMPANIES else {}
        self.update(kind, kept, {"hs_merged_object_ids": ";".join(names), **domains}, by)
        gone_id = int(gone[ID] or 0)
        self._hide(kind, gone_id)
        self._core.state.update(kind.plural, gone_id, {ARCHIVED_AT: by.at, MERGED_INTO: kept[ID]}, by)
        self._cut(kind, gone_id)

    def _cut(self, kind: Kind, id: int) -> None:
        if kind == COMPANIES:
            primary.forget(self._core.state, self.links, id)
        self.links.cut(kind, id)

    def may_own(self, owner: str) -> bool:
        """Whether that is the id of an owner who is still there."""
        if not owner.isdecimal() or len(owner) > 18:
            return False
        return bool(
            self._core.state.rows("SELECT 1 FROM owners WHERE id = ? AND archived = 0", (int(owner),))
        )

    def _hide(self, kind: Kind, id: int) -> None:
        now = self._core.clock.now()
        self.lag.keep(kind, [id], now, now + round(self._core.settings["search_lag"] * 1000))
