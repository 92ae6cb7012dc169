"""Our permission set in an org: what it grants, what it lacks, who has it. Only ever added to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import Refused
from connectors.salesforce.preparing.rights import PERMISSION_SET, ObjectRight
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.wire.client import Client


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the set does not grant and should."""

    fields: Sequence[str]
    objects: Sequence[ObjectRight]


@dataclass(frozen=True, slots=True)
class Grants:
    """The permission set of ours in one org."""

    client: Client

    def set_id(self) -> str | None:
        """Its record, None where there is no such set."""
        found = self._records("PermissionSet", ["Id"], any_of("Name", [PERMISSION_SET]))
        return str(found[0]["Id"]) if found else None

    def lacking(self, set_id: str, objects: Sequence[ObjectRight], fields: Mapping[str, bool]) -> Lacking:
        """Fields (True: to be edited) and objects that the set does not grant as far as is needed.

        An object that the set says anything of is left as the admin has it.
        """
        names = ["Field", "PermissionsRead", "PermissionsEdit"]
        rows = self._records("FieldPermissions", names, any_of("ParentId", [set_id]))
        edited = {
            str(row["Field"]).casefold(): bool(row["PermissionsEdit"])
            for row in rows
            if row["PermissionsRead"]
        }
        lacking = [name for name, edit in fields.items() if edited.get(name.casefold()) not in (True, edit)]
        known = {
            str(row["SobjectType"])
            for row in self._records("ObjectPermissions", ["SobjectType"], any_of("ParentId", [set_id]))
        }
        return Lacking(sorted(lacking), [right for right in objects if right.sobject not in known])

    def give_field(self, field: str, *, edit: bool) -> None:
        """Read access, and edit access where asked for."""
        parent = self._demand()
        where = (any_of("ParentId", [parent]), any_of("Field", [field]))
        found = self._records("FieldPermissions", ["Id", "PermissionsEdit"], *where)
        body: dict[str, Any] = {"PermissionsRead": True, "PermissionsEdit": edit}
        if found:
            body["PermissionsEdit"] = edit or bool(found[0]["PermissionsEdit"])
            self._write("PATCH", f"FieldPermissions/{found[0]['Id']}", body)
            return
        object = field.partition(".")[0]
        self._write(
            "POST", "FieldPermissions", {"ParentId": parent, "SobjectType": object, "Field": field, **body}
        )

    def give_object(self, sobject: str, flags: Mapping[str, bool]) -> None:
        """Rights on an object that the set says nothing of yet."""
        parent = self._demand()
        where = (any_of("ParentId", [parent]), any_of("SobjectType", [sobject]))
        if not self._records("ObjectPermissions", ["Id"], *where):
            self._write("POST", "ObjectPermissions", {"ParentId": parent, "SobjectType": sobject, **flags})

    def assigned_to_us(self) -> bool:
        """Whether our user has the set."""
        set_id = self.set_id()
        return set_id is not None and bool(self._assignments(set_id))

    def give_to_us(self) -> None:
        """Assign the set to our user."""
        parent = self._demand()
        if not self._assignments(parent):
            body = {"PermissionSetId": parent, "AssigneeId": self._me()}
            self._write("POST", "PermissionSetAssignment", body)

    def _assignments(self, set_id: str) -> list[Mapping[str, Any]]:
        where = (any_of("PermissionSetId", [set_id]), any_of("AssigneeId", [self._me()]))
        return self._records("PermissionSetAssignment", ["Id"], *where)

    def _me(self) -> str:
        return str(self.client.user_id or self.client.userinfo()["user_id"])

    def _demand(self) -> str:
        found = self.set_id()
        if found is None:
            raise Refused(f"the permission set {PERMISSION_SET} is not there; plan the setup anew")
        return found

    def _records(self, sobject: str, names: Sequence[str], *where: str) -> list[Mapping[str, Any]]:
        answer = self.client.read("setup", "query", params={"q": select(names, sobject, *where)})
        return list(answer["records"])

    def _write(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        self.client.write("setup", method, f"sobjects/{path}", body, {})
