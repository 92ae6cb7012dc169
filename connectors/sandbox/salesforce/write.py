"""Creating, updating and deleting one record, and what follows from it in the org."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids, teams
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed, no_such_column, not_found
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.ownership import NO_OPTIONS, Moved, Options, Ownership
from connectors.sandbox.salesforce.shape import around, checks, persons
from connectors.sandbox.salesforce.shape.checks import Values
from connectors.sandbox.salesforce.shape.derive import derived
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.values import stored
from connectors.sandbox.salesforce.validation import Validation
from connectors.sandbox.state import Row
from connectors.sandbox.tables import Stored

_PERMISSION_OBJECTS = ("PermissionSet", "FieldPermissions", "ObjectPermissions", "PermissionSetAssignment")


@dataclass(frozen=True, slots=True)
class How:
    """What a caller's headers ask for; `strict` is False for a person in the screens, whom no API rule binds."""

    auto_assign: bool = True
    save_duplicates: bool = False
    strict: bool = True
    options: Options = NO_OPTIONS


PERSON = How(auto_assign=False, save_duplicates=True, strict=False)


def how(request: Request) -> How:
    """As the headers say. Sforce-Auto-Assign is TRUE unless it is said to be FALSE."""
    assign = request.headers.get("sforce-auto-assign", "TRUE").strip().upper() != "FALSE"
    duplicates = request.headers.get("sforce-duplicate-rule-header", "")
    return How(assign, re.search(r"allowSave\s*=\s*true", duplicates, re.IGNORECASE) is not None)


class Rules(Protocol):
    """What a package of the org demands of records beyond what is demanded of any."""

    def creating(self, object: SObject, row: Row, by: By, how: How) -> dict[str, Stored]:
        """What the org adds to the new record; RowFailed where it refuses it."""

    def deleting(self, object: SObject, row: Row, by: By, how: How) -> None:
        """RowFailed where the org refuses it; what hangs on the record goes with it."""


