"""Which of Salesforce's own fields the standard columns are read from, as long as the config does not say otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.mapping import FieldMap, standard_fields
from connectors.records import RecordKind

STANDARD: Mapping[RecordKind, Mapping[str, str]] = {
    RecordKind.ACCOUNTS: {
        "id": "Id",
        "name": "Name",
        "owner_id": "OwnerId",
        "parent_id": "ParentId",
        "country": "BillingCountry",
        "state": "BillingState",
        "city": "BillingCity",
        "postal_code": "BillingPostalCode",
        "website": "Website",
        "industry": "Industry",
        "employees": "NumberOfEmployees",
        "annual_revenue": "AnnualRevenue",
        "currency": "CurrencyIsoCode",
        "type": "Type",
        "created_at": "CreatedDate",
        "modified_at": "SystemModstamp",
        "deleted": "IsDeleted",
    },
    RecordKind.OWNERS: {
        "id": "Id",
        "name": "Name",
        "email": "Email",
        "active": "IsActive",
        "person": "UserType",
        "modified_at": "SystemModstamp",
    },
    RecordKind.OPPORTUNITIES: {
        "id": "Id",
        "account_id": "AccountId",
        "owner_id": "OwnerId",
        "name": "Name",
        "stage": "StageName",
        "amount": "Amount",
        "currency": "CurrencyIsoCode",
        "probability": "Probability",
        "close_date": "CloseDate",
        "closed": "IsClosed",
        "won": "IsWon",
        "created_at": "CreatedDate",
        "modified_at": "SystemModstamp",
        "deleted": "IsDeleted",
    },
    RecordKind.ACTIVITIES: {
        "id": "Id",
        "account_id": "AccountId",
        "owner_id": "OwnerId",
        "type": "TaskSubtype",
        "direction": "CallType",
        "status": "Status",
        "minutes": "CallDurationInSeconds",
        "occurred_at": "ActivityDate",
        "modified_at": "SystemModstamp",
        "deleted": "IsDeleted",
    },
}
OBJECTS: Mapping[RecordKind, tuple[str, ...]] = {
    RecordKind.ACCOUNTS: ("Account",),
    RecordKind.OWNERS: ("User",),
    RecordKind.OPPORTUNITIES: ("Opportunity",),
    RecordKind.ACTIVITIES: ("Task", "Event"),
}
"""Where mapped fields of a table are looked for; a field of activities may be in either."""
BEHIND: Mapping[str, Mapping[str, str]] = {
    "User": {"Username": "person", "UserType": "person"},
    "Opportunity": {"Probability": "probability"},
    "Task": {
        "TaskSubtype": "type",
        "Type": "type",
        "CallType": "direction",
        "CallDurationInSeconds": "minutes",
        "IsClosed": "occurred_at",
        "CompletedDateTime": "occurred_at",
        "ActivityDate": "occurred_at",
    },
    "Event": {
        "DurationInMinutes": "minutes",
        "StartDateTime": "occurred_at",
        "ActivityDateTime": "occurred_at",
    },
}
"""By object the fields that a column is made of, whatever is mapped; the column is on the right."""
_ONLY_OF_TASKS = frozenset(["TaskSubtype", "CallType", "CallDurationInSeconds", "Status"])


def needed(kind: RecordKind, sobject: str, fields: FieldMap) -> dict[str, str]:
    """The fields without which a column would be blank for this object alone, each with that column."""
    usual = {
        field.source: field.name
        for field in fields.of(kind)
        if STANDARD[kind].get(field.name) == field.source
        and not (sobject == "Event" and field.source in _ONLY_OF_TASKS)
    }
    return {**usual, **BEHIND.get(sobject, {})}


def default_fields() -> FieldMap:
    """Every standard column from Salesforce's own fields."""
    return FieldMap({kind: standard_fields(kind, names) for kind, names in STANDARD.items()})


def output_name(name: str) -> str:
    """touches_30d → Territory_Touches_30d__c."""
    return "Territory_" + "_".join(part[:1].upper() + part[1:] for part in name.split("_")) + "__c"
