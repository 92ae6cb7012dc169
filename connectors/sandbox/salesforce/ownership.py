"""What an owner change does to the rest of an account, and what OwnerChangeOptions changes about that.

By itself an API owner change moves the account alone, deletes its team with the shares of that team (since
Winter '21), and its manual shares (doc).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.state import quoted
from connectors.sandbox.tables import Column, Stored, Table

KINDS: dict[str, int] = {
    "EnforceNewOwnerHasReadAccess": 36, "KeepAccountTeam": 45, "KeepSalesTeam": 45,
    "KeepSalesTeamGrantCurrentOwnerReadWriteAccess": 44, "SendEmail": 35, "TransferAllOwnedCases": 45,
    "TransferArticleOwnedPublishedVersion": 35, "TransferArticleOwnedArchivedVersions": 35,
    "TransferArticleAllVersions": 35, "TransferContacts": 35, "TransferContracts": 35,
    "TransferNotesAndAttachments": 35, "TransferOpenActivities": 35, "TransferOrders": 35,
    "TransferOthersOpenOpportunities": 35, "TransferOwnedClosedOpportunities": 45, "TransferOwnedOpenCases": 45,
    "TransferOwnedOpenOpportunities": 35,
}  # fmt: skip
"""The types of OwnerChangeOptions and the first API version of each (doc, v67)."""
NEEDS = {
    "KeepSalesTeamGrantCurrentOwnerReadWriteAccess": "KeepSalesTeam",
    "TransferAllOwnedCases": "TransferOwnedOpenCases",
    "TransferOthersOpenOpportunities": "TransferOwnedOpenOpportunities",
}
"""What must be executed too when a type is (doc)."""
EMAILS = Table("SentEmail", (Column("Id"), Column("RecipientId"), Column("AboutId")))
"""The mails that the org sent about owner changes; no object of the API, its history tells them."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options that a call executes; `given` is False where it had no OwnerChangeOptions at all."""

    executed: frozenset[str] = frozenset()
    given: bool = False

    def __contains__(self, kind: str) -> bool:
        return kind in self.executed


NO_OPTIONS = Options()


@dataclass(frozen=True, slots=True)
class Moved:
    """One account that changes hands."""

    account: str
    old: str
    new: str
    by: By
    options: Options


@dataclass(frozen=True, slots=True)
class Child:
    """Records that hang on an account: those of `object` under `where`, moved by an option."""

    option: str
    object: str
    link: str
    where: str = "1"
    whose: str = "old"
    """`old`: only the old owner's; `others`: only those of others; or a setting that says `owner` or `anyone`."""


_CHILDREN = (
    Child("TransferOwnedOpenOpportunities", "Opportunity", "AccountId", '"IsClosed" = 0'),
    Child("TransferOthersOpenOpportunities", "Opportunity", "AccountId", '"IsClosed" = 0', "others"),
    Child("TransferOwnedClosedOpportunities", "Opportunity", "AccountId", '"IsClosed" = 1'),
    Child("TransferOpenActivities", "Task", "WhatId", '"IsClosed" = 0', "transferred_activities"),
    Child("TransferOpenActivities", "Event", "WhatId", '"EndDateTime" > :now', "transferred_activities"),
    Child("TransferOwnedOpenCases", "Case", "AccountId", '"IsClosed" = 0'),
    Child("TransferAllOwnedCases", "Case", "AccountId"),
    Child("TransferContacts", "Contact", "AccountId", whose="transferred_contacts"),
)


