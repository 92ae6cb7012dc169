"""Which objects make up the tables beside the main ones; the config maps nothing in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from connectors.records import RecordKind
from connectors.salesforce.reading.main_parts import share
from connectors.salesforce.reading.tables import Columns, Derive, Part, constant

_STAMPED = {"id": "Id", "modified_at": "SystemModstamp"}


def _when(name: str, yes: str, no: str) -> Derive:
    def derive(page: Columns, not_people: Collection[str]) -> pa.Array:
        return pc.if_else(page.get(name, pa.bool_()), yes, no)

    return derive


_STAGES = Part(
    "OpportunityStage",
    ("DefaultProbability",),
    {"probability": share("DefaultProbability")},
    has_deleted=False,
    standard={
        **_STAMPED,
        "name": "ApiName",
        "label": "MasterLabel",
        "sort_order": "SortOrder",
        "closed": "IsClosed",
        "won": "IsWon",
        "active": "IsActive",
    },
)
_ACCOUNT_TEAM = Part(
    "AccountTeamMember",
    derived={"kind": constant("account_team")},
    standard={
        **_STAMPED,
        "account_id": "AccountId",
        "user_id": "UserId",
        "role": "TeamMemberRole",
        "access": "AccountAccessLevel",
    },
    optional=True,
)
_DEAL_TEAM = Part(
    "OpportunityTeamMember",
    derived={"kind": constant("opportunity_team")},
    standard={
        **_STAMPED,
        "opportunity_id": "OpportunityId",
        "account_id": "Opportunity.AccountId",
        "user_id": "UserId",
        "role": "TeamMemberRole",
        "access": "OpportunityAccessLevel",
    },
    optional=True,
)
_MANUAL_SHARES = Part(
    "AccountShare",
    derived={"kind": constant("manual_share")},
    where="RowCause = 'Manual'",
    standard={
        "id": "Id",
        "modified_at": "LastModifiedDate",
        "account_id": "AccountId",
        "user_id": "UserOrGroupId",
        "access": "AccountAccessLevel",
    },
    stamp="LastModifiedDate",  # shares have no SystemModstamp (doc)
    optional=True,
)
_CONTACTS = Part(
    "Contact",
    derived={"kind": constant("contact"), "count": constant(1)},
    where="AccountId != null",
    standard={"id": "Id", "account_id": "AccountId", "owner_id": "OwnerId"},
    optional=True,
)
_CASES = Part(
    "Case",
    ("IsClosed",),
    {"kind": _when("IsClosed", "closed_case", "open_case"), "count": constant(1)},
    where="AccountId != null",
    standard={"id": "Id", "account_id": "AccountId", "owner_id": "OwnerId"},
    optional=True,
)
BESIDE_PARTS: Mapping[RecordKind, tuple[Part, ...]] = {
    RecordKind.STAGES: (_STAGES,),
    RecordKind.MEMBERS: (_ACCOUNT_TEAM, _DEAL_TEAM, _MANUAL_SHARES),
    RecordKind.CHILDREN: (_CONTACTS, _CASES),
}
