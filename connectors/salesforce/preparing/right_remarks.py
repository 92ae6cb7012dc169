"""What our user may not do and should, with the very permission to grant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Remark
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.preparing.asking import Asking
from connectors.salesforce.preparing.needs import Need
from connectors.salesforce.preparing.rights import (
    MANAGE_TERRITORIES,
    PERMISSION_SET,
    ObjectRight,
    UserRight,
    object_rights,
    user_rights,
)
from connectors.salesforce.preparing.shape import Shape
from connectors.salesforce.soql import any_of

_GRANT = f'grant it in a permission set of our user ("territory setup" makes {PERMISSION_SET})'
_SEEN_SHARE = 0.95
"""Of the org's own count, which is some hours old; seeing less says that sharing hides records."""
_FEW = 100
_FLAGS = ("Read", "Edit", "ViewAllRecords", "ModifyAllRecords")


@dataclass(frozen=True, slots=True)
class RightRemarks:
    """Looks at permissions as the org's records and describe tell them."""

    asking: Asking
    shape: Shape
    settings: SalesforceSettings
    user_id: str
    territories: bool = False
    """Whether the config keeps memberships in the org's own territories."""

    def all(self, needs: list[Need], *, writing: bool) -> Iterator[Remark]:
        """Objects, how many accounts are seen, permissions of the user, fields."""
        sets = self._sets()
        wide = bool(sets and any(row.get("PermissionsModifyAllData") for row in sets))
        held = self._objects(sets)
        for right in object_rights(self.settings):
            yield from self._object(right, held, wide=wide, writing=writing)
        yield from self._seen("Account", "accounts")
        if sets is None:
            yield _unknown("permissions", "permission sets")
        else:
            wanted = [
                right for right in user_rights(self.settings) if writing or right.name != "TransferAnyEntity"
            ]
            yield from self._user(wanted, sets, held, wide=wide)
            if self.territories and writing:
                yield from self._manages_territories(sets)
        yield from self._fields(needs, writing=writing)

    def _sets(self) -> list[Mapping[str, Any]] | None:
        """What each permission set of our user grants; a profile counts as one."""
        names = [right.column for right in user_rights(self.settings)] + ["PermissionsModifyAllData"]
        columns = ", ".join(f"PermissionSet.{name}" for name in names)
        where = any_of("AssigneeId", [self.user_id])
        rows = self.asking.records(
            f"SELECT PermissionSetId, {columns} FROM PermissionSetAssignment WHERE {where}"
        )
        if not rows:
            return None
        return [{"Id": row["PermissionSetId"], **(row.get("PermissionSet") or {})} for row in rows]

    def _manages_territories(self, sets: list[Mapping[str, Any]]) -> Iterator[Remark]:
        where = any_of("Id", [str(row["Id"]) for row in sets])
        asked = f"SELECT Id FROM PermissionSet WHERE {where} AND {MANAGE_TERRITORIES.column} = true"
        rows = self.asking.records(asked)
        if rows is None:
            said = "the org knows no Manage Territories: switch Sales Territories on, or leave outputs.territories out"
            yield Remark("territories", False, said)
        elif not rows:
            right = MANAGE_TERRITORIES
            said = f"our user lacks {right.label} ({right.purpose}): grant it in a permission set of our user"
            yield Remark("permission", False, said)

    def _objects(self, sets: list[Mapping[str, Any]] | None) -> Mapping[str, set[str]] | None:
        """Rights per object, None where they cannot be looked at."""
        if sets is None:
            return None
        columns = ", ".join(f"Permissions{flag}" for flag in _FLAGS)
        where = any_of("ParentId", [str(row["Id"]) for row in sets])
        rows = self.asking.records(f"SELECT SobjectType, {columns} FROM ObjectPermissions WHERE {where}")
        held: dict[str, set[str]] = {}
        for row in rows or ():
            held.setdefault(str(row["SobjectType"]), set()).update(
                flag for flag in _FLAGS if row[f"Permissions{flag}"]
            )
        return None if rows is None else held

    def _object(
        self, right: ObjectRight, held: Mapping[str, set[str]] | None, *, wide: bool, writing: bool
    ) -> Iterator[Remark]:
        found, essential = self.shape.of(right.sobject), right.sobject in ("Account", "Opportunity")
        if found is None:
            moved = right.edit and writing
            yield (_lacks if essential or moved else _advises)(f"{right.sobject}: Read", right.purpose)
            return
        edit = right.edit and writing
        if edit and not found["updateable"]:
            yield _lacks(f"{right.sobject}: Edit", right.purpose)
        flags = None if held is None else held.get(right.sobject, set())
        if flags is None or wide:
            return
        if not {"ViewAllRecords", "ModifyAllRecords"} & flags:
            yield _advises(
                f"{right.sobject}: View All", f"{right.purpose}: without it only shared records are seen"
            )
        if edit and "ModifyAllRecords" not in flags:
            said = "without it only records that sharing lets our user edit can be written"
            yield _advises(f"{right.sobject}: Modify All", f"{right.purpose}: {said}")

    def _seen(self, sobject: str, noun: str) -> Iterator[Remark]:
        there, seen = self.asking.recorded(sobject), self.asking.count(f"SELECT COUNT() FROM {sobject}")
        if there is None or seen is None:
            yield Remark(noun, True, f"how many {noun} there are beside those we see could not be looked at")
        elif seen < there * _SEEN_SHARE and there - seen > _FEW:
            said = f"our user sees {seen:,} of about {there:,} {noun} ({seen / there:.0%}): grant View All on {sobject}"
            yield Remark(noun, False, said)
        else:
            yield Remark(noun, True, f"our user sees {seen:,}, the org counts about {there:,}")

    def _user(
        self,
        wanted: list[UserRight],
        sets: list[Mapping[str, Any]],
        held: Mapping[str, set[str]] | None,
        *,
        wide: bool,
    ) -> Iterator[Remark]:
        for right in wanted:
            if any(row.get(right.column) for row in sets) or wide:
                continue
            covered = right.name == "TransferAnyEntity" and "ModifyAllRecords" in (held or {}).get(
                "Account", ()
            )
            if not covered:
                yield _lacks(right.label, right.purpose)

    def _fields(self, needs: list[Need], *, writing: bool) -> Iterator[Remark]:
        """Fields that exist and our user cannot use; those that exist nowhere are told by the check of the mapping."""
        for need in needs:
            if need.usable or (need.edit and not writing) or need.guard is None:
                continue
            if self.shape.of(need.sobject) is None:
                continue  # what is lacking is the object
            may = "Read and Edit" if need.edit else "Read"
            said = f"{need.guard} is there and our user may not {may.lower()} it: grant {may} on it to {PERMISSION_SET}"
            if need.source not in need.guard:
                said += f" (it hides {need.source})"
            if self.shape.find(need.sobject, need.source) is None and need.edit:
                said += ', or create it: "territory setup"'
            yield Remark("field access", False, said)


def _lacks(right: str, purpose: str) -> Remark:
    return Remark("permission", False, f"our user lacks {right} ({purpose}): {_GRANT}")


def _advises(right: str, purpose: str) -> Remark:
    return Remark("permission", True, f"our user lacks {right} ({purpose}); {_GRANT}")


def _unknown(what: str, which: str) -> Remark:
    said = f"{which} could not be looked at, which takes View Setup and Configuration: compare with docs/salesforce.md"
    return Remark(what, True, said)
