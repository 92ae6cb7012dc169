"""Creating, updating and deleting one record, with every check that Salesforce makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.derive import derived
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed, no_such_column, not_found
from connectors.sandbox.salesforce.fields import Field, SObject
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.values import stored
from connectors.sandbox.state import Row
from connectors.sandbox.tables import Stored

Values = dict[Field, Any]
_PERMISSION_OBJECTS = ("PermissionSet", "FieldPermissions", "PermissionSetAssignment")


class Writer:
    """Writes to one org. `strict` is how the API writes; a person in the screens is bound by data rules alone."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def fields(self, object: SObject, given: Mapping[str, Any]) -> Values:
        """The JSON members as fields; CallFailed INVALID_FIELD where one does not exist or may not be seen."""
        found: Values = {}
        for name, value in given.items():
            if name.lower() in ("attributes", "id"):
                continue
            field = object.find(name)
            if field is None or not self._org.readable(object.name, field.name):
                raise no_such_column(name, object.name)
            found[field] = value
        return found

    def create(
        self, object: SObject, values: Values, by: By, *, auto_assign: bool, strict: bool = True
    ) -> str:
        """Adds a record and returns its id."""
        if not object.createable:
            raise CallFailed(
                400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {object.label}"
            )
        self._check_writable(object, values, new=True, strict=strict)
        row = self._stored(object, values)
        row = self._defaults(object) | row
        missing = [
            f.name for f in object.fields
            if not f.nillable and f.createable and f.type != "boolean" and row.get(f.name) is None
        ]  # fmt: skip
        if missing:
            raise RowFailed(
                "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing
            )
        self._check_references(object, row)
        self._check_owner(object, row.get("OwnerId"))
        row = row | derived(object.name, row, row, self._org)
        id = ids.make(object.prefix, self._org.next_number(object.name))
        with self._org.core.state.transaction():
            self._org.core.state.insert(object.name, {"Id": id, **self._org.stamped(row, by, new=True)}, by)
            self._assign(object, id, by, auto_assign)
        self._written(object)
        return id

    def update(
        self, object: SObject, id: str, values: Values, by: By, *, auto_assign: bool, strict: bool = True
    ) -> None:
        """Changes a record. Every accepted update moves its stamps, even one that changes nothing."""
        before = self.live(object, id)
        if not object.updateable:
            raise CallFailed(
                400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be updated: {object.label}"
            )
        self._check_writable(object, values, new=False, strict=strict)
        row = self._stored(object, values)
        for field in values:
            if row[field.name] is None and not field.nillable:
                raise RowFailed(
                    "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field.name}]", field.name
                )
        self._check_references(object, row, id)
        if row.get("OwnerId") != before.get("OwnerId"):
            self._check_owner(object, row.get("OwnerId"))
        row = row | derived(object.name, row, {**before, **row}, self._org)
        state = self._org.core.state
        with state.transaction():
            state.update(object.name, id, row, by, stamps=self._org.stamped({}, by))
            self._assign(object, id, by, auto_assign)
        self._written(object)

    def delete(self, object: SObject, id: str, by: By) -> None:
        """Puts a record into the recycle bin, or takes it out for good where its object has none."""
        self.live(object, id)
        if not object.deletable:
            raise RowFailed(
                "INSUFFICIENT_ACCESS_OR_READONLY", f"entity type cannot be deleted: {object.label}"
            )
        state = self._org.core.state
        if object.has_bin:
            state.update(object.name, id, {"IsDeleted": 1}, by, stamps=self._org.stamped({}, by))
        else:
            state.remove(object.name, id, by)
        self._written(object)

    def live(self, object: SObject, id: str) -> Row:
        """The record as it is; RowFailed where there is none or it is deleted."""
        if not id.startswith(object.prefix):
            raise RowFailed("MALFORMED_ID", f"{object.label} ID: id value of incorrect type: {id}", "Id")
        row = self._org.core.state.read(object.name, id)
        if row is None:
            raise RowFailed("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("IsDeleted"):
            raise RowFailed("ENTITY_IS_DELETED", "entity is deleted")
        return row

    def _check_writable(self, object: SObject, values: Values, *, new: bool, strict: bool) -> None:
        if not strict:
            return
        refused = [
            f.name
            for f in values
            if not (f.createable if new else f.updateable) or not self._org.editable(object.name, f.name)
        ]
        if refused:
            raise RowFailed(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this"
                " field and verify that it is read/write for your profile or permission set.",
                *refused,
            )

    def _stored(self, object: SObject, values: Values) -> dict[str, Stored]:
        return {field.name: stored(field, value, object.name) for field, value in values.items()}

    def _defaults(self, object: SObject) -> dict[str, Stored]:
        row: dict[str, Stored] = {f.name: 0 for f in object.fields if f.type == "boolean"}
        if object.find("OwnerId"):
            row["OwnerId"] = self._org.user_id
        if object.name == "Task":
            row |= {"Status": "Not Started", "Priority": "Normal", "TaskSubtype": "Task"}
        if object.name == "Event":
            row["EventSubtype"] = "Event"
        return row

    def _check_references(self, object: SObject, row: Mapping[str, Stored], id: str | None = None) -> None:
        for field in object.fields:
            value = row.get(field.name)
            if (
                field.type != "reference"
                or not isinstance(value, str)
                or not (field.createable or field.updateable)
            ):
                continue
            if value == id and field.name == "ParentId":
                raise RowFailed("CIRCULAR_DEPENDENCY", "attempt to create a circular reference", field.name)
            targets = [o for t in field.targets if (o := self._org.objects.get(t.lower())) is not None]
            target = next((o for o in targets if value.startswith(o.prefix)), None)
            if target is None:
                raise RowFailed(
                    "FIELD_INTEGRITY_EXCEPTION",
                    f"{field.label}: id value of incorrect type: {value}",
                    field.name,
                )
            found = self._org.core.state.read(target.name, value)
            if found is None:
                raise RowFailed("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
            if found.get("IsDeleted"):
                raise RowFailed("ENTITY_IS_DELETED", "entity is deleted", field.name)

    def _check_owner(self, object: SObject, owner: Stored) -> None:
        if not isinstance(owner, str) or not owner.startswith("005"):
            return
        user = self._org.core.state.read("User", owner)
        lenient = object.name == "Account" and self._org.core.settings["inactive_owners"]
        if user is not None and not user["IsActive"] and not lenient:
            message = f"operation performed with inactive User [{owner}] as owner of {object.label.lower()}"
            raise RowFailed("INACTIVE_OWNER_OR_USER", message)

    def _assign(self, object: SObject, id: str, by: By, auto_assign: bool) -> None:
        """The org's own assignment rule, which runs unless the caller said Sforce-Auto-Assign: FALSE."""
        if object.name == "Account" and auto_assign and self._org.core.settings["assignment_rule"]:
            rule = By("assignment rule", by.at, by.request_id)
            self._org.core.state.update("Account", id, {"OwnerId": self._org.admin_id}, rule)

    def _written(self, object: SObject) -> None:
        if object.name in _PERMISSION_OBJECTS:
            self._org.forget_permissions()


def object_of(org: Org, name: object) -> SObject:
    """The object a record says it is; 404 where there is none."""
    object = org.objects.get(str(name).lower())
    if object is None:
        raise not_found()
    return object
