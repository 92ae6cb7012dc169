"""The sample data of any CRM, in HubSpot's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.sandbox import seed as neutral
from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot import owners
from connectors.sandbox.hubspot.objects.links import Links
from connectors.sandbox.hubspot.sample.sample_activities import activity_columns
from connectors.sandbox.hubspot.shape.kinds import COMPANIES, CONTACTS, DEALS, ID, Kind, find_kind
from connectors.sandbox.hubspot.shape.pipelines import STAGES
from connectors.sandbox.seed import Columns, Seed
from connectors.sandbox.state import State

STEP = 7
_MIDDLE = 10_000_000_000
_DAY = 86_400_000
_INDUSTRIES: Mapping[str, str] = {
    "Technology": "COMPUTER_SOFTWARE",
    "Manufacturing": "MACHINERY",
    "Healthcare": "HOSPITAL_HEALTH_CARE",
    "Banking": "BANKING",
    "Retail": "RETAIL",
    "Consulting": "MANAGEMENT_CONSULTING",
    "Construction": "CONSTRUCTION",
    "Education": "HIGHER_EDUCATION",
    "Insurance": "INSURANCE",
    "Transportation": "TRANSPORTATION_TRUCKING_RAILROAD",
    "Energy": "OIL_ENERGY",
    "Media": "MEDIA_PRODUCTION",
    "Government": "GOVERNMENT_ADMINISTRATION",
    "Telecommunications": "TELECOMMUNICATIONS",
    "Biotechnology": "BIOTECHNOLOGY",
    "Agriculture": "FARMING",
}
_TYPES = {
    "Prospect": "PROSPECT",
    "Partner": "PARTNER",
    "Customer - Channel": "RESELLER",
    "Customer - Direct": "OTHER",
}
_STAGES: Mapping[str, tuple[str, str]] = {
    "Prospecting": ("appointmentscheduled", "146783201"),
    "Qualification": ("qualifiedtobuy", "146783201"),
    "Proposal/Price Quote": ("presentationscheduled", "146783201"),
    "Negotiation/Review": ("contractsent", "146783201"),
    "Closed Won": ("closedwon", "146783202"),
    "Closed Lost": ("closedlost", "146783203"),
}
"""By the neutral stage: the stage in the sales pipeline and in that of renewals."""


def owner_id(person: int | None) -> str | None:
    """The owner id of a person of the sample; the ids grow a digit on the way."""
    return None if person is None else str(99_999_900 + person * 37)


def company_id(number: int, accounts: int) -> int:
    """The id of a company of the sample; half of them have a digit less than the others."""
    return _MIDDLE + (number - accounts // 2) * STEP


class Sample:
    """Fills an empty portal."""

    def __init__(self, state: State, links: Links, seed: Seed, now: Milliseconds) -> None:
        self._state, self._links, self._seed, self._now = state, links, seed, now

    def fill(self) -> None:
        """Owners, companies with their families, contacts, deals and activities, all linked to companies."""
        self._owners()
        for chunk in neutral.companies(self._seed, self._now):
            self._load(COMPANIES, self._company(chunk))
            self._contacts(chunk)
        for chunk in neutral.deals(self._seed, self._now):
            self._load(DEALS, self._deal(chunk))
            self._tie(DEALS, chunk)
        for chunk in neutral.activities(self._seed, self._now):
            for plural, columns, part in activity_columns(chunk, owner_id):
                kind = find_kind(plural)
                assert kind is not None
                self._load(kind, {ID: self._ids(part["number"]), **columns})
                self._tie(kind, part)

    def _load(self, kind: Kind, columns: Columns) -> None:
        count = len(columns[ID])
        columns["hs_object_source_label"] = ["IMPORT"] * count
        self._state.load(kind.plural, list(columns), zip(*columns.values(), strict=True))

    def _tie(self, kind: Kind, chunk: Columns) -> None:
        pairs = zip(self._ids(chunk["number"]), self._ids(chunk["company"]), strict=True)
        self._links.load(kind, COMPANIES, pairs, is_primary=kind in (DEALS, CONTACTS))

    def _ids(self, numbers: list[Any]) -> list[Any]:
        start = _MIDDLE - self._seed.accounts // 2 * STEP
        return [None if number is None else start + number * STEP for number in numbers]

    def _owners(self) -> None:
        self._state.load("owners", owners.OWNERS.names, self._owner_rows())

    def _owner_rows(self) -> Iterator[tuple[Any, ...]]:
        made = self._now - 900 * _DAY
        for person in neutral.people(self._seed):
            is_queue = person.role == "queue"
            yield (
                int(owner_id(person.number) or 0),
                person.email,
                "QUEUE" if is_queue else "PERSON",
                person.first_name,
                person.last_name,
                None if is_queue else 40_000_000 + person.number * 53,
                "Sales" if person.role == "rep" else None,
                made,
                made + person.number * 1000 + 1,
                int(not person.active),
                None,
            )

    def _company(self, chunk: Columns) -> Columns:
        domain = [_domain(site) for site in chunk["website"]]
        owner = [owner_id(person) for person in chunk["owner"]]
        modified = [self._stamp(n, at) for n, at in zip(chunk["number"], chunk["modified"], strict=True)]
        return {
            ID: self._ids(chunk["number"]),
            "hs_parent_company_id": self._ids(chunk["parent"]),
            "hubspot_owner_id": owner,
            "hubspot_owner_assigneddate": [
                at if who else None for who, at in zip(owner, chunk["created"], strict=True)
            ],
            "domain": domain,
            "industry": [_INDUSTRIES.get(name or "") for name in chunk["industry"]],
            "type": [_TYPES.get(name or "") for name in chunk["type"]],
            "lifecyclestage": [
                "customer" if (name or "").startswith("Customer") else "lead" for name in chunk["type"]
            ],
            "numberofemployees": chunk["employees"],
            "annualrevenue": chunk["annual_revenue"],
            "zip": chunk["postal_code"],
            "address": chunk["street"],
            **{name: chunk[name] for name in ("name", "country", "state", "city", "website", "phone")},
            "createdate": chunk["created"],
            COMPANIES.modified: modified,
        }

    def _stamp(self, number: int, at: Milliseconds) -> Milliseconds:
        """A mass job of two days ago gave a seventh of the companies one and the same instant."""
        accounts = self._seed.accounts
        is_stamped = accounts // 5 <= number < accounts // 5 + accounts // 7
        return max(at, self._now - 2 * _DAY) if is_stamped and at <= self._now - 2 * _DAY else at

    def _contacts(self, chunk: Columns) -> None:
        """One contact for every other company."""
        every = slice(0, None, 2)
        part = {name: values[every] for name, values in chunk.items()}
        ids = self._ids(part["number"])
        emails = [f"info{number}@example.com" for number in part["number"]]
        self._load(
            CONTACTS,
            {
                ID: ids,
                "email": emails,
                "firstname": ["Info"] * len(ids),
                "lastname": part["name"],
                "hubspot_owner_id": [owner_id(person) for person in part["owner"]],
                "associatedcompanyid": ids,
                "hs_email_domain": ["example.com"] * len(ids),
                "createdate": part["created"],
                CONTACTS.modified: part["modified"],
            },
        )
        self._links.load(CONTACTS, COMPANIES, zip(ids, ids, strict=True), is_primary=True)

    def _deal(self, chunk: Columns) -> Columns:
        renewal = [number % 9 == 8 for number in chunk["number"]]
        return {
            ID: self._ids(chunk["number"]),
            "dealname": chunk["name"],
            "pipeline": ["75e28846" if again else "default" for again in renewal],
            "dealstage": [_STAGES[name][again] for name, again in zip(chunk["stage"], renewal, strict=True)],
            "amount": chunk["amount"],
            "deal_currency_code": ["USD"] * len(renewal),
            "closedate": [day * _DAY for day in chunk["close_day"]],
            "dealtype": ["existingbusiness" if again else "newbusiness" for again in renewal],
            "hubspot_owner_id": [owner_id(person) for person in chunk["owner"]],
            "hs_is_closed": [str(closed).lower() for closed in chunk["closed"]],
            "hs_is_closed_won": [str(won).lower() for won in chunk["won"]],
            "hs_deal_stage_probability": [
                STAGES[_STAGES[name][again]][1].probability
                for name, again in zip(chunk["stage"], renewal, strict=True)
            ],
            "createdate": chunk["created"],
            DEALS.modified: chunk["modified"],
        }


def _domain(website: str | None) -> str | None:
    if not website:
        return None
    host = website.partition("//")[2] or website
    return host.partition("/")[0].removeprefix("www.").lower() or None
