"""What setup creates, as definitions of metadata: fields, the permission set, a list view, a report type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.mapping import FieldType, MappedField
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.preparing.metadata import Component
from connectors.salesforce.preparing.rights import (
    PERMISSION_SET,
    PERMISSION_SET_LABEL,
    ObjectRight,
    user_rights,
)

LIST_VIEW = "Account.Territory_Sync"
REPORT_TYPE = "Territory_Sync_Accounts"
_TYPES: Mapping[FieldType, Mapping[str, Any]] = {
    FieldType.TEXT: {"type": "Text", "length": 255},
    FieldType.INTEGER: {"type": "Number", "precision": 18, "scale": 0},
    FieldType.NUMBER: {"type": "Number", "precision": 18, "scale": 4},
    FieldType.BOOLEAN: {"type": "Checkbox", "defaultValue": "false"},
    FieldType.DATE: {"type": "Date"},
    FieldType.DATETIME: {"type": "DateTime"},
}
_LABEL, _DESCRIPTION, _HELP = 40, 1000, 510
"""Longest texts (doc)."""
_COLUMNS = 15
"""Columns of a list view (doc)."""


def label_of(field: MappedField) -> str:
    """What people in Salesforce read as the field's name."""
    return (field.label or field.name.replace("_", " ").capitalize())[:_LABEL]


def help_of(field: MappedField) -> str:
    """What people in Salesforce read as the field's help."""
    return field.description[:_HELP]


def custom_field(field: MappedField) -> Component:
    """The field of accounts that an output is written to; history and layouts are left to the admin."""
    definition = {
        "label": label_of(field),
        "description": field.description[:_DESCRIPTION],
        "inlineHelpText": help_of(field),
        **(_user_lookup(field) if field.holds_user else _TYPES[field.type]),
    }
    return Component("CustomField", f"Account.{field.source}", definition)


def _user_lookup(field: MappedField) -> Mapping[str, Any]:
    """Emptied where the user goes, which Salesforce hardly lets happen; the relationship is named for its field."""
    return {
        "type": "Lookup",
        "referenceTo": "User",
        "relationshipName": field.source.removesuffix("__c")[:31] + "_Accounts",
        "relationshipLabel": f"Accounts ({label_of(field)})"[:_LABEL],
        "deleteConstraint": "SetNull",
    }


def permission_set(
    settings: SalesforceSettings, objects: Sequence[ObjectRight], fields: Mapping[str, bool]
) -> Component:
    """All that our user needs; `fields` says of each guarded field ("Account.Industry") whether it is edited."""
    definition = {
        "label": PERMISSION_SET_LABEL,
        "description": "What territory-sync needs: to read accounts, deals and activities, to change owners, to write its fields.",
        "hasActivationRequired": False,
        "fieldPermissions": [field_permission(name, edit) for name, edit in sorted(fields.items())],
        "objectPermissions": [right.metadata for right in sorted(objects, key=lambda right: right.sobject)],
        "userPermissions": sorted(
            ({"enabled": True, "name": right.name} for right in user_rights(settings)),
            key=lambda one: str(one["name"]),
        ),
    }
    return Component("PermissionSet", PERMISSION_SET, definition)


def field_permission(name: str, edit: bool) -> dict[str, object]:
    """One field in a permission set."""
    return {"editable": edit, "field": name, "readable": True}


def list_view(outputs: Sequence[MappedField]) -> Component:
    """All accounts with their owner and our fields, for everybody; as many as a list view takes."""
    columns = ["ACCOUNT.NAME", "CORE.USERS.ALIAS", *(field.source for field in outputs)][:_COLUMNS]
    definition = {"label": PERMISSION_SET_LABEL, "filterScope": "Everything", "columns": columns}
    return Component("ListView", LIST_VIEW, definition)


def report_type(outputs: Sequence[MappedField]) -> Component:
    """Accounts with our fields ticked, for reports."""
    standard = ["Name", "Owner", "Industry", "NumberOfEmployees", "AnnualRevenue"]
    columns = [
        {
            "checkedByDefault": name in ("Name", "Owner") or name not in standard,
            "field": name,
            "table": "Account",
        }
        for name in [*standard, *(field.source for field in outputs)]
    ]
    definition = {
        "baseObject": "Account",
        "category": "accounts",
        "deployed": True,
        "description": "Accounts with their territory and the KPIs that territory-sync writes.",
        "label": "Accounts with Territory Sync",
        "sections": [{"columns": columns, "masterLabel": "Accounts"}],
    }
    return Component("ReportType", REPORT_TYPE, definition)
