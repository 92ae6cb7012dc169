"""The association types that HubSpot defines between the objects this portal has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.hubspot.shape.kinds import (
    CALLS,
    COMPANIES,
    CONTACTS,
    DEALS,
    EMAILS,
    MEETINGS,
    NOTES,
    TASKS,
    Kind,
)


@dataclass(frozen=True, slots=True)
class LinkType:
    """The type ids from one object to another; `primary` is the labelled one, where there is one."""

    plain: int
    primary: int | None = None
    category: str = "HUBSPOT_DEFINED"

    def shown(self, *, is_primary: bool) -> list[dict[str, Any]]:
        """The types of one link as v4 writes them: a primary link has both."""
        types: list[dict[str, Any]] = [{"category": self.category, "typeId": self.plain, "label": None}]
        if is_primary and self.primary is not None:
            types.insert(0, {"category": self.category, "typeId": self.primary, "label": "Primary"})
        return types

    def names(self, source: Kind, target: Kind, *, is_primary: bool) -> list[str]:
        """The types of one link as `associations=` of a list writes them."""
        name = f"{source.singular}_to_{target.singular}"
        if self.primary is None:
            return [name]
        return [name, f"{name}_unlabeled"] if is_primary else [f"{name}_unlabeled"]


def _both_ways(
    table: Mapping[tuple[Kind, Kind], tuple[LinkType, LinkType]],
) -> dict[tuple[str, str], LinkType]:
    found = {}
    for (one, other), (there, back) in table.items():
        found[one.plural, other.plural] = there
        found[other.plural, one.plural] = back
    return found


LINK_TYPES: Mapping[tuple[str, str], LinkType] = _both_ways(
    {
        (CONTACTS, COMPANIES): (LinkType(279, 1), LinkType(280, 2)),
        (DEALS, COMPANIES): (LinkType(341, 5), LinkType(342, 6)),
        (DEALS, CONTACTS): (LinkType(3), LinkType(4)),
        (CALLS, COMPANIES): (LinkType(182), LinkType(181)),
        (EMAILS, COMPANIES): (LinkType(186), LinkType(185)),
        (MEETINGS, COMPANIES): (LinkType(188), LinkType(187)),
        (NOTES, COMPANIES): (LinkType(190), LinkType(189)),
        (TASKS, COMPANIES): (LinkType(192), LinkType(191)),
        (CALLS, CONTACTS): (LinkType(194), LinkType(193)),
        (EMAILS, CONTACTS): (LinkType(198), LinkType(197)),
        (MEETINGS, CONTACTS): (LinkType(200), LinkType(199)),
        (NOTES, CONTACTS): (LinkType(202), LinkType(201)),
        (TASKS, CONTACTS): (LinkType(204), LinkType(203)),
        (CALLS, DEALS): (LinkType(206), LinkType(205)),
        (EMAILS, DEALS): (LinkType(210), LinkType(209)),
        (MEETINGS, DEALS): (LinkType(212), LinkType(211)),
        (NOTES, DEALS): (LinkType(214), LinkType(213)),
        (TASKS, DEALS): (LinkType(216), LinkType(215)),
    }
)
"""By the objects the link leads from and to."""
