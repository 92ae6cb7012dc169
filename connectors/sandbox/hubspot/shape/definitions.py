"""What a property is: its type, its options, and who may write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.hubspot.shape.kinds import ID
from connectors.sandbox.tables import Column, ColumnType

_COLUMNS: Mapping[str, ColumnType] = {
    "string": "text",
    "enumeration": "text",
    "bool": "text",
    "number": "real",
    "date": "date",
    "datetime": "datetime",
}
FIELD_TYPES: Mapping[str, tuple[str, ...]] = {
    "string": ("text", "textarea", "html", "phonenumber", "file", "calculation_equation"),
    "enumeration": ("select", "radio", "checkbox"),
    "bool": ("booleancheckbox", "calculation_equation"),
    "number": ("number", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date", "calculation_equation"),
}
"""Which field types fit which type; the first is what a property gets that names none."""


SENSITIVITIES = ("non_sensitive", "sensitive", "highly_sensitive")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration: records hold `value`, people see `label`."""

    value: str
    label: str

    def shown(self, position: int) -> dict[str, Any]:
        """The option as the API writes it."""
        return {
            "label": self.label,
            "value": self.value,
            "description": "",
            "displayOrder": position,
            "hidden": False,
        }


@dataclass(frozen=True, slots=True)
class Property:
    """One property of one object. `external` names where an enumeration's options live instead (OWNER…)."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    options: tuple[Option, ...] = ()
    read_only: bool = False
    external: str = ""
    ours: bool = True
    """Whether HubSpot itself defined it."""
    unique: bool = False
    description: str = ""
    made: str = "2019-08-06T02:41:52.411Z"
    sensitivity: str = "non_sensitive"

    @property
    def column(self) -> Column:
        """How it is stored; texts keep "", all other types are null when cleared."""
        indexed = self.external == "OWNER" or self.unique or self.name in _INDEXED
        return Column(self.name, "integer" if self.name == ID else _COLUMNS[self.type], indexed)

    def shown(self) -> dict[str, Any]:
        """The definition as the API writes it."""
        return {
            "updatedAt": self.made,
            "createdAt": self.made,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [option.shown(position) for position, option in enumerate(self.options)],
            **({"referencedObjectType": "OWNER"} if self.external == "OWNER" else {}),
            "displayOrder": -1,
            "calculated": False,
            "externalOptions": bool(self.external),
            "archived": False,
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": self.ours,
            "modificationMetadata": {
                "archivable": not self.ours,
                "readOnlyDefinition": self.ours,
                "readOnlyOptions": self.ours,
                "readOnlyValue": self.read_only,
            },
            "formField": not self.read_only,
            "dataSensitivity": self.sensitivity,
        }


_INDEXED = frozenset(
    [
        "createdate",
        "hs_createdate",
        "hs_lastmodifieddate",
        "lastmodifieddate",
        "domain",
        "email",
        "hs_timestamp",
    ]
)
