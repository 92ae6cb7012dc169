"""The company of an activity that is on none itself: through its contacts, else through its deals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.links import COMPANIES, Links, read_links
from connectors.hubspot.wire.client import Client

BETWEEN = ("contacts", "deals")
"""The objects that lead from an activity to a company; the second is asked only where the first leads to none."""
_KNOWN = 200_000
"""Contacts, and deals, whose company is remembered, so that a busy one is asked for once."""

LinksTo = Callable[[str, Sequence[Record]], Links]
"""The links of some activities to an object type, by the activities' ids."""


class Through:
    """The primary companies of contacts and deals, for one pull; several threads may ask at once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, dict[str, str | None]] = {between: {} for between in BETWEEN}

    def companies(self, records: Sequence[Record], links_to: LinksTo) -> Links:
        """Of each activity its own companies; else the primary company of each of its contacts, else of its deals."""
        found = dict(links_to(COMPANIES, records))
        for between in BETWEEN:
            alone = [record for record in records if not found.get(record["id"])]
            links = links_to(between, alone) if alone else {}
            company_of = self._primary(between, {id for ids in links.values() for id in ids})
            found |= {id: _distinct(company_of[other] for other in ids) for id, ids in links.items()}
        return found

    def _primary(self, between: str, ids: Set[str]) -> Mapping[str, str | None]:
        """The company of each of these contacts or deals; None where one is on none."""
        known = self._known[between]
        found = {id: known[id] for id in ids if id in known}
        missing = sorted(ids - found.keys())
        links = read_links(self._client, between, missing) if missing else {}
        fresh = {id: next(iter(links.get(id, ())), None) for id in missing}
        if len(known) + len(fresh) > _KNOWN:
            self._known[between] = fresh  # never emptied in place: another thread may be reading it
        else:
            known.update(fresh)
        return found | fresh


def _distinct(companies: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(company for company in companies if company is not None))
