"""Output fields, created with the permission to see them: in Salesforce a new field is hidden from all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import SetupStep
from connectors.errors import FieldProblem, FieldProblems, Refused
from connectors.mapping import FieldType, MappedField
from connectors.salesforce.fields import Fields
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.wire.client import Client

PERMISSION_SET = "Territory_Sync"
_TYPES: Mapping[FieldType, Mapping[str, Any]] = {
    FieldType.TEXT: {"type": "Text", "length": 255},
    FieldType.INTEGER: {"type": "Number", "precision": 18, "scale": 0},
    FieldType.NUMBER: {"type": "Number", "precision": 18, "scale": 4},
    FieldType.BOOLEAN: {"type": "Checkbox", "defaultValue": "false"},
    FieldType.DATE: {"type": "Date"},
    FieldType.DATETIME: {"type": "DateTime"},
}


@dataclass(frozen=True, slots=True)
class Setup:
    """Plans and carries out what the outputs need in an org."""

    client: Client
    fields: Fields

    def steps(self, outputs: Sequence[MappedField]) -> list[SetupStep]:
        """Create each missing field, a permission set, its access to the fields, and give it to our user.

        FieldProblems where a missing field has a name that no custom field can have.
        """
        missing = [field for field in outputs if not self._is_writable(field)]
        _refuse_standard(missing)
        if not missing:
            return []
        steps = [_field_step(field) for field in missing if not self._exists(field.source)]
        if self._permission_set() is None:
            steps.append(SetupStep(f"create the permission set {PERMISSION_SET}", {"do": "permission_set"}))
        steps += [
            SetupStep(
                f"let {PERMISSION_SET} read and edit Account.{field.source}",
                {"do": "access", "field": field.source},
            )
            for field in missing
        ]
        steps.append(SetupStep(f"give {PERMISSION_SET} to our user", {"do": "assignment"}))
        return steps

    def carry_out(self, steps: Sequence[SetupStep]) -> None:
        """In this order; a step that finds its work done does nothing."""
        for step in steps:
            match step.payload.get("do"):
                case "field":
                    self._create_field(step.payload)
                case "permission_set":
                    self._create_permission_set()
                case "access":
                    self._give_access(f"Account.{step.payload['field']}")
                case "assignment":
                    self._assign()
                case other:
                    raise Refused(f"no step of ours: {other!r} ({step.description})")
        self.fields.forget()

    def _is_writable(self, field: MappedField) -> bool:
        found = self.fields.find("Account", field.source)
        return found is not None and found.updateable

    def _exists(self, name: str) -> bool:
        """Also when nobody may see it: the Tooling API does."""
        text = select(
            ["Id"],
            "CustomField",
            any_of("TableEnumOrId", ["Account"]),
            any_of("DeveloperName", [name.removesuffix("__c")]),
        )
        return bool(self.client.read("setup", "tooling/query", params={"q": text})["records"])

    def _create_field(self, payload: Mapping[str, Any]) -> None:
        if not self._exists(str(payload["FullName"]).removeprefix("Account.")):
            body = {"FullName": payload["FullName"], "Metadata": payload["Metadata"]}
            self.client.write("setup", "POST", "tooling/sobjects/CustomField", body, {})

    def _permission_set(self) -> str | None:
        return self._first("PermissionSet", any_of("Name", [PERMISSION_SET]))

    def _create_permission_set(self) -> None:
        if self._permission_set() is None:
            body = {"Name": PERMISSION_SET, "Label": "Territory Sync"}
            self.client.write("setup", "POST", "sobjects/PermissionSet", body, {})

    def _give_access(self, field: str) -> None:
        parent = self._demand_permission_set()
        where = (any_of("ParentId", [parent]), any_of("Field", [field]))
        body: dict[str, Any] = {"PermissionsRead": True, "PermissionsEdit": True}
        existing = self._first("FieldPermissions", *where)
        if existing is not None:
            self.client.write("setup", "PATCH", f"sobjects/FieldPermissions/{existing}", body, {})
            return
        body |= {"ParentId": parent, "SobjectType": "Account", "Field": field}
        self.client.write("setup", "POST", "sobjects/FieldPermissions", body, {})

    def _assign(self) -> None:
        parent, user = self._demand_permission_set(), str(self.client.userinfo()["user_id"])
        where = (any_of("PermissionSetId", [parent]), any_of("AssigneeId", [user]))
        if self._first("PermissionSetAssignment", *where) is None:
            body = {"PermissionSetId": parent, "AssigneeId": user}
            self.client.write("setup", "POST", "sobjects/PermissionSetAssignment", body, {})

    def _demand_permission_set(self) -> str:
        found = self._permission_set()
        if found is None:
            raise Refused(f"the permission set {PERMISSION_SET} is not there; plan the setup anew")
        return found

    def _first(self, sobject: str, *where: str) -> str | None:
        answer = self.client.read("setup", "query", params={"q": select(["Id"], sobject, *where)})
        return str(answer["records"][0]["Id"]) if answer["records"] else None


def _field_step(field: MappedField) -> SetupStep:
    metadata = {
        "label": (field.label or field.name.replace("_", " ").capitalize())[:40],
        "description": field.description[:1000],
        "inlineHelpText": field.description[:510],
        **_TYPES[field.type],
    }
    said = f"create the {metadata['type']} field Account.{field.source} ({metadata['label']})"
    return SetupStep(said, {"do": "field", "FullName": f"Account.{field.source}", "Metadata": metadata})


def _refuse_standard(missing: Sequence[MappedField]) -> None:
    problems = [
        FieldProblem("accounts", f.name, f.source, "cannot be created: a custom field's name ends in __c")
        for f in missing
        if not f.source.endswith("__c")
    ]
    if problems:
        raise FieldProblems(problems)
