"""What `sobjects` and `describe` answer: the org as the user may see it."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.relations import children_of, described


def listed(org: Org, object: SObject, base: str) -> dict[str, Any]:
    """One object of the global describe."""
    url = f"{base}/sobjects/{object.name}"
    rights = org.permissions.on(object.name)
    shown = not object.setup or object.name == "User"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": object.createable and "Create" in rights,
        "custom": object.name.endswith("__c"),
        "customSetting": False,
        "deepCloneable": object.name == "Opportunity",
        "deletable": object.deletable and "Delete" in rights,
        "deprecatedAndHidden": False,
        "feedEnabled": object.name in ("Account", "Opportunity", "Contact", "User"),
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": object.prefix,
        "label": object.label,
        "labelPlural": object.plural,
        "layoutable": shown,
        "mergeable": object.name in ("Account", "Contact"),
        "mruEnabled": shown,
        "name": object.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": shown,
        "triggerable": shown,
        "undeletable": object.has_bin,
        "updateable": object.updateable and "Edit" in rights,
        "urls": {"rowTemplate": f"{url}/{{ID}}", "describe": f"{url}/describe", "sobject": url},
    }


def global_describe(org: Org, base: str) -> dict[str, Any]:
    """GET /sobjects."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [
            listed(org, object, base) for object in sorted(org.objects.values(), key=lambda o: o.name)
        ],
    }


def describe(org: Org, object: SObject, base: str) -> dict[str, Any]:
    """GET /sobjects/NAME/describe: the fields the user may read, in no promised order."""
    edits = bool({"Create", "Edit"} & org.permissions.on(object.name))
    fields = [
        field.describe(editable=edits and org.editable(object.name, field.name))
        for field in object.fields
        if org.readable(object.name, field.name)
    ]
    return {
        **listed(org, object, base),
        "actionOverrides": [],
        "childRelationships": described(children_of(object, org.objects.values())),
        "compactLayoutable": not object.setup,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": fields,
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [_master(object, base)] if not object.setup else [],
        "searchLayoutable": not object.setup,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {object.plural.lower()}", "name": "everything"}],
    }


def _master(object: SObject, base: str) -> dict[str, Any]:
    id = "012000000000000AAA"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": id,
        "urls": {"layout": f"{base}/sobjects/{object.name}/describe/layouts/{id}"},
    }
