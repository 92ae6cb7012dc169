"""Which scopes the config needs, each with what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.preparing.table_scopes import reading
from connectors.mapping import FieldMap
from connectors.records import RecordKind

_FOLLOWS = {
    "contacts": "crm.objects.contacts.write",
    "open_deals": "crm.objects.deals.write",
    "open_tasks": "crm.objects.contacts.write",
}
"""Tasks go by the scopes of contacts (doc)."""


@dataclass(frozen=True, slots=True)
class Need:
    """One scope; `any_of` are those of which one is enough."""

    any_of: tuple[str, ...]
    purpose: str
    is_essential: bool = True
    """Whether a night cannot do without it."""

    def is_met(self, granted: frozenset[str]) -> bool:
        """Whether the token may do it."""
        return not granted.isdisjoint(self.any_of)

    def __str__(self) -> str:
        return " or ".join(self.any_of)


def needs(settings: HubSpotSettings, mapping: FieldMap, *, writing: bool) -> Iterator[Need]:
    """What reading needs, then what writing does, then what only setting up does."""
    yield Need(("crm.objects.companies.read",), "reading accounts")
    yield Need(("crm.schemas.companies.read", "crm.objects.companies.read"), "the properties of accounts")
    yield Need(("crm.objects.owners.read",), "reading reps")
    if mapping.of(RecordKind.OPPORTUNITIES):
        yield Need(("crm.objects.deals.read",), "reading opportunities")
        yield Need(
            ("crm.schemas.deals.read", "crm.objects.deals.read"), "the properties and stages of opportunities"
        )
    if mapping.of(RecordKind.ACTIVITIES):
        yield Need(("crm.objects.contacts.read",), "reading calls, meetings, notes and tasks")
    for table in mapping.tables:
        if scopes := reading(table.source):
            yield Need(scopes, f"table {table.name}")
    yield Need(("automation",), "telling which workflows a plan sets off", is_essential=False)
    if writing:
        yield Need(("crm.objects.companies.write",), "changing owners and writing properties")
        for name in settings.owner_change.following:
            yield Need((_FOLLOWS[name],), f"owner_change.{name}: follow")
