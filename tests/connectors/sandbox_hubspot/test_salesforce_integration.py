"""HubSpot's own Salesforce integration between two local CRMs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from connectors.sandbox import Crm, Seed, running
from connectors.sandbox.salesforce_integration import OWNER, Mapped, SalesforceIntegration
from tests.connectors.sandbox_hubspot.client import client_of

SEED = Seed(accounts=12, reps=4, seed=7, activities_per_account=0)


@dataclass(frozen=True, slots=True)
class Both:
    """Two CRMs with the same twelve companies and the integration between them."""

    hubspot: Crm
    salesforce: Crm
    integration: SalesforceIntegration

    def pair(self) -> tuple[str, str]:
        """One linked company and its account."""
        return next(iter(self.integration.links.items()))

    def advance(self, seconds: float) -> None:
        """Time passes for both."""
        self.hubspot.advance(seconds)
        self.salesforce.advance(seconds)

    def owner(self, number: int) -> tuple[str, str]:
        """One rep as both sides know them."""
        email = f"rep{number}@example.com"
        here = next(o["id"] for o in self.hubspot.records("owners") if o["email"] == email)
        return here, next(u["Id"] for u in self.salesforce.records("User") if u["Email"] == email)

    def other_owners(self) -> list[tuple[str, str]]:
        """Two reps who do not own the pair."""
        found = [self.owner(number) for number in range(4)]
        return [one for one in found if one != self.owners()][:2]

    def other_owner(self) -> tuple[str, str]:
        """A rep who does not own the pair."""
        return self.other_owners()[0]

    def owners(self) -> tuple[str, str]:
        """Who owns the pair on both sides."""
        company, account = self.pair()
        here = next(r["hubspot_owner_id"] for r in self.hubspot.records("companies") if r["id"] == company)
        return here, next(r["OwnerId"] for r in self.salesforce.records("Account") if r["Id"] == account)


@pytest.fixture
def both() -> Iterator[Both]:
    with running("hubspot", seed=SEED) as hubspot, running("salesforce", seed=SEED) as salesforce:
        fields = [
            Mapped("numberofemployees", "NumberOfEmployees"),
            Mapped("phone", "Phone", "always_salesforce"),
        ]
        yield Both(hubspot, salesforce, SalesforceIntegration.install(hubspot, salesforce, fields))


def test_what_has_one_website_on_both_sides_is_linked_and_nothing_is_carried(both: Both) -> None:
    company, account = both.pair()
    here = {row["id"]: row for row in both.hubspot.records("companies")}
    assert here[company]["salesforceaccountid"] == account
    names = {row["Id"]: row["Name"] for row in both.salesforce.records("Account")}
    assert all(here[c]["name"] == names[a] for c, a in both.integration.links.items())
    assert both.integration.run().carried == ()
    assert both.salesforce.history("Account") == []


def test_an_owner_changed_in_salesforce_reaches_hubspot_as_salesforces(both: Both) -> None:
    company, account = both.pair()
    here, there = both.other_owner()
    both.salesforce.edit("Account", account, {"OwnerId": there})
    [carried] = both.integration.run().carried
    assert (carried.to, carried.property, carried.value) == ("hubspot", OWNER.property, here)
    assert both.owners() == (here, there)
    client = client_of(both.hubspot)
    body = {"inputs": [{"id": company}], "propertiesWithHistory": ["hubspot_owner_id"]}
    [read] = client("POST", "/crm/v3/objects/companies/batch/read", body).body["results"]
    client.pool.clear()
    assert read["propertiesWithHistory"]["hubspot_owner_id"][0]["sourceType"] == "SALESFORCE"
    assert both.integration.run().carried == ()


def test_an_owner_changed_in_hubspot_reaches_salesforce_as_the_integrations_user(both: Both) -> None:
    company, account = both.pair()
    here, there = both.other_owner()
    both.salesforce.settings(owner_history=True)
    both.hubspot.edit("companies", company, {"hubspot_owner_id": here})
    [carried] = both.integration.run().carried
    assert (carried.to, carried.value) == ("salesforce", there)
    [change] = [row for row in both.salesforce.history("Account", account) if row["field"] == "OwnerId"]
    assert change["actor"] == both.integration.user_id
    told = [row for row in both.salesforce.records("AccountHistory") if row["AccountId"] == account]
    assert {row["CreatedById"] for row in told} == {both.integration.user_id}


@pytest.mark.parametrize("last", ["hubspot", "salesforce"])
def test_the_newest_owner_wins(both: Both, last: str) -> None:
    company, account = both.pair()
    one, two = both.other_owners()
    edits = {
        "hubspot": lambda owner: both.hubspot.edit("companies", company, {"hubspot_owner_id": owner[0]}),
        "salesforce": lambda owner: both.salesforce.edit("Account", account, {"OwnerId": owner[1]}),
    }
    edits["salesforce" if last == "hubspot" else "hubspot"](one)
    both.advance(60)
    edits[last](two)
    both.integration.run()
    assert both.owners() == two


def test_a_value_written_anew_does_not_win_though_it_is_newer(both: Both) -> None:
    company, account = both.pair()
    before, (here, there) = both.owners(), both.other_owner()
    both.salesforce.edit("Account", account, {"OwnerId": there})
    both.advance(60)
    both.hubspot.edit("companies", company, {"hubspot_owner_id": before[0]})
    both.integration.run()
    assert both.owners() == (here, there)


def test_two_writers_who_disagree_play_ping_pong(both: Both) -> None:
    """Each writes its own owner where it is not there; the integration carries it across, and so for ever."""
    company, account = both.pair()
    one, two = both.other_owners()
    flips = []
    for _ in range(4):
        here, there = both.owners()
        if there != one[1]:
            both.salesforce.edit("Account", account, {"OwnerId": one[1]})
        both.advance(60)
        if here != two[0]:
            both.hubspot.edit("companies", company, {"hubspot_owner_id": two[0]})
        both.integration.run()
        flips.append(both.owners())
        both.advance(86_400)
    assert flips == [two, one, two, one]


def test_an_owner_whom_the_other_side_does_not_have_is_stuck(both: Both) -> None:
    company, _ = both.pair()
    before = both.owners()
    here, there = both.other_owner()
    both.salesforce.edit("User", there, {"IsActive": False})
    both.hubspot.edit("companies", company, {"hubspot_owner_id": here})
    done = both.integration.run()
    assert done.carried == ()
    assert "no owner on that side" in done.stuck[0].reason
    assert both.owners() == (here, before[1])


def test_a_number_is_carried_and_a_value_written_anew_is_no_change(both: Both) -> None:
    company, account = both.pair()
    both.hubspot.edit("companies", company, {"numberofemployees": "1234"})
    assert [c.value for c in both.integration.run().carried] == [1234]
    assert (
        next(r for r in both.salesforce.records("Account") if r["Id"] == account)["NumberOfEmployees"] == 1234
    )
    both.hubspot.edit("companies", company, {"numberofemployees": "1234"})
    assert both.integration.run().carried == ()


def test_what_always_comes_from_salesforce_never_goes_there(both: Both) -> None:
    company, account = both.pair()
    both.hubspot.edit("companies", company, {"phone": "1"})
    assert both.integration.run().carried == ()
    both.salesforce.edit("Account", account, {"Phone": "2"})
    assert [(c.to, c.value) for c in both.integration.run().carried] == [("hubspot", "2")]


def test_the_account_id_is_hubspots_own_property_and_read_only(both: Both) -> None:
    client = client_of(both.hubspot)
    read = client("GET", "/crm/v3/properties/companies/salesforceaccountid").body
    refused = client.update("companies", both.pair()[0], salesforceaccountid="001")
    client.pool.clear()
    assert (read["hubspotDefined"], read["groupName"]) == (True, "salesforceinformation")
    assert refused.body["errors"][0]["code"] == "READ_ONLY_VALUE"
