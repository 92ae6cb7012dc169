"""Which lists of children a record has: the other end of every reference, under its own name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.sandbox.salesforce.shape.fields import Field, SObject

_NAMED = {("Account", "ParentId"): "ChildAccounts", ("AccountShare", "AccountId"): "Shares"}
Children = Mapping[str, tuple[SObject, Field]]


def children_of(parent: SObject, objects: Iterable[SObject]) -> Children:
    """The lists of children of an object: by name, the child object and its reference to the parent."""
    found = {}
    for child in objects:
        for field in child.fields:
            if parent.name in field.targets and (name := _name(parent, child, field)):
                found[name] = (child, field)
    return found


def _name(parent: SObject, child: SObject, field: Field) -> str | None:
    """None where the list has no name, so that no query can ask for it."""
    if (child.name, field.name) in _NAMED:
        return _NAMED[child.name, field.name]
    plural = child.plural.replace(" ", "")
    if field.custom:
        return f"{plural}__r"
    return plural if field.relationship == parent.name else None


def described(children: Children) -> list[dict[str, Any]]:
    """As describe lists them."""
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": name,
            "restrictedDelete": False,
        }
        for name, (child, field) in children.items()
    ]
