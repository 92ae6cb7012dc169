"""Which properties the portal has: HubSpot's own and the custom ones, which outlive a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from connectors.sandbox.hubspot.shape.builtin import BUILTIN, custom_group, group_of, of_custom
from connectors.sandbox.hubspot.shape.custom import Schema, restored
from connectors.sandbox.hubspot.shape.definitions import Option, Property
from connectors.sandbox.hubspot.shape.installed import INSTALLED
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT, ID, KINDS, Kind, find_kind
from connectors.sandbox.hubspot.shape.link_types import LINK_TYPES, LinkType
from connectors.sandbox.state import State
from connectors.sandbox.tables import Column, Table

_PROPERTIES = "hubspot custom properties"
_GROUPS = "hubspot property groups"
_SCHEMAS = "hubspot custom objects"
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
        self._schemas: dict[str, Schema] = {}
        self._kinds: dict[str, Kind] = {}
        self._ties: dict[tuple[str, str], LinkType] = {}
        for stored in state.recall(_SCHEMAS, []):
            self._know(restored(stored))
        for kind, fields in state.recall(_PROPERTIES, []):
            options = tuple(Option(**option) for option in fields.pop("options"))
            self._properties[kind][fields["name"]] = Property(**fields, options=options)
        for kind, fields in state.recall(_GROUPS, []):
            self._groups[kind][fields["name"]] = Group(**fields)
        for each in (*KINDS, *self._kinds.values()):
            state.declare(self._table(each))

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """The custom objects by full name, archived ones too."""
        return self._schemas

    def kind(self, name: str) -> Kind | None:
        """The object that a path or body means by its name or type id, custom ones too."""
        return find_kind(name) or self._kinds.get(name.lower())

    def link_types(self) -> Mapping[tuple[str, str], LinkType]:
        """By the objects that a link leads from and to: the types that there are."""
        return {**LINK_TYPES, **self._ties}

    def link_type(self, source: Kind, target: Kind) -> LinkType | None:
        """The types of a link between two objects; None where they cannot be linked."""
        pair = (source.plural, target.plural)
        return LINK_TYPES.get(pair) or self._ties.get(pair)

    def required(self, kind: Kind) -> tuple[str, ...]:
        """The properties that no record of a custom object is without."""
        schema = self._schemas.get(kind.plural)
        return schema.required if schema else ()

    def put_schema(self, schema: Schema) -> None:
        """Adds a custom object, or replaces what is known of it."""
        is_new = schema.full_name not in self._schemas
        self._know(schema)
        if is_new:
            self._state.declare(self._table(schema.kind))
        self._state.remember(_SCHEMAS, [one.stored() for one in self._schemas.values()])

    def _know(self, schema: Schema) -> None:
        kind = schema.kind
        if schema.full_name not in self._schemas:
            group = custom_group(kind)
            self._properties[kind.plural] = of_custom(kind)
            self._groups[kind.plural] = {group: Group(group, f"{schema.singular} information")}
        self._schemas[schema.full_name] = schema
        for name in schema.names:
            if schema.archived:
                self._kinds.pop(name, None)
            else:
                self._kinds[name] = schema.kind
        for tie in schema.ties:
            there, back = tie.types()
            self._ties[kind.plural, tie.target] = there
            self._ties[tie.target, kind.plural] = back

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
