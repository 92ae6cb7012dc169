"""What hangs on accounts and opportunities beside the objects of a sale: cases, and the teams of deals."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.lines import sobject
from connectors.sandbox.tables import Stored

_CASE = """
CaseNumber|string(30)|Case Number|readonly required name fixed
ContactId|reference|Contact ID|to=Contact:Contact
AccountId|reference|Account ID|to=Account:Account index
Subject|string(255)|Subject|
Description|textarea(32000)|Description|
Type|picklist|Case Type|in=Mechanical;Electrical;Other
Status|picklist|Status|default fixed in=New;Working;Escalated;Closed
Origin|picklist|Case Origin|in=Phone;Email;Web
Priority|picklist|Priority|default in=High;Medium;Low
IsClosed|boolean|Closed|readonly required fixed
ClosedDate|datetime|Closed Date|readonly fixed
OwnerId|reference|Owner ID|required default fixed to=Group,User:Owner index
"""
_DEAL_TEAM = """
OpportunityId|reference|Opportunity ID|required fixed createonly to=Opportunity:Opportunity index
UserId|reference|User ID|required fixed createonly to=User:User
TeamMemberRole|picklist|Team Role|fixed in=Account Manager;Executive Sponsor;Lead Qualifier;Pre-Sales Consultant;Sales Manager;Sales Rep
OpportunityAccessLevel|picklist|Opportunity Access|fixed in=Read;Edit;All
"""
_ACCOUNT_HISTORY = """
AccountId|reference|Account ID|readonly fixed to=Account:Account index
Field|picklist(255)|Changed Field|readonly fixed
DataType|picklist(40)|Datatype|readonly fixed
OldValue|string(255)|Old Value|readonly fixed
NewValue|string(255)|New Value|readonly fixed
"""
_NO_EDITS = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")

AROUND: tuple[SObject, ...] = (
    sobject("Case", "Cases", "500", _CASE, currency=True),
    sobject(
        "OpportunityTeamMember", "Opportunity Team Members", "00q", _DEAL_TEAM, feature="opportunity_teams"
    ),
    sobject(
        "AccountHistory", "Account History", "017", _ACCOUNT_HISTORY,
        bin=False, writable="", feature="owner_history", lacks=_NO_EDITS,
    ),
)  # fmt: skip


def number_of(count: int) -> str:
    """The CaseNumber of the n-th case."""
    return f"{count:08d}"


def closing(object: SObject, changed: Mapping[str, Stored], now: int) -> dict[str, Stored]:
    """What follows from a case's status; `now` in ms."""
    if object.name != "Case" or "Status" not in changed:
        return {}
    closed = changed["Status"] == "Closed"
    return {"IsClosed": int(closed), "ClosedDate": now // 1000 * 1000 if closed else None}
