"""Account teams, opportunity teams and shares: what adding and removing one of their rows brings with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.errors import RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.tables import Stored

_KEYS: Mapping[str, tuple[str, ...]] = {
    "AccountTeamMember": ("AccountId", "UserId"),
    "OpportunityTeamMember": ("OpportunityId", "UserId"),
    "AccountShare": ("AccountId", "UserOrGroupId", "RowCause"),
}
"""What identifies a row: adding it again changes the one that is there, and answers with its id (doc)."""


def is_membership(object: SObject) -> bool:
    """Whether this is a team's or a share's object; its rows leave for good, past the recycle bin."""
    return object.name in _KEYS


def completed(object: SObject, row: Mapping[str, Stored]) -> dict[str, Stored]:
    """What such a row holds if nobody says otherwise; RowFailed where a share claims another cause than a hand."""
    if object.name == "AccountShare":
        if row.get("RowCause") not in (None, "Manual"):
            message = f"Sharing cause: invalid value for a share that is created: {row['RowCause']}"
            raise RowFailed("FIELD_INTEGRITY_EXCEPTION", message, "RowCause")
        return {"RowCause": "Manual"}
    if object.name in _KEYS:
        level = object.name.removesuffix("TeamMember") + "AccessLevel"
        return {level: row.get(level) or "Read"}
    return {}


def same(org: Org, object: SObject, row: Mapping[str, Stored]) -> str | None:
    """The id of the row that a new one repeats, None where there is none."""
    keys = _KEYS.get(object.name, ())
    if not keys:
        return None
    where = " AND ".join(f'"{key}" IS ?' for key in keys)
    found = org.core.state.rows(f'SELECT "Id" FROM "{object.name}" WHERE {where}', [row.get(k) for k in keys])
    return str(found[0][0]) if found else None


def joined(org: Org, object: SObject, row: Mapping[str, Any], by: By) -> None:
    """A new member of an account's team may see the account: a share of cause Team."""
    if object.name != "AccountTeamMember" or _team_share(org, row) is not None:
        return
    share = {
        "Id": ids.make("00r", org.next_number("AccountShare")),
        "AccountId": row["AccountId"],
        "UserOrGroupId": row["UserId"],
        "AccountAccessLevel": row["AccountAccessLevel"],
        "OpportunityAccessLevel": "None",
        "RowCause": "Team",
        "IsDeleted": 0,
    }
    org.core.state.insert("AccountShare", org.stamped(share, by, new=True), by)


def left(org: Org, object: SObject, row: Mapping[str, Any], by: By) -> None:
    """Who leaves a team loses its share; RowFailed where a share is not one that a hand can take back."""
    if object.name == "AccountShare" and row["RowCause"] != "Manual":
        message = "insufficient access rights on object id"
        raise RowFailed("INSUFFICIENT_ACCESS_OR_READONLY", message)
    share = _team_share(org, row) if object.name == "AccountTeamMember" else None
    if share is not None:
        org.core.state.remove("AccountShare", share, by)


def _team_share(org: Org, member: Mapping[str, Any]) -> str | None:
    sql = 'SELECT "Id" FROM "AccountShare" WHERE "AccountId" = ? AND "UserOrGroupId" = ? AND "RowCause" = \'Team\''
    found = org.core.state.rows(sql, (member["AccountId"], member["UserId"]))
    return str(found[0][0]) if found else None
