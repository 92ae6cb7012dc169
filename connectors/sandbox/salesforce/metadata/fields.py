"""Custom fields, for the Tooling and the Metadata API alike: what may be made, and what is kept of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.metadata.components import Definition, Refused
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.tables import Stored

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "Text": ("length",),
    "LongTextArea": ("length", "visibleLines"),
    "Checkbox": ("defaultValue",),
    "Number": ("precision", "scale"),
    "Currency": ("precision", "scale"),
    "Percent": ("precision", "scale"),
    "Lookup": ("referenceTo", "relationshipName"),
}
_LONGEST: Mapping[str, int] = {"label": 40, "description": 1000, "inlineHelpText": 510}
"""Characters (doc)."""
_CHANGEABLE = ("label", "description", "inlineHelpText")
Row = dict[str, Any]


class CustomFields:
    """A `Kind`. Nobody sees a new field until field-level security grants it."""

    directory, suffix = "objects", None

    def __init__(self, org: Org) -> None:
        self._org = org

    def create(self, name: str, definition: Definition, by: By) -> None:
        """Adds a field to an object."""
        self.add(name, definition, by)

    def add(self, full_name: str, definition: Definition, by: By) -> str:
        """The id of the new field's record."""
        object, name = self._place(full_name)
        if object.find(name) is not None:
            message = f"There is already a field named {name.removesuffix('__c')} on {object.name}."
            raise Refused("DUPLICATE_DEVELOPER_NAME", message, "DeveloperName")
        _check(definition)
        self._check_relationship(object, definition)
        try:
            field = self._org.custom_field(object, name, definition)
        except ValueError as error:
            raise Refused("INVALID_FIELD", str(error), "type") from None
        self._org.add_field(object, field)
        row: dict[str, Stored] = {
            "DeveloperName": name.removesuffix("__c"),
            "TableEnumOrId": object.name,
            "FullName": f"{object.name}.{name}",
            "Metadata": json.dumps(definition),
        }
        id = ids.make("00N", self._org.next_number("CustomField"))
        self._org.core.state.insert("CustomField", {"Id": id, **self._org.stamped(row, by, new=True)}, by)
        return id

    def change(self, name: str, definition: Definition, by: By) -> None:
        """Words may change; another type is refused, as changing one loses data or is impossible."""
        row = self._row(name)
        if row is None:
            raise _absent(name)
        _check(definition)
        before = json.loads(row["Metadata"])
        if definition.get("type") != before.get("type"):
            raise Refused(
                "FIELD_INTEGRITY_EXCEPTION", "Cannot change the type of a field that holds data", "type"
            )
        after = {k: v for k, v in before.items() if k not in _CHANGEABLE} | {
            k: definition[k] for k in definition
        }
        values: dict[str, Stored] = {"Metadata": json.dumps(after)}
        self._org.core.state.update("CustomField", row["Id"], values, by, stamps=self._org.stamped({}, by))
        object, field = self._place(name)
        self._org.reword(object, field, str(after.get("label")), after.get("inlineHelpText"))

    def remove(self, name: str, by: By) -> None:
        """Not acted out: a field that goes takes its data along."""
        if self._row(name) is None:
            raise _absent(name)
        raise Refused("FIELD_INTEGRITY_EXCEPTION", f"{name} is in use and cannot be deleted", "fullName")

    def read(self, name: str) -> Definition | None:
        """As it was given."""
        row = self._row(name)
        return None if row is None else {**json.loads(row["Metadata"]), "fullName": row["FullName"]}

    def names(self) -> Sequence[str]:
        """The fields made by API."""
        return [str(name) for (name,) in self._org.core.state.rows('SELECT FullName FROM "CustomField"')]

    def _row(self, name: str) -> Row | None:
        sql = 'SELECT "Id" FROM "CustomField" WHERE "FullName" = ? COLLATE NOCASE'
        found = self._org.core.state.rows(sql, (name,))
        return dict(self._org.core.state.read("CustomField", found[0][0]) or {}) if found else None

    def _place(self, full_name: str) -> tuple[SObject, str]:
        object_name, _, name = full_name.partition(".")
        object = self._org.objects.get(object_name.lower())
        if object is None or object.setup:
            message = f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_name}"
            raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, "TableEnumOrId")
        if not _NAME.match(name) or len(name) > 43:
            raise Refused("FIELD_INTEGRITY_EXCEPTION", f"invalid field name: {name}", "DeveloperName")
        return object, name

    def _check_relationship(self, object: SObject, definition: Definition) -> None:
        if definition.get("type") != "Lookup":
            return
        target = self._org.objects.get(str(definition["referenceTo"]).lower())
        if target is None:
            message = (
                f"referenceTo value of '{definition['referenceTo']}' does not resolve to a valid sObject type"
            )
            raise Refused("FIELD_INTEGRITY_EXCEPTION", message, "referenceTo")
        for name in self.names():
            other = self.read(name) or {}
            same = other.get("relationshipName") == definition["relationshipName"]
            if same and other.get("referenceTo") == definition["referenceTo"]:
                message = f"The relationship name {definition['relationshipName']} is already in use on {target.name}."
                raise Refused("DUPLICATE_DEVELOPER_NAME", message, "relationshipName")


def _absent(name: str) -> Refused:
    return Refused("INVALID_CROSS_REFERENCE_KEY", f"In field: fullName - no CustomField named {name} found")


def _check(definition: Definition) -> None:
    """What Salesforce demands of each kind of field."""
    kind = str(definition.get("type"))
    for name in ("label", *_NEEDED.get(kind, ())):
        if definition.get(name) in (None, ""):
            message = f"Must specify '{name}' for a CustomField of type {kind}"
            raise Refused("FIELD_INTEGRITY_EXCEPTION", message, name)
    for name, longest in _LONGEST.items():
        if len(str(definition.get(name) or "")) > longest:
            raise Refused("STRING_TOO_LONG", f"{name}: data value too large (max length={longest})", name)
    if kind in ("Number", "Currency", "Percent") and not 0 < int(definition["precision"]) <= 18:
        raise Refused("NUMBER_OUTSIDE_VALID_RANGE", "Precision must be between 1 and 18", "precision")
