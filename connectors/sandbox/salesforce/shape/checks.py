"""Why Salesforce refuses a record: rights, missing values, references, owners, duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.salesforce.errors import RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.tables import Stored

Values = dict[Field, Any]


def check_writable(org: Org, object: SObject, values: Values, *, new: bool) -> None:
    """Refuses fields that nobody writes, or that the user may not."""
    refused = [
        field.name
        for field in values
        if not (field.createable if new else field.updateable) or not org.editable(object.name, field.name)
    ]
    if refused:
        raise RowFailed(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this"
            " field and verify that it is read/write for your profile or permission set.",
            *refused,
        )


def check_complete(object: SObject, row: Mapping[str, Stored]) -> None:
    """Refuses a new record that lacks a required value."""
    missing = [
        field.name
        for field in object.fields
        if not field.nillable and field.createable and field.type != "boolean" and row.get(field.name) is None
    ]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise RowFailed("REQUIRED_FIELD_MISSING", message, *missing)


def check_not_emptied(values: Values, row: Mapping[str, Stored]) -> None:
    """Refuses to empty a required field."""
    for field in values:
        if row[field.name] is None and not field.nillable:
            message = f"Required fields are missing: [{field.name}]"
            raise RowFailed("REQUIRED_FIELD_MISSING", message, field.name)


def check_references(
    org: Org, object: SObject, row: Mapping[str, Stored], id: str | None = None, *, strict: bool = True
) -> None:
    """Refuses ids that lead to nothing, to a deleted record, to the wrong object or to the record itself."""
    for field in object.fields:
        value = row.get(field.name)
        if field.type != "reference" or not isinstance(value, str) or not field.createable:
            continue
        if value == id and field.name == "ParentId":
            raise RowFailed("CIRCULAR_DEPENDENCY", "attempt to create a circular reference", field.name)
        _check_reference(org, field, value, strict)


def _check_reference(org: Org, field: Field, value: str, strict: bool) -> None:
    targets = [known for name in field.targets if (known := org.every.get(name.lower())) is not None]
    target = next((known for known in targets if value.startswith(known.prefix)), None)
    if target is None:
        message = f"{field.label}: id value of incorrect type: {value}"
        raise RowFailed("FIELD_INTEGRITY_EXCEPTION", message, field.name)
    found = org.core.state.read(target.name, value)
    if found is None:
        raise RowFailed("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
    if found.get("IsDeleted"):
        raise RowFailed("ENTITY_IS_DELETED", "entity is deleted", field.name)
    if strict and not org.permissions.sees(target, value):
        message = "insufficient access rights on cross-reference id"
        raise RowFailed("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message)


def check_owner(org: Org, object: SObject, owner: Stored) -> None:
    """Refuses an inactive user as the new owner."""
    if not isinstance(owner, str) or not owner.startswith("005"):
        return
    user = org.core.state.read("User", owner)
    lenient = object.name == "Account" and org.core.settings["inactive_owners"]
    if user is not None and not user["IsActive"] and not lenient:
        message = f"operation performed with inactive User [{owner}] as owner of {object.label.lower()}"
        raise RowFailed("INACTIVE_OWNER_OR_USER", message)


def check_unique(org: Org, object: SObject, row: Mapping[str, Stored], id: str | None = None) -> None:
    """Refuses a value that another record has in a field that is unique."""
    for name, value in row.items():
        field = object.find(name)
        if field is None or not field.unique or value is None:
            continue
        collate = " COLLATE NOCASE" if field.is_text else ""
        same = f'SELECT "Id" FROM "{object.name}" WHERE "{field.name}" = ?{collate} AND "Id" IS NOT ? LIMIT 1'
        for (other,) in org.core.state.rows(same, (value, id)):
            message = f"duplicate value found: {field.name} duplicates value on record with id: {other}"
            raise RowFailed("DUPLICATE_VALUE", message, field.name)


def check_duplicates(org: Org, object: SObject, row: Mapping[str, Stored], id: str | None = None) -> None:
    """The org's duplicate rule, where it is on: no two accounts of one name unless the caller allows it."""
    if object.name != "Account" or not org.core.settings["duplicate_rule"] or row.get("Name") is None:
        return
    same = 'SELECT 1 FROM "Account" WHERE "Name" = ? COLLATE NOCASE AND "Id" IS NOT ? AND "IsDeleted" = 0 LIMIT 1'
    if org.core.state.rows(same, (row["Name"], id)):
        raise RowFailed("DUPLICATES_DETECTED", "Use one of these records?")
