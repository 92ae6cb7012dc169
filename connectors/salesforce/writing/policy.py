"""The declared policy of an owner change: which way it is written, and what Salesforce is told to do beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.errors import Refused
from connectors.salesforce.config import OwnerChange, SalesforceSettings


class Way(StrEnum):
    """How accounts get another owner."""

    SOAP = "soap"
    COLLECTIONS = "collections"
    BULK = "bulk"
    STRICT = "strict"


UNSURE = frozenset(["open_activities", "contacts"])
"""What the header may move although somebody else has it: the documentation does not say whose (?)."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """The way that is taken, and why, in words."""

    way: Way
    why: str


def strategy(settings: SalesforceSettings, has_teams: bool) -> Strategy:
    """How this org's accounts change hands; Refused where the config would lose teams without saying so."""
    change = settings.owner_change
    if settings.strict:
        chosen = Strategy(Way.STRICT, "crm.strict is true: each record only if its ETag is unmoved")
    elif change.way != "auto":
        chosen = Strategy(Way(change.way), f"crm.owner_change.way is {change.way}")
    else:
        chosen = _automatic(change, has_teams)
    if chosen.way is not Way.SOAP and has_teams and not teams_may_go(change):
        raise Refused(
            f"{chosen.why}, which deletes the account teams of accounts that change hands, and this org has account "
            "teams; take owner_change.way: soap, or set owner_change.restore: true (they are put back), "
            "or owner_change.may_lose_teams_and_shares: true",
            code="OWNER_CHANGE",
        )
    return chosen


def _automatic(change: OwnerChange, has_teams: bool) -> Strategy:
    if has_teams and change.keep_account_team:
        return Strategy(Way.SOAP, "the org has account teams, which only SOAP keeps")
    if change.moves_children:
        return Strategy(Way.SOAP, "SOAP moves an account and what goes with it in one transaction")
    if change.send_email:
        return Strategy(Way.SOAP, "only SOAP has Salesforce tell the new owner by mail")
    why = "account teams may go" if has_teams else "the org has no account teams"
    return Strategy(Way.COLLECTIONS, f"{why} and nothing is transferred")


def teams_may_go(change: OwnerChange) -> bool:
    """Whether the config says that account teams need not survive, or are put back."""
    return not change.keep_account_team or change.may_lose_teams_and_shares or change.restore


def options(change: OwnerChange) -> Sequence[tuple[str, bool]]:
    """OwnerChangeOptions for accounts: each type and whether it is executed (doc, v62).

    Types that are not wanted are named too: what an org does where a type is left out is its own default, which
    before v35 was to move activities and notes.
    """
    transfer, ours = change.transfer, by_ourselves(change, Way.SOAP)
    return (
        ("KeepAccountTeam", change.keep_account_team),
        ("KeepSalesTeam", change.keep_opportunity_teams and transfer.open_opportunities),
        ("SendEmail", change.send_email),
        ("TransferOpenActivities", transfer.open_activities and "open_activities" not in ours),
        ("TransferNotesAndAttachments", False),
        ("TransferOwnedOpenOpportunities", transfer.open_opportunities),
        ("TransferOthersOpenOpportunities", False),
        ("TransferOwnedClosedOpportunities", False),
        ("TransferOwnedOpenCases", transfer.cases),
        ("TransferAllOwnedCases", False),
        ("TransferContacts", transfer.contacts and "contacts" not in ours),
        ("TransferContracts", False),
        ("TransferOrders", False),
    )


def by_ourselves(change: OwnerChange, way: Way) -> tuple[str, ...]:
    """Kinds of children, as `transfer` names them, that we move by updates of their own."""
    wanted = [name for name, move in change.transfer.model_dump().items() if move]
    if way is not Way.SOAP:
        return tuple(wanted)
    return tuple(name for name in wanted if change.one_by_one and name in UNSURE)
