"""Permission sets by the Metadata API: the same records as PermissionSet, FieldPermissions and ObjectPermissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.metadata.components import (
    Definition,
    Refused,
    demand,
    listed,
    says,
    truth,
)
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.tables import Stored

_FIELD = {"readable": "PermissionsRead", "editable": "PermissionsEdit"}
_OBJECT = {
    "allowCreate": "PermissionsCreate",
    "allowRead": "PermissionsRead",
    "allowEdit": "PermissionsEdit",
    "allowDelete": "PermissionsDelete",
    "viewAllRecords": "PermissionsViewAllRecords",
    "modifyAllRecords": "PermissionsModifyAllRecords",
}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "allowCreate": ("allowRead",),
    "allowEdit": ("allowRead",),
    "allowDelete": ("allowRead", "allowEdit"),
    "viewAllRecords": ("allowRead",),
    "modifyAllRecords": ("allowRead", "allowEdit", "allowDelete", "viewAllRecords"),
}
"""Which permission on an object demands which others on it (doc)."""
_PARENTS: Mapping[str, tuple[str, ...]] = {"Opportunity": ("Account",), "Contact": ("Account",), "Case": ()}
"""Objects that can be read only by whom may read another one (doc)."""
_WORDS = {
    "allowRead": "Read",
    "allowCreate": "Create",
    "allowEdit": "Edit",
    "allowDelete": "Delete",
    "viewAllRecords": "View All",
    "modifyAllRecords": "Modify All",
}
Row = Mapping[str, Stored]


class PermissionSets:
    """A `Kind`. A change replaces what the set grants, as it does since v40 (doc)."""

    directory, suffix = "permissionsets", "permissionset"

    def __init__(self, org: Org) -> None:
        self._org = org

    def create(self, name: str, definition: Definition, by: By) -> None:
        """Adds the set with all that it grants."""
        if self._id(name) is not None:
            message = f"The permission set name {name} is already in use."
            raise Refused("DUPLICATE_DEVELOPER_NAME", message, "Name")
        demand(definition, "label")
        self._check(definition)
        row = {"Name": name, **self._head(definition, new=True)}
        self._grant(self._insert("PermissionSet", "0PS", row, by), definition, by)

    def change(self, name: str, definition: Definition, by: By) -> None:
        """Makes the set grant what the definition says and nothing else."""
        id = self._demand(name)
        demand(definition, "label")
        self._check(definition)
        state = self._org.core.state
        head = self._head(definition, new=False)
        state.update("PermissionSet", id, head, by, stamps=self._org.stamped({}, by))
        self._revoke(id, by)
        self._grant(id, definition, by)

    def remove(self, name: str, by: By) -> None:
        """Takes the set away with what it grants; one that somebody has is refused."""
        id = self._demand(name)
        if self._rows("PermissionSetAssignment", "PermissionSetId", id):
            message = "You can't delete a permission set that's assigned to users."
            raise Refused("DELETE_FAILED", message)
        self._revoke(id, by)
        self._org.core.state.remove("PermissionSet", id, by)

    def read(self, name: str) -> Definition | None:
        """The set with what it grants."""
        id = self._id(name)
        if id is None:
            return None
        row = self._org.core.state.read("PermissionSet", id) or {}
        made: dict[str, Any] = {
            "fullName": row["Name"],
            "label": row["Label"],
            "hasActivationRequired": "false",
        }
        if row.get("Description"):
            made["description"] = row["Description"]
        made["fieldPermissions"] = [
            {"field": f["Field"], **{ours: truth(f[theirs]) for ours, theirs in _FIELD.items()}}
            for f in self._rows("FieldPermissions", "ParentId", id)
        ]
        made["objectPermissions"] = [
            {"object": o["SobjectType"], **{ours: truth(o[theirs]) for ours, theirs in _OBJECT.items()}}
            for o in self._rows("ObjectPermissions", "ParentId", id)
        ]
        made["userPermissions"] = [
            {"enabled": "true", "name": column.removeprefix("Permissions")}
            for column in self._user_permissions()
            if row.get(column)
        ]
        return made

    def names(self) -> Sequence[str]:
        """The sets that no profile owns."""
        sql = 'SELECT "Name" FROM "PermissionSet" WHERE "ProfileId" IS NULL'
        return [str(name) for (name,) in self._org.core.state.rows(sql)]

    # -- what is granted

    def _grant(self, id: str, definition: Definition, by: By) -> None:
        for given in listed(definition, "fieldPermissions"):
            object = str(given["field"]).partition(".")[0]
            flags = {theirs: int(says(given, ours)) for ours, theirs in _FIELD.items()}
            row = {"ParentId": id, "SobjectType": object, "Field": given["field"], **flags}
            self._insert("FieldPermissions", "01k", row, by)
        for given in listed(definition, "objectPermissions"):
            flags = {theirs: int(says(given, ours)) for ours, theirs in _OBJECT.items()}
            self._insert(
                "ObjectPermissions", "110", {"ParentId": id, "SobjectType": given["object"], **flags}, by
            )
        self._org.forget_permissions()

    def _revoke(self, id: str, by: By) -> None:
        for object in ("FieldPermissions", "ObjectPermissions"):
            for row in self._rows(object, "ParentId", id):
                self._org.core.state.remove(object, row["Id"], by)

    def _head(self, definition: Definition, *, new: bool) -> dict[str, Stored]:
        head: dict[str, Stored] = {"Label": definition["label"], "Description": definition.get("description")}
        enabled = {str(p["name"]) for p in listed(definition, "userPermissions") if says(p, "enabled")}
        head |= {c: int(c.removeprefix("Permissions") in enabled) for c in self._user_permissions()}
        return head | ({"IsOwnedByProfile": 0} if new else {})

    def _user_permissions(self) -> list[str]:
        found = self._org.objects["permissionset"].fields
        return [f.name for f in found if f.name.startswith("Permissions")]

    # -- what is refused

    def _check(self, definition: Definition) -> None:
        for given in listed(definition, "fieldPermissions"):
            self._check_field(given)
        read = {str(o["object"]) for o in listed(definition, "objectPermissions") if says(o, "allowRead")}
        for given in listed(definition, "objectPermissions"):
            self._check_object(given, read)
        known = {name.removeprefix("Permissions") for name in self._user_permissions()}
        for given in listed(definition, "userPermissions"):
            if given["name"] not in known:
                message = f"Unknown user permission: {given['name']}"
                raise Refused("INVALID_CROSS_REFERENCE_KEY", message, "userPermissions")

    def _check_field(self, given: Definition) -> None:
        object_name, _, name = str(given["field"]).partition(".")
        object = self._org.objects.get(object_name.lower())
        field = object.find(name) if object else None
        if object is None or field is None:
            message = f"In field: field - no CustomField named {given['field']} found"
            raise Refused("INVALID_CROSS_REFERENCE_KEY", message, "field")
        if not field.permissionable:
            message = f"You cannot deploy to a required field: {object.name}.{field.name}"
            raise Refused("FIELD_INTEGRITY_EXCEPTION", message, "field")
        if says(given, "editable") and not says(given, "readable"):
            message = f"Field {given['field']} cannot be editable without being readable"
            raise Refused("FIELD_INTEGRITY_EXCEPTION", message, "field")

    def _check_object(self, given: Definition, read: set[str]) -> None:
        object = self._org.objects.get(str(given["object"]).lower())
        if object is None or object.setup or object.name in ("Task", "Event"):
            message = f"In field: field - no CustomObject named {given['object']} found"
            raise Refused("INVALID_CROSS_REFERENCE_KEY", message, "object")
        for flag, needs in _NEEDS.items():
            missing = [need for need in needs if not says(given, need)]
            if says(given, flag) and missing:
                wanted = ", ".join(f"{_WORDS[need]} {object.name}" for need in missing)
                message = f"Permission {_WORDS[flag]} {object.name} depends on permission(s): {wanted}"
                raise Refused("FIELD_INTEGRITY_EXCEPTION", message, "object")
        parents = [parent for parent in _PARENTS.get(object.name, ()) if parent not in read]
        if says(given, "allowRead") and parents:
            wanted = ", ".join(f"Read {parent}" for parent in parents)
            message = f"Permission Read {object.name} depends on permission(s): {wanted}"
            raise Refused("FIELD_INTEGRITY_EXCEPTION", message, "object")

    # -- records

    def _id(self, name: str) -> str | None:
        sql = 'SELECT "Id" FROM "PermissionSet" WHERE "Name" = ? COLLATE NOCASE'
        found = self._org.core.state.rows(sql, (name,))
        return str(found[0][0]) if found else None

    def _demand(self, name: str) -> str:
        id = self._id(name)
        if id is None:
            message = f"In field: fullName - no PermissionSet named {name} found"
            raise Refused("INVALID_CROSS_REFERENCE_KEY", message)
        return id

    def _rows(self, object: str, column: str, value: str) -> list[Row]:
        state = self._org.core.state
        found = state.rows(f'SELECT "Id" FROM "{object}" WHERE "{column}" = ? ORDER BY "Id"', (value,))
        return list(state.read_many(object, [id for (id,) in found]).values())

    def _insert(self, object: str, prefix: str, row: Mapping[str, Stored], by: By) -> str:
        id = ids.make(prefix, self._org.next_number(object))
        self._org.core.state.insert(object, {"Id": id, **self._org.stamped(row, by, new=True)}, by)
        return id
