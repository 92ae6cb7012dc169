"""The portal's choice "assign company owner to contact by default" (doc 2025-10).

Of the primary company of a contact, the owner becomes the contact's when it changes; the contact's owner becomes
the company's where the company has none. Nothing happens to what was so before the choice was made. A contact that
somebody gave to another is not taken back by itself; whether the company's next change takes it is not said (?):
`cascade_spares` decides. That an owner who is taken away is not passed on is a guess, too (?).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.sandbox.hubspot.objects.links import Links
from connectors.sandbox.hubspot.shape.kinds import COMPANIES, CONTACTS, ID, Kind
from connectors.sandbox.ledger import By
from connectors.sandbox.settings import Setting, Settings
from connectors.sandbox.state import Row
from connectors.sandbox.tables import Stored

ACTOR = "owner sync"
OWNER = "hubspot_owner_id"
SETTINGS = (
    Setting("cascade_owner", False, "a company's new owner also becomes that of its primary contacts"),
    Setting(
        "cascade_spares",
        "nobody",
        "whose contacts a company's new owner does not take (?): nobody's, those of others than the owner before"
        " (others), or all that have an owner (owned)",
        choices=("nobody", "others", "owned"),
    ),
)
Live = Callable[[Kind, int], Row | None]
Write = Callable[[Kind, Row, dict[str, Stored], By], None]


@dataclass(frozen=True, slots=True)
class Cascade:
    """Passes owners on between companies and their contacts."""

    settings: Settings
    links: Links
    live: Live
    write: Write

    def after(self, kind: Kind, before: Row, owner: Stored, by: By) -> None:
        """What follows when a record gets this owner; `before` is the record as it was."""
        if not self.settings["cascade_owner"] or not owner or owner == before[OWNER]:
            return
        own = By(ACTOR, by.at, by.request_id)
        if kind == COMPANIES:
            for contact in self._contacts(int(before[ID] or 0)):
                if not self._is_spared(contact, before[OWNER]) and contact[OWNER] != owner:
                    self.write(CONTACTS, contact, {OWNER: owner}, own)
        elif kind == CONTACTS:
            company = self._company(int(before[ID] or 0))
            if company is not None and not company[OWNER]:
                self.write(COMPANIES, company, {OWNER: owner}, own)

    def joined(self, contact: int, company: int, by: By) -> None:
        """A contact got a primary company: whichever of the two has no owner gets that of the other."""
        if not self.settings["cascade_owner"]:
            return
        one, other = self.live(CONTACTS, contact), self.live(COMPANIES, company)
        if one is None or other is None or bool(one[OWNER]) == bool(other[OWNER]):
            return
        own = By(ACTOR, by.at, by.request_id)
        if other[OWNER]:
            self.write(CONTACTS, one, {OWNER: other[OWNER]}, own)
        else:
            self.write(COMPANIES, other, {OWNER: one[OWNER]}, own)

    def _is_spared(self, contact: Row, before: Stored) -> bool:
        spares = self.settings["cascade_spares"]
        if spares == "nobody" or not contact[OWNER]:
            return False
        return spares == "owned" or contact[OWNER] != before

    def _contacts(self, company: int) -> Iterator[Row]:
        """The living contacts whose primary company it is."""
        after: int | None = 0
        while after is not None:
            links, after = self.links.of(COMPANIES, [company], CONTACTS, after).get(company, ([], None))
            for link in links:
                contact = self.live(CONTACTS, link.to) if link.is_primary else None
                if contact is not None:
                    yield contact

    def _company(self, contact: int) -> Row | None:
        """A contact's primary company."""
        for link in self.links.of(CONTACTS, [contact], COMPANIES).get(contact, ([], None))[0]:
            if link.is_primary:
                return self.live(COMPANIES, link.to)
        return None
