"""Which header of a file is which column of ours."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from connectors.errors import FieldProblem
from connectors.mapping import FieldMap, FieldRole, MappedField, standard_fields
from connectors.records import RecordKind

# Exports of Salesforce, HubSpot and spreadsheets; the first that a file has is taken.
_NAMES: Mapping[RecordKind, Mapping[str, str]] = {
    RecordKind.ACCOUNTS: {
        "id": "Id|Account ID|Record ID",
        "name": "Name|Account Name|Company name",
        "owner_id": "Owner Id|HubSpot Owner Id",
        "parent_id": "Parent Id",
        "country": "Country|Billing Country|Country/Region",
        "state": "State|Billing State|State/Region",
        "city": "City|Billing City",
        "postal_code": "Postal Code|Billing Postal Code",
        "website": "Website|Website URL",
        "industry": "Industry",
        "employees": "Employees|Number Of Employees",
        "annual_revenue": "Annual Revenue",
        "currency": "Currency|Currency Iso Code",
        "type": "Type",
        "created_at": "Created At|Created Date|Create Date",
        "modified_at": "Modified At|System Modstamp|Last Modified Date",
        "deleted": "Deleted|Is Deleted",
    },
    RecordKind.OWNERS: {
        "id": "Id|User ID",
        "name": "Name|Full Name",
        "email": "Email",
        "active": "Active|Is Active",
        "person": "Person",
        "modified_at": "Modified At|System Modstamp|Last Modified Date",
        "deleted": "Deleted",
    },
    RecordKind.OPPORTUNITIES: {
        "id": "Id|Opportunity ID",
        "account_id": "Account Id",
        "owner_id": "Owner Id",
        "name": "Name",
        "stage": "Stage|Stage Name",
        "amount": "Amount",
        "currency": "Currency|Currency Iso Code",
        "probability": "Probability",
        "close_date": "Close Date",
        "closed": "Closed|Is Closed",
        "won": "Won|Is Won",
        "created_at": "Created At|Created Date",
        "modified_at": "Modified At|System Modstamp|Last Modified Date",
        "deleted": "Deleted|Is Deleted",
    },
    RecordKind.ACTIVITIES: {
        "id": "Id|Activity ID",
        "account_id": "Account Id",
        "owner_id": "Owner Id",
        "type": "Type",
        "direction": "Direction",
        "status": "Status",
        "minutes": "Minutes",
        "occurred_at": "Occurred At",
        "modified_at": "Modified At|System Modstamp|Last Modified Date",
        "deleted": "Deleted|Is Deleted",
    },
}


def default_fields() -> FieldMap:
    """Every standard column under the headers it commonly has; headers compare without case, spaces or _."""
    return FieldMap({kind: standard_fields(kind, names) for kind, names in _NAMES.items()})


def output_name(name: str) -> str:
    """The column of the change file for one of our outputs."""
    return f"territory_{name}"


def find_headers(fields: Sequence[MappedField], headers: Sequence[str]) -> dict[str, str]:
    """The header of each of our columns that the file has."""
    present = {_plain(header): header for header in headers}
    found = {}
    for mapped in fields:
        named = (present.get(_plain(alternative)) for alternative in mapped.source.split("|"))
        header = next((header for header in named if header is not None), None)
        if header is not None:
            found[mapped.name] = header
    return found


def field_problems(
    kind: RecordKind, fields: Sequence[MappedField], headers: Sequence[str]
) -> list[FieldProblem]:
    """Mapped fields that the file lacks, and headers that cannot be told apart.

    A column that only the default mapping names may be missing, and so may an output, which the change
    file adds; `id` may not.
    """
    found = find_headers(fields, headers)
    guessed = set(default_fields().of(kind))
    problems = [
        FieldProblem(kind.value, "*", header, f"stands twice in the header of the {kind} file")
        for header in _repeated(headers)
    ]
    for mapped in fields:
        optional = mapped.role is FieldRole.OUTPUT or (mapped in guessed and mapped.name != "id")
        if mapped.name not in found and not optional:
            near = nearest(mapped.source, headers)
            problems.append(FieldProblem(kind.value, mapped.name, mapped.source, "is not in the file", near))
    return problems


def nearest(wanted: str, headers: Sequence[str]) -> tuple[str, ...]:
    """Up to three headers that look most like any of the names wanted."""
    plain = {_plain(header): header for header in headers}
    names = [_plain(name) for name in wanted.split("|")]
    found = [hit for name in names for hit in difflib.get_close_matches(name, plain, n=3, cutoff=0.6)]
    return tuple(dict.fromkeys(plain[hit] for hit in found))[:3]


def _plain(header: str) -> str:
    return "".join(c for c in header.casefold() if c not in " _-\ufeff")


def _repeated(headers: Sequence[str]) -> list[str]:
    plain = [_plain(header) for header in headers]
    return [header for n, header in enumerate(headers) if plain[n] and plain[n] in plain[:n]]
