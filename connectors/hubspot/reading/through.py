"""The company of an activity that is on none itself: through its contacts, else through its deals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.links import COMPANIES, Links, read_links
from connectors.hubspot.wire.client import Client

BETWEEN = ("contacts", "deals")
"""The objects that lead from an activity to a company; the second is asked only where the first leads to none."""
_KNOWN = 200_000
"""Contacts and deals whose company is remembered, so that a busy contact is asked for once."""

LinksTo = Callable[[str, Sequence[Record]], Links]
"""The links of some activities to an object type, by the activities' ids."""


class Through:
    """The primary companies of contacts and deals, for one pull."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], str | None] = {}

    def companies(self, records: Sequence[Record], links_to: LinksTo) -> Links:
        """Of each activity its own companies; else the primary company of each of its contacts, else of its deals."""
        found = dict(links_to(COMPANIES, records))
        for between in BETWEEN:
            alone = [record for record in records if not found.get(record["id"])]
            links = links_to(between, alone) if alone else {}
            self._learn(between, {id for ids in links.values() for id in ids})
            found |= {id: self._of(between, ids) for id, ids in links.items()}
        return found

    def _of(self, between: str, ids: Iterable[str]) -> list[str]:
        companies = (self._known[between, id] for id in ids)
        return list(dict.fromkeys(company for company in companies if company is not None))

    def _learn(self, between: str, ids: Iterable[str]) -> None:
        wanted = set(ids)
        new = sorted(id for id in wanted if (between, id) not in self._known)
        if len(self._known) + len(new) > _KNOWN:
            self._known.clear()
            new = sorted(wanted)
        links = read_links(self._client, between, new) if new else {}
        self._known |= {(between, id): next(iter(links.get(id, ())), None) for id in new}