class Writer:
    """Writes to one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.rules: list[Rules] = []
        self._ownership = Ownership(org)
        self._validation = Validation(org)

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

    def create(self, object: SObject, values: Values, by: By, how: How) -> str:
        """Adds a record and returns its id."""
        org = self._org
        _check_allowed(object, object.createable, "inserted")
        if how.strict:
            org.permissions.check(object, "Create")
            checks.check_writable(org, object, values, new=True)
        row = self._defaults(object) | _stored(object, values)
        row |= teams.completed(object, row)
        row |= persons.named(object, row)
        checks.check_complete(object, row)
        checks.check_references(org, object, row, strict=how.strict)
        checks.check_owner(org, object, row.get("OwnerId"))
        there = teams.same(org, object, row)
        if there is not None:
            org.core.state.update(object.name, there, _stored(object, values), by, stamps=org.stamped({}, by))
            return there
        if not how.save_duplicates:
            checks.check_duplicates(org, object, row)
        checks.check_unique(org, object, row)
        row |= derived(object.name, row, row, org) | around.closing(object, row, by.at)
        for rules in self.rules:
            row |= rules.creating(object, row, by, how)
        id = ids.make(object.prefix, org.next_number(object.name))
        made = {"Id": id} | {k: v for k, v in org.stamped(row, by, new=True).items() if object.find(k)}
        with org.core.state.transaction():
            org.core.state.insert(object.name, made, by)
            if object.name == "Account":
                persons.joined(org, id, row, by)
            teams.joined(org, object, row, by)
            if how.strict:
                self._validation.check(object, id)
            self._assign(object, id, by, how)
        self._written(object)
        return id

    def update(self, object: SObject, id: str, values: Values, by: By, how: How) -> None:
        """Changes a record. Every accepted update moves its stamps, even one that changes nothing."""
        org = self._org
        before = self.live(object, id)
        _check_allowed(object, object.updateable, "updated")
        if how.strict:
            org.permissions.check(object, "Edit")
            org.permissions.check_record(object, before)
            checks.check_writable(org, object, values, new=False)
        row = _stored(object, values)
        checks.check_not_emptied(values, row)
        checks.check_references(org, object, row, id, strict=how.strict)
        moved = "OwnerId" in row and row["OwnerId"] != before.get("OwnerId")
        if moved:
            checks.check_owner(org, object, row["OwnerId"])
            self._check_transfer(object, before, str(row["OwnerId"]), how)
        if not how.save_duplicates:
            checks.check_duplicates(org, object, row, id)
        checks.check_unique(org, object, row, id)
        row |= derived(object.name, row, {**before, **row}, org) | around.closing(object, row, by.at)
        with org.core.state.transaction():
            org.core.state.update(object.name, id, row, by, stamps=org.stamped({}, by))
            if before.get("IsPersonAccount"):
                persons.followed(org, before, row, by)
            if moved and object.name == "Account":
                old, new = str(before.get("OwnerId")), str(row["OwnerId"])
                self._ownership.follow(Moved(id, old, new, by, how.options))
            if how.strict:
                self._validation.check(object, id)
            self._assign(object, id, by, how)
        self._written(object)

    def delete(self, object: SObject, id: str, by: By, how: How = How()) -> None:
        """Puts a record into the recycle bin, or takes it out for good where its object has none."""
        row = self.live(object, id)
        if not object.deletable:
            message = f"entity type cannot be deleted: {object.label}"
            raise RowFailed("INSUFFICIENT_ACCESS_OR_READONLY", message)
        if how.strict:
            self._org.permissions.check(object, "Delete")
            self._org.permissions.check_record(object, row)
        for rules in self.rules:
            rules.deleting(object, row, by, how)
        teams.left(self._org, object, row, by)
        state = self._org.core.state
        if object.has_bin and not teams.is_membership(object):
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

    def _check_transfer(self, object: SObject, before: Row, owner: str, how: How) -> None:
        if not how.strict:
            return
        self._org.permissions.check_transfer(object, before)
        if object.name == "Account":
            enforced = "EnforceNewOwnerHasReadAccess" in how.options if how.options.given else None
            self._org.permissions.check_new_owner(owner, enforced)

    def _defaults(self, object: SObject) -> dict[str, Stored]:
        row: dict[str, Stored] = {f.name: 0 for f in object.fields if f.type == "boolean"}
        if object.find("OwnerId"):
            row["OwnerId"] = self._org.user_id
        if object.name == "Task":
            row |= {"Status": "Not Started", "Priority": "Normal", "TaskSubtype": "Task"}
        if object.name == "Event":
            row["EventSubtype"] = "Event"
        if object.name == "Case":
            number = around.number_of(self._org.next_number("Case"))
            row |= {"Status": "New", "Priority": "Medium", "CaseNumber": number}
        if object.name == "Lead":
            row["Status"] = "Open - Not Contacted"
        return row

    def _assign(self, object: SObject, id: str, by: By, how: How) -> None:
        """The org's own assignment rule, which runs unless the caller said Sforce-Auto-Assign: FALSE."""
        if object.name == "Account" and how.auto_assign and self._org.core.settings["assignment_rule"]:
            rule = By("assignment rule", by.at, by.request_id)
            self._org.core.state.update("Account", id, {"OwnerId": self._org.admin_id}, rule)

    def _written(self, object: SObject) -> None:
        if object.name in _PERMISSION_OBJECTS:
            self._org.forget_permissions()


def _stored(object: SObject, values: Values) -> dict[str, Stored]:
    return {field.name: stored(field, value, object.name) for field, value in values.items()}


def _check_allowed(object: SObject, allowed: bool, what: str) -> None:
    if not allowed:
        message = f"entity type cannot be {what}: {object.label}"
        raise CallFailed(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)


def object_of(org: Org, name: object) -> SObject:
    """The object a record says it is; 404 where there is none."""
    object = org.objects.get(str(name).lower())
    if object is None:
        raise not_found()
    return object
