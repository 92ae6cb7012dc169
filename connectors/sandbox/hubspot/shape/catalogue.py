"""Which properties the portal has: HubSpot's own and the custom ones, which outlive a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from connectors.sandbox.hubspot.shape.builtin import BUILTIN, group_of
from connectors.sandbox.hubspot.shape.definitions import Option, Property
from connectors.sandbox.hubspot.shape.installed import INSTALLED
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT, ID, KINDS, Kind
from connectors.sandbox.state import State
from connectors.sandbox.tables import Column, Table

_PROPERTIES = "hubspot custom properties"
_GROUPS = "hubspot property groups"
MERGED_INTO = "hs_sandbox_merged_into"
"""The record that a merged one lives on in; not a property."""


@dataclass(frozen=True, slots=True)
class Group:
    """A named group of properties of one object."""

    name: str
    label: str
    order: int = -1

    def shown(self) -> dict[str, object]:
        """The group as the API writes it."""
        return {"name": self.name, "label": self.label, "displayOrder": self.order, "archived": False}


class Catalogue:
    """The definitions by object; declares the tables, and adds a column for every property that is added."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._properties: dict[str, dict[str, Property]] = {k: dict(v) for k, v in BUILTIN.items()}
        self._groups: dict[str, dict[str, Group]] = {
            kind.plural: {group_of(kind): Group(group_of(kind), f"{kind.singular.capitalize()} information")}
            for kind in KINDS
        }
        for kind, fields in state.recall(_PROPERTIES, []):
            options = tuple(Option(**option) for option in fields.pop("options"))
            self._properties[kind][fields["name"]] = Property(**fields, options=options)
        for kind, fields in state.recall(_GROUPS, []):
            self._groups[kind][fields["name"]] = Group(**fields)
        for kind in KINDS:
            state.declare(self._table(kind))

    def of(self, kind: Kind) -> Mapping[str, Property]:
        """Every property of the object, by name."""
        return self._properties[kind.plural]

    def find(self, kind: Kind, name: str) -> Property | None:
        """The property of that name; names are read without regard to case, as HubSpot does."""
        return self._properties[kind.plural].get(name.lower())

    def groups(self, kind: Kind) -> Mapping[str, Group]:
        """Every group of the object, by name."""
        return self._groups[kind.plural]

    def add(self, kind: Kind, property: Property) -> None:
        """Adds a custom property, and its column."""
        self._state.add_column(kind.plural, property.column)
        self._properties[kind.plural][property.name] = property
        kept = [
            (name, asdict(found))
            for name, properties in self._properties.items()
            for found in properties.values()
            if not found.ours or found.name in INSTALLED
        ]
        self._state.remember(_PROPERTIES, kept)

    def add_group(self, kind: Kind, group: Group) -> None:
        """Adds a group."""
        self._groups[kind.plural][group.name] = group
        kept = [(name, asdict(found)) for name, groups in self._groups.items() for found in groups.values()]
        self._state.remember(_GROUPS, kept)

    def _table(self, kind: Kind) -> Table:
        own = tuple(property.column for property in self.of(kind).values())
        hidden = (Column(ARCHIVED_AT, "datetime", indexed=True), Column(MERGED_INTO, "integer", indexed=True))
        return Table(kind.plural, own + hidden, key=ID)
