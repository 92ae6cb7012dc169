"""The portal's choice that a company's owner owns its contacts, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.connectors.sandbox_hubspot.client import Client

PRIMARY = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
PLAIN = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]


@dataclass(frozen=True, slots=True)
class Family:
    """A company of Ann's with three contacts: of Ann's, of Bob's and of nobody's; one that is not primary."""

    http: Client
    company: str
    contacts: dict[str, str]
    ann: str
    bob: str
    cid: str

    def owners(self) -> dict[str, str]:
        """Who owns each contact."""
        rows = {row["id"]: row["hubspot_owner_id"] or "" for row in self.http.crm.records("contacts")}
        return {name: rows[id] for name, id in self.contacts.items()}

    def give(self, owner: str) -> None:
        """The company gets an owner by the API."""
        assert self.http.update("companies", self.company, hubspot_owner_id=owner).status == 200


def contact(http: Client, company: str, types: list[dict[str, Any]], **properties: str) -> str:
    """A new contact of a company."""
    body = {"properties": properties, "associations": [{"to": {"id": company}, "types": types}]}
    made = http("POST", "/crm/v3/objects/contacts", body)
    assert made.status == 201, made.body
    return str(made.body["id"])


@pytest.fixture
def family(http: Client) -> Family:
    ann, bob, cid = [owner["id"] for owner in http.owners()[:3]]
    company = http.create("companies", name="Acme", hubspot_owner_id=ann)
    contacts = {
        "ann": contact(http, company, PRIMARY, email="a@acme.test", hubspot_owner_id=ann),
        "bob": contact(http, company, PRIMARY, email="b@acme.test", hubspot_owner_id=bob),
        "nobody": contact(http, company, PRIMARY, email="n@acme.test"),
        "elsewhere": contact(http, company, PLAIN, email="e@acme.test", hubspot_owner_id=ann),
    }
    return Family(http, company, contacts, ann, bob, cid)


def test_without_the_choice_contacts_keep_their_owners(family: Family) -> None:
    before = family.owners()
    family.give(family.cid)
    assert family.owners() == before


TAKEN = {"nobody": {"ann", "bob", "nobody"}, "others": {"ann", "nobody"}, "owned": {"nobody"}}


@pytest.mark.parametrize("spares", TAKEN)
def test_primary_contacts_follow_their_companys_owner(family: Family, spares: str) -> None:
    family.http.crm.settings(cascade_owner=True, cascade_spares=spares)
    before = family.owners()
    family.give(family.cid)
    assert family.owners() == {**before, **dict.fromkeys(TAKEN[spares], family.cid)}
    [change] = [
        row
        for row in family.http.crm.history("contacts", family.contacts["nobody"])
        if row["field"] == "hubspot_owner_id" and row["new"]
    ]
    assert change["actor"] == "owner sync"


def test_neither_the_same_owner_again_nor_none_is_passed_on(family: Family) -> None:
    family.http.crm.settings(cascade_owner=True)
    before = family.owners()
    family.give(family.ann)
    family.give("")
    assert family.owners() == before


def test_history_tells_that_nobody_and_no_app_of_ours_did_it(family: Family) -> None:
    family.http.crm.settings(cascade_owner=True)
    family.give(family.cid)
    path = f"/crm/v3/objects/contacts/{family.contacts['bob']}?propertiesWithHistory=hubspot_owner_id"
    newest, first = family.http("GET", path).body["propertiesWithHistory"]["hubspot_owner_id"]
    assert (newest["value"], newest["sourceType"]) == (family.cid, "COMPANIES")
    assert (first["value"], first["sourceType"]) == (family.bob, "INTEGRATION")
    assert "updatedByUserId" not in newest


def test_a_contact_given_away_by_hand_is_not_taken_back(family: Family) -> None:
    family.http.crm.settings(cascade_owner=True)
    family.http.crm.edit("contacts", family.contacts["ann"], {"hubspot_owner_id": family.bob})
    assert family.owners()["ann"] == family.bob
    companies = {row["id"]: row["hubspot_owner_id"] for row in family.http.crm.records("companies")}
    assert companies[family.company] == family.ann


def test_a_company_without_an_owner_gets_its_contacts(family: Family) -> None:
    family.give("")
    family.http.crm.settings(cascade_owner=True)
    family.http.crm.edit("contacts", family.contacts["nobody"], {"hubspot_owner_id": family.cid})
    companies = {row["id"]: row["hubspot_owner_id"] for row in family.http.crm.records("companies")}
    assert companies[family.company] == family.cid
    assert family.owners()["nobody"] == family.cid


def test_a_new_contact_gets_the_owner_of_its_company(family: Family) -> None:
    family.http.crm.settings(cascade_owner=True)
    contact(family.http, family.company, PRIMARY, email="new@acme.test")
    mine = contact(family.http, family.company, PRIMARY, email="mine@acme.test", hubspot_owner_id=family.cid)
    owners = {row["email"]: row["hubspot_owner_id"] for row in family.http.crm.records("contacts")}
    assert owners["new@acme.test"] == family.ann
    assert owners["mine@acme.test"] == family.cid
    assert mine


def test_a_contact_names_its_primary_company_until_that_goes(family: Family) -> None:
    def named() -> dict[str, Any]:
        rows = {row["id"]: row["associatedcompanyid"] for row in family.http.crm.records("contacts")}
        return {name: rows[id] for name, id in family.contacts.items()}

    assert named() == {**dict.fromkeys(("ann", "bob", "nobody"), family.company), "elsewhere": None}
    family.http("DELETE", f"/crm/v3/objects/companies/{family.company}")
    assert set(named().values()) == {None}


def test_more_contacts_follow_than_one_answer_holds(http: Client) -> None:
    ann, bob = [owner["id"] for owner in http.owners()[:2]]
    company = http.create("companies", name="Many", hubspot_owner_id=ann)
    one = {"to": {"id": company}, "types": PRIMARY}
    for start in range(0, 600, 100):
        inputs = [
            {"properties": {"email": f"p{n}@many.test"}, "associations": [one]}
            for n in range(start, start + 100)
        ]
        assert http("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": inputs}).status == 201
    http.crm.settings(cascade_owner=True)
    http.update("companies", company, hubspot_owner_id=bob)
    rows = [row for row in http.crm.records("contacts") if str(row["email"]).endswith("@many.test")]
    assert {row["hubspot_owner_id"] for row in rows} == {bob}
    assert len(rows) == 600