class Ownership:
    """Follows owner changes of accounts through one org, inside the caller's transaction."""

    def __init__(self, org: Org) -> None:
        self._org, self._state = org, org.core.state
        self._state.declare(EMAILS)

    def follow(self, moved: Moved) -> None:
        """Everything that happens because this account has a new owner."""
        if self._org.core.settings["owner_history"]:
            self._track(moved)
        self._drop_team(moved)
        self._drop_shares(moved)
        for child in _CHILDREN:
            if child.option in moved.options and child.object.lower() in self._org.every:
                self._transfer(child, moved)
        if "SendEmail" in moved.options:
            id = ids.make("02s", self._org.next_number("SentEmail"))
            self._state.insert(
                "SentEmail", {"Id": id, "RecipientId": moved.new, "AboutId": moved.account}, moved.by
            )

    def _track(self, moved: Moved) -> None:
        """Two rows of history, as for every lookup: one with the names, one with the ids (doc)."""
        named = [(self._state.read("User", id) or {}).get("Name") for id in (moved.old, moved.new)]
        for type, (old, new) in (("Text", named), ("EntityId", (moved.old, moved.new))):
            told: dict[str, Stored] = {
                "Id": ids.make("017", self._org.next_number("AccountHistory")), "AccountId": moved.account,
                "Field": "Owner", "DataType": type, "OldValue": old, "NewValue": new,
            }  # fmt: skip
            row = self._org.stamped(told, moved.by, new=True)
            self._state.load("AccountHistory", list(row), [tuple(row.values())])

    def _drop_team(self, moved: Moved) -> None:
        """The team goes unless it is kept; what was added through group-based access goes in any case (doc)."""
        sql = 'SELECT "Id", "UserId", "CreatedById" FROM "AccountTeamMember" WHERE "AccountId" = ?'
        by_groups = self._org.listed("group_access_users")
        for id, user, adder in self._state.rows(sql, (moved.account,)):
            if "KeepAccountTeam" in moved.options and str(adder).lower() not in by_groups:
                continue
            self._state.remove("AccountTeamMember", id, moved.by)
            self._drop_share(moved.account, str(user), "Team", moved.by)

    def _drop_share(self, account: str, user: str, cause: str, by: By) -> None:
        sql = (
            'SELECT "Id" FROM "AccountShare" WHERE "AccountId" = ? AND "UserOrGroupId" = ? AND "RowCause" = ?'
        )
        for (id,) in self._state.rows(sql, (account, user, cause)):
            self._state.remove("AccountShare", id, by)

    def _drop_shares(self, moved: Moved) -> None:
        """Manual shares, which no option keeps."""
        sql = 'SELECT "Id" FROM "AccountShare" WHERE "AccountId" = ? AND "RowCause" = \'Manual\''
        for (id,) in self._state.rows(sql, (moved.account,)):
            self._state.remove("AccountShare", id, moved.by)

    def _transfer(self, child: Child, moved: Moved) -> None:
        for id in self._found(child, moved):
            stamps = self._org.stamped({}, moved.by)
            self._state.update(child.object, id, {"OwnerId": moved.new}, moved.by, stamps=stamps)
            if child.object == "Opportunity" and "KeepSalesTeam" not in moved.options:
                self._drop_sales_team(id, moved.by)

    def _found(self, child: Child, moved: Moved) -> Iterator[str]:
        whose = child.whose if child.whose in ("old", "others") else self._org.core.settings[child.whose]
        owner = {"old": "= ?", "owner": "= ?", "others": "<> ?", "anyone": "IS NOT ?"}[whose]
        asked = moved.new if whose == "anyone" else moved.old
        where = child.where.replace(":now", str(self._org.core.clock.now()))
        sql = f'SELECT "Id" FROM {quoted(child.object)} WHERE "{child.link}" = ? AND "OwnerId" {owner} AND {where}'
        for (id,) in self._state.rows(f'{sql} AND "IsDeleted" = 0', (moved.account, asked)):
            yield str(id)

    def _drop_sales_team(self, opportunity: str, by: By) -> None:
        if "opportunityteammember" not in self._org.every:
            return
        sql = 'SELECT "Id" FROM "OpportunityTeamMember" WHERE "OpportunityId" = ?'
        for (id,) in self._state.rows(sql, (opportunity,)):
            self._state.remove("OpportunityTeamMember", id, by)
