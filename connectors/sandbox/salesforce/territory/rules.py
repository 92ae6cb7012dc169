"""What the org demands of territories and of the records and users in them, beyond what it demands of any record."""

from __future__ import annotations

import re

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce.errors import RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.territory.objects import BY_RULE, FEATURE
from connectors.sandbox.salesforce.write import How
from connectors.sandbox.settings import Setting
from connectors.sandbox.state import Row
from connectors.sandbox.tables import Stored

SETTINGS = (
    Setting("territory_per_cause", False, "an account may be in a territory twice, by hand and by a rule (?)"),
    Setting("manage_territories", True, "the user has the permission Manage Territories"),
    Setting("group_members_a_call", 200, "users a call may put into or take out of territories before it holds the "
        "group membership lock for too long (?)", least=1),
)  # fmt: skip
_RECORDS, _USERS, _MODELS = "ObjectTerritory2Association", "UserTerritory2Association", "Territory2Model"
_NAMED = ("Territory2", _MODELS, "Territory2Type")
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
_KEPT = 12 * 3600 * 1000
"""Milliseconds for which deleted associations can still be queried (doc); there is no recycle bin for them."""


class TerritoryRules:
    """Asked by the Writer before it creates or deletes a record."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._members: dict[str, int] = {}
        """Users that one request has put into or taken out of territories so far."""

    def creating(self, object: SObject, row: Row, by: By, how: How) -> dict[str, Stored]:
        """What the org adds to the new record; RowFailed where it refuses it."""
        if object.feature != FEATURE:
            return {}
        self._check_permitted(how)
        if object.name in _NAMED:
            return self._named(object, row)
        self._check_open(str(row["Territory2Id"]))
        if object.name == _RECORDS:
            return self._record(row, how)
        return self._user(row, by)

    def deleting(self, object: SObject, row: Row, by: By, how: How) -> None:
        """RowFailed where the org refuses it; what hangs on the record goes with it."""
        if object.feature != FEATURE:
            if object.name in ("Account", "Lead"):
                self._drop(_RECORDS, "ObjectId", str(row["Id"]), by)
            return
        self._check_permitted(how)
        if object.name == _RECORDS and row["AssociationCause"] == BY_RULE and how.strict:
            raise _ruled()
        if object.name == _USERS:
            self._lock_groups(by)
        if object.name == "Territory2":
            self._drop(_RECORDS, "Territory2Id", str(row["Id"]), by)
            self._drop(_USERS, "Territory2Id", str(row["Id"]), by)
        self._forget_old(by)

    def _check_permitted(self, how: How) -> None:
        if how.strict and not self._org.core.settings["manage_territories"]:
            message = "insufficient access rights on cross-reference id"
            raise RowFailed("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message)

    def _named(self, object: SObject, row: Row) -> dict[str, Stored]:
        name = str(row["DeveloperName"])
        if not _NAME.fullmatch(name):
            message = f"The {object.label} API Name can only contain underscores and alphanumeric characters: {name}"
            raise RowFailed("INVALID_FIELD", message, "DeveloperName")
        where, values = '"DeveloperName" = ? COLLATE NOCASE', [name]
        if object.name == "Territory2":
            where, values = f'{where} AND "Territory2ModelId" = ?', [name, str(row["Territory2ModelId"])]
        if self._org.core.state.rows(f'SELECT 1 FROM "{object.name}" WHERE {where}', values):
            raise RowFailed("DUPLICATE_DEVELOPER_NAME", f"the name {name} is already in use", "DeveloperName")
        return {"State": "Planning"} if object.name == _MODELS else {}

    def _check_open(self, territory: str) -> None:
        """Associations are made by hand in models that are active or planned, not in archived ones (doc)."""
        found = self._org.core.state.read("Territory2", territory) or {}
        model = self._org.core.state.read(_MODELS, found.get("Territory2ModelId")) or {}
        if model.get("State") == "Archived":
            raise RowFailed("INVALID_OPERATION", "The territory model is archived and cannot be changed.")

    def _record(self, row: Row, how: How) -> dict[str, Stored]:
        if row["AssociationCause"] == BY_RULE and how.strict:
            raise _ruled()
        where, values = (
            '"ObjectId" = ? AND "Territory2Id" = ? AND "IsDeleted" = 0',
            [row["ObjectId"], row["Territory2Id"]],
        )
        if self._org.core.settings["territory_per_cause"]:
            where, values = f'{where} AND "AssociationCause" = ?', [*values, row["AssociationCause"]]
        self._refuse_second(_RECORDS, where, values)
        return {"SobjectType": "Account" if str(row["ObjectId"]).startswith("001") else "Lead"}

    def _user(self, row: Row, by: By) -> dict[str, Stored]:
        user = self._org.core.state.read("User", row["UserId"]) or {}
        if not user.get("IsActive"):
            message = f"operation performed with inactive User [{row['UserId']}]"
            raise RowFailed("INACTIVE_OWNER_OR_USER", message)
        self._refuse_second(
            _USERS, '"UserId" = ? AND "Territory2Id" = ?', [row["UserId"], row["Territory2Id"]]
        )
        self._lock_groups(by)
        return {"IsActive": 1}

    def _refuse_second(self, object: str, where: str, values: list[Stored]) -> None:
        same = self._org.core.state.rows(f'SELECT "Id" FROM "{object}" WHERE {where}', values)
        if same:
            message = f"duplicate value found: <unknown> duplicates value on record with id: {same[0][0]}"
            raise RowFailed("DUPLICATE_VALUE", message)

    def _lock_groups(self, by: By) -> None:
        """Members of territories are members of groups, whose one lock the org waits for no longer than 10 s (doc)."""
        request = str(by.request_id)
        done = self._members.get(request, 0) + 1
        self._members = {request: done}
        if done > self._org.core.settings["group_members_a_call"]:
            raise RowFailed("UNABLE_TO_LOCK_ROW", GROUP_LOCKED)

    def _drop(self, object: str, column: str, id: str, by: By) -> None:
        state = self._org.core.state
        for (found,) in state.rows(f'SELECT "Id" FROM "{object}" WHERE "{column}" = ?', (id,)):
            state.remove(object, found, by)

    def _forget_old(self, by: By) -> None:
        sql = f'DELETE FROM "{_RECORDS}" WHERE "IsDeleted" = 1 AND "SystemModstamp" < ?'
        self._org.core.state.run(sql, (by.at - _KEPT,))


GROUP_LOCKED = "Group membership operation already in progress"


def _ruled() -> RowFailed:
    message = "An object territory association cannot be created or deleted with Territory Assignment Rule association cause."
    return RowFailed("INVALID_OPERATION", message, "AssociationCause")
