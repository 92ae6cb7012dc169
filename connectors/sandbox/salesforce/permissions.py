"""What the connecting user may do, as the records of its permission sets and the org's sharing say it.

The profile and every permission set add up: what one of them grants is granted. Objects that no set can speak of
(see `rights.GUARDED`) are free to everybody.
"""

from __future__ import annotations

from connectors.sandbox.core import Core
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.rights import GUARDED, OBJECT_FLAGS, USER_PERMISSIONS
from connectors.sandbox.settings import Setting
from connectors.sandbox.state import Row

SETTINGS = (
    Setting(
        "account_sharing", "read_write", "what everybody may do with accounts of others",
        choices=("private", "read", "read_write"),
    ),
    Setting("owners_without_read", "", "ids of users who may not read accounts, as owners of some"),
    Setting("enforce_read", True, "such users are refused as owners also without OwnerChangeOptions (?)"),
)  # fmt: skip
_ALL = frozenset(OBJECT_FLAGS)
_GUARDED = frozenset(GUARDED)


class Permissions:
    """The rights of one user. Reads them once; `forget` after every write to the objects that hold them."""

    def __init__(self, core: Core, user: str) -> None:
        self._core, self._user = core, user
        self._general: frozenset[str] | None = None
        self._objects: dict[str, frozenset[str]] = {}
        self.version = 0
        """Moves with every `forget`."""

    def forget(self) -> None:
        """Reads the rights anew."""
        self._general = None
        self.version += 1

    def has(self, name: str) -> bool:
        """Whether the user has a permission of users, such as TransferAnyEntity."""
        return name in self._read()

    def on(self, object: str) -> frozenset[str]:
        """The flags on an object: Create, Read, Edit, Delete, ViewAllRecords, ModifyAllRecords."""
        general = self._read()
        return self._objects.get(object, frozenset()) if object in _GUARDED and general is not None else _ALL

    def hidden(self) -> frozenset[str]:
        """The objects that do not exist for this user."""
        return frozenset(object for object in _GUARDED if "Read" not in self.on(object))

    def _read(self) -> frozenset[str]:
        if self._general is None:
            self._general, self._objects = self._user_permissions(), self._object_permissions()
        return self._general

    def _user_permissions(self) -> frozenset[str]:
        columns = ", ".join(f'max(s."Permissions{name}")' for name in USER_PERMISSIONS)
        sql = (
            f"SELECT {columns} FROM PermissionSet s JOIN PermissionSetAssignment a ON a.PermissionSetId = s.Id"
            " WHERE a.AssigneeId = ?"
        )
        [row] = self._core.state.rows(sql, (self._user,))
        return frozenset(name for name, granted in zip(USER_PERMISSIONS, row, strict=True) if granted)

    def _object_permissions(self) -> dict[str, frozenset[str]]:
        columns = ", ".join(f'max(o."Permissions{flag}")' for flag in OBJECT_FLAGS)
        sql = (
            f"SELECT o.SobjectType, {columns} FROM ObjectPermissions o"
            " JOIN PermissionSetAssignment a ON a.PermissionSetId = o.ParentId WHERE a.AssigneeId = ? GROUP BY 1"
        )
        return {
            str(object): frozenset(flag for flag, granted in zip(OBJECT_FLAGS, flags, strict=True) if granted)
            for object, *flags in self._core.state.rows(sql, (self._user,))
        }

    # -- records

    def seen(self, object: SObject, alias: str = "t0") -> str | None:
        """The SQL that is true of records the user may see; None where that is all of them.

        Where accounts are private, opportunities, contacts and cases are seen with their account, or by their owner.
        """
        if self._core.settings["account_sharing"] != "private" or self._sees_all(object.name):
            return None
        user = self._user
        if object.name == "Account":
            shared = f'SELECT "AccountId" FROM "AccountShare" WHERE "UserOrGroupId" = \'{user}\''
            return f'("{alias}"."OwnerId" = \'{user}\' OR "{alias}"."Id" IN ({shared}))'
        if object.name in ("Opportunity", "Contact", "Case"):
            above = f'SELECT a."Id" FROM "Account" a WHERE {self._own_accounts("a")}'
            return f'("{alias}"."OwnerId" = \'{user}\' OR "{alias}"."AccountId" IN ({above}))'
        return None

    def _own_accounts(self, alias: str) -> str:
        if self._sees_all("Account"):
            return "1"
        shared = f'SELECT "AccountId" FROM "AccountShare" WHERE "UserOrGroupId" = \'{self._user}\''
        return f'("{alias}"."OwnerId" = \'{self._user}\' OR "{alias}"."Id" IN ({shared}))'

    def sees(self, object: SObject, id: str) -> bool:
        """Whether the user may see this record."""
        where = self.seen(object)
        if where is None:
            return True
        return bool(
            self._core.state.rows(f'SELECT 1 FROM "{object.name}" AS "t0" WHERE "Id" = ? AND {where}', (id,))
        )

    def _sees_all(self, object: str) -> bool:
        return bool({"ViewAllRecords", "ModifyAllRecords"} & self.on(object)) or (
            self.has("ViewAllData") or self.has("ModifyAllData")
        )

    # -- writing

    def check(self, object: SObject, action: str) -> None:
        """Refuses to create, edit or delete records of an object that the user may not."""
        if action in self.on(object.name) or self.has("ModifyAllData"):
            return
        if action == "Create":
            message = f"entity type cannot be inserted: {object.label}"
            raise CallFailed(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)
        raise _insufficient()

    def check_record(self, object: SObject, row: Row) -> None:
        """Refuses to change a record that the user does not see, or only reads."""
        if not self.sees(object, str(row["Id"])):
            raise RowFailed("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if object.name == "Account" and not self._edits(row):
            raise _insufficient()

    def _edits(self, account: Row) -> bool:
        if self._core.settings["account_sharing"] == "read_write" or account["OwnerId"] == self._user:
            return True
        if "ModifyAllRecords" in self.on("Account") or self.has("ModifyAllData"):
            return True
        sql = (
            'SELECT 1 FROM "AccountShare" WHERE "AccountId" = ? AND "UserOrGroupId" = ?'
            " AND \"AccountAccessLevel\" IN ('Edit', 'All')"
        )
        return bool(self._core.state.rows(sql, (account["Id"], self._user)))

    def check_transfer(self, object: SObject, row: Row) -> None:
        """Refuses to give away what is somebody else's without Transfer Record or Modify All (doc)."""
        mighty = self.has("TransferAnyEntity") or self.has("ModifyAllData")
        if not mighty and row.get("OwnerId") != self._user and "ModifyAllRecords" not in self.on(object.name):
            raise _insufficient()

    def check_new_owner(self, owner: str, enforced: bool | None) -> None:
        """Refuses an owner who may not read accounts; `enforced` as OwnerChangeOptions say, None without them."""
        wanted = self._core.settings["enforce_read"] if enforced is None else enforced
        without = {part.strip() for part in self._core.settings["owners_without_read"].split(",")}
        if wanted and owner in without:
            raise RowFailed("TRANSFER_REQUIRES_READ", "The new owner must have read permission")


def _insufficient() -> RowFailed:
    return RowFailed("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
