"""What an org's objects have: describe, kept for the life of a connection, and held against the mapping."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import FieldProblem, Refused
from connectors.mapping import FieldMap, FieldRole, FieldType, MappedField, standard_fields
from connectors.records import COLUMNS, RecordKind

if TYPE_CHECKING:
    from connectors.salesforce.wire.client import Client

_STANDARD: Mapping[RecordKind, Mapping[str, str]] = {
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
_MAY_BE_ABSENT = frozenset(["CurrencyIsoCode"])
"""Only an org with several currencies has it."""
_COMPOUND = frozenset(["address", "location", "base64", "anyType", "complexvalue", "json"])
_NUMERIC = frozenset(["double", "currency", "percent", "int", "long"])
_FITS: Mapping[FieldType, frozenset[str]] = {
    FieldType.INTEGER: _NUMERIC,
    FieldType.NUMBER: _NUMERIC,
    FieldType.BOOLEAN: frozenset(["boolean"]),
    FieldType.DATE: frozenset(["date", "datetime"]),
    FieldType.DATETIME: frozenset(["date", "datetime"]),
}


@dataclass(frozen=True, slots=True)
class Described:
    """One field as the org's describe shows it to us."""

    name: str
    type: str
    updateable: bool
    scale: int
    createable: bool = False

    @property
    def is_reference(self) -> bool:
        """Whether it holds an id."""
        return self.type in ("reference", "id")


class Fields:
    """The fields of an org that our user may read, by object; each object is described once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._described: dict[str, dict[str, Described]] = {}

    def of(self, sobject: str) -> Mapping[str, Described]:
        """The readable fields of an object by casefolded name; Refused where there is no such object."""
        if sobject not in self._described:
            answer = self._client.read("describe", f"sobjects/{sobject}/describe")
            self._described[sobject] = {
                field["name"].casefold(): Described(
                    field["name"],
                    field["type"],
                    bool(field["updateable"]),
                    int(field.get("scale") or 0),
                    bool(field.get("createable")),
                )
                for field in answer["fields"]
            }
        return self._described[sobject]

    def find(self, sobject: str, source: str) -> Described | None:
        """The field of this name, whatever its case; None where it does not exist or may not be read."""
        return self.of(sobject).get(source.casefold())

    def has_object(self, sobject: str) -> bool:
        """Whether the org has this object, as far as our user may know."""
        try:
            self.of(sobject)
        except Refused as error:
            if error.status != 404:
                raise
            return False
        return True

    def forget(self) -> None:
        """Describe anew: fields were created or granted."""
        self._described.clear()

    def problems(self, fields: FieldMap, kind: RecordKind, *, writing: bool) -> list[FieldProblem]:
        """Every mapped field of one table that does not fit the org."""
        found = (self._problem(kind, mapped, writing) for mapped in fields.of(kind))
        return [problem for problem in found if problem is not None]

    def _problem(self, kind: RecordKind, mapped: MappedField, writing: bool) -> FieldProblem | None:
        hits = [hit for sobject in OBJECTS[kind] if (hit := self.find(sobject, mapped.source)) is not None]
        standard = _STANDARD[kind].get(mapped.name) == mapped.source
        if not hits and standard and mapped.source in _MAY_BE_ABSENT:
            return None
        said = self._missing(kind, standard) if not hits else _unfit(kind, mapped, hits[0], writing)
        if not said:
            return None
        near = () if hits or standard else self._nearest(kind, mapped.source)
        return FieldProblem(kind.value, mapped.name, mapped.source, said, near)

    def _missing(self, kind: RecordKind, standard: bool) -> str:
        where = " or ".join(OBJECTS[kind])
        if standard:
            return f"of {where} is hidden from our user: grant read access (field-level security)"
        return (
            f"is not a field of {where} that our user may read (unknown, or hidden by field-level security)"
        )

    def _nearest(self, kind: RecordKind, source: str) -> tuple[str, ...]:
        names = {k: d.name for sobject in OBJECTS[kind] for k, d in self.of(sobject).items()}
        hits = difflib.get_close_matches(source.casefold(), names, n=3, cutoff=0.6)
        return tuple(names[hit] for hit in hits)


def _unfit(kind: RecordKind, mapped: MappedField, field: Described, writing: bool) -> str:
    if field.type in _COMPOUND:
        return f"is compound ({field.type}); map its parts, such as BillingCity"
    computed = mapped.name in ("person", "type", "occurred_at", "minutes") and mapped.name in COLUMNS[kind]
    fits = _FITS.get(mapped.type)
    if not computed and fits is not None and field.type not in fits:
        return f"is of type {field.type}, which is no {mapped.type}"
    written = mapped.role is FieldRole.OUTPUT or (kind is RecordKind.ACCOUNTS and mapped.name == "owner_id")
    if writing and written and not field.updateable:
        return "may not be written by our user: grant edit access, or map a field that is not computed"
    return ""


def default_fields() -> FieldMap:
    """Every standard column from Salesforce's own fields."""
    return FieldMap({kind: standard_fields(kind, names) for kind, names in _STANDARD.items()})


def output_name(name: str) -> str:
    """touches_30d → Territory_Touches_30d__c."""
    return "Territory_" + "_".join(part[:1].upper() + part[1:] for part in name.split("_")) + "__c"


def sources(fields: Fields, sobject: str, mapped: Sequence[MappedField]) -> dict[str, Described]:
    """Our column → the object's field, for those mapped fields that the object has."""
    found = {field.name: fields.find(sobject, field.source) for field in mapped}
    return {name: field for name, field in found.items() if field is not None}
