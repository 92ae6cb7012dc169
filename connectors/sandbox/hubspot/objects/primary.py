"""The primary company of a contact also stands in a property of the contact, which nobody can write."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.sandbox.hubspot.objects.links import Links
from connectors.sandbox.hubspot.shape.kinds import COMPANIES, CONTACTS
from connectors.sandbox.state import State

PROPERTY = "associatedcompanyid"


def name(state: State, contact: int, company: int | None) -> None:
    """Sets or clears it; as a calculated property it keeps no history and stamps nothing (?)."""
    state.run(f"UPDATE contacts SET {PROPERTY} = ? WHERE hs_object_id = ?", (company, contact))


def forget(state: State, links: Links, company: int) -> None:
    """Clears it for every contact of a company that goes; call it before its links are cut."""
    for contact in list(_contacts(links, company)):
        name(state, contact, None)


def _contacts(links: Links, company: int) -> Iterable[int]:
    after: int | None = 0
    while after is not None:
        found, after = links.of(COMPANIES, [company], CONTACTS, after).get(company, ([], None))
        yield from (link.to for link in found if link.is_primary)
