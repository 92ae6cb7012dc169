"""Custom objects: what a portal's admin defined beside the objects that HubSpot has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.hubspot.shape.kinds import ID, Kind
from connectors.sandbox.hubspot.shape.link_types import LinkType

CREATED, MODIFIED = "hs_createdate", "hs_lastmodifieddate"
SCOPE = "custom"


@dataclass(frozen=True, slots=True)
class Tie:
    """What a custom object may be associated with; `there` and `back` are the ids of the two types."""

    target: str
    """The other object's table."""
    target_id: str
    name: str
    there: int
    back: int

    def types(self) -> tuple[LinkType, LinkType]:
        """The type from the custom object, and the one back."""
        return LinkType(self.there, category="USER_DEFINED"), LinkType(self.back, category="USER_DEFINED")


@dataclass(frozen=True, slots=True)
class Schema:
    """One custom object: its names, what its records need, and what they may be associated with."""

    number: int
    name: str
    full_name: str
    """`p48215973_territory`: the name by which no other portal has it; also its table."""
    singular: str
    plural: str
    display: str
    made: str
    changed: str
    description: str = ""
    required: tuple[str, ...] = ()
    searchable: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()
    archived: bool = False

    @property
    def type_id(self) -> str:
        """The id that paths and associations name it by."""
        return f"2-{self.number}"

    @property
    def kind(self) -> Kind:
        """The object as every endpoint knows it."""
        system = (CREATED, MODIFIED, ID)
        return Kind(
            self.full_name, self.full_name, self.type_id, CREATED, MODIFIED, system, SCOPE, self.display
        )

    @property
    def names(self) -> frozenset[str]:
        """What paths call it, in lower case: its id, its full name, its name, and `p_` with its name."""
        return frozenset(name.lower() for name in (self.type_id, self.full_name, self.name, f"p_{self.name}"))

    def stored(self) -> dict[str, Any]:
        """As it outlives a restart."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "ties"}
        ties = [(tie.target, tie.target_id, tie.name, tie.there, tie.back) for tie in self.ties]
        return {**plain, "ties": ties}


def restored(stored: Mapping[str, Any]) -> Schema:
    """A schema that was stored."""
    lists = {name: tuple(stored[name]) for name in ("required", "searchable", "secondary")}
    return Schema(**{**stored, **lists, "ties": tuple(Tie(*tie) for tie in stored["ties"])})
