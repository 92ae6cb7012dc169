"""Two CRMs, one plan: matched accounts are decided once and written on both sides; nobody fights over an owner."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.sandbox.salesforce_integration import SalesforceIntegration
from tests.e2e.projects import Site, site

WRITERS = """\
version: 1
lead: salesforce/config.yaml
follow: hubspot/config.yaml
match: [domain]
writers:
  owner: {lead: territory, follow: territory}
"""


@dataclass
class Two:
    """Both sites below one folder."""

    folder: Path
    salesforce: Site
    hubspot: Site

    def both(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from sync.cli import main; main()", "-q", "both", *arguments],
            cwd=self.folder, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def accept(self) -> str:
        """Approve the latest joint plan with all of its breaches."""
        told = self.both("show")
        flags = next((line for line in told.splitlines() if line.startswith("To accept exactly this: ")), "")
        words = flags.removeprefix("To accept exactly this: territory both approve ").split()
        return self.both("approve", *words)

    def people(self, made: Site) -> dict[str, str]:
        """Who has each company, by its domain: the owner's e-mail."""
        if made.vendor == "salesforce":
            users = {user["Id"]: user["Email"] for user in made.crm.records("User")}
            rows = [
                (row["Website"], users.get(row["OwnerId"]))
                for row in made.crm.records("Account")
                if not row["IsDeleted"]
            ]
        else:
            owners = {str(owner["id"]): owner["email"] for owner in made.crm.records("owners")}
            rows = [
                (row["domain"], owners.get(str(row["hubspot_owner_id"])))
                for row in made.crm.records("companies")
                if not row["archived"]
            ]
        return {_domain(site): owner or "" for site, owner in rows if site}


def _domain(site: str) -> str:
    return site.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with (
        site("salesforce", tmp_path, accounts=60, activities=0.2) as salesforce,
        site("hubspot", tmp_path, accounts=60, activities=0.2) as hubspot,
    ):
        for made in (salesforce, hubspot):
            rules = salesforce.folder / "rules.yaml"
            text = made.config.read_text()
            made.config.write_text(f"{text}rules: {rules}\noutputs: {{fields: {{}}}}\n")
        config = WRITERS.replace("salesforce/config.yaml", str(salesforce.config)).replace(
            "hubspot/config.yaml", str(hubspot.config)
        )
        (tmp_path / "both.yaml").write_text(config)
        yield Two(tmp_path, salesforce, hubspot)


def test_one_plan_one_approval_two_applies_and_a_second_night_without_a_change(two: Two) -> None:
    told = two.both("plan", code=3)
    assert "by domain: " in told and "== lead: salesforce" in told and "== follow: hubspot" in told
    assert "  accepted  " not in told and told.count("To accept exactly this") == told.count("The gate") == 1
    two.both("apply", code=3)
    assert "carry it out with" in two.accept()
    done = two.both("apply")
    assert "lead:" in done and "follow:" in done
    here, there = two.people(two.salesforce), two.people(two.hubspot)
    shared = here.keys() & there.keys()
    assert len(shared) >= 40
    assert {name: here[name] for name in shared} == {name: there[name] for name in shared}
    assert "Nothing to change" in two.both("run", "--write")
    assert "nothing to write" in two.both("status")


@pytest.mark.slow
def test_a_side_that_stopped_is_gone_on_with_and_the_other_begins_after_it(two: Two) -> None:
    two.both("plan", code=3)
    two.accept()
    two.hubspot.crm.fault("quota", path="/crm/", times=None)
    before = two.people(two.hubspot)
    two.both("apply", code=75)
    assert two.people(two.hubspot) == before
    assert "lead: run" in two.both("status")
    two.hubspot.crm.clear_faults()
    done = two.both("apply")
    assert "lead:" not in done and "follow:" in done
    here, there = two.people(two.salesforce), two.people(two.hubspot)
    assert all(here[name] == there[name] for name in here.keys() & there.keys())


@pytest.mark.slow
def test_the_side_that_follows_is_not_begun_where_the_leading_one_stops(two: Two) -> None:
    two.both("plan", code=3)
    two.accept()
    before = two.people(two.hubspot)
    two.salesforce.crm.fault("quota", path="/services/(Soap|data)", times=None)
    two.both("apply", code=75)
    assert two.people(two.hubspot) == before
    assert "follow: " in two.both("status") and "records wait" in two.both("status")


@pytest.mark.slow
def test_what_both_were_given_is_taken_back_from_both(two: Two) -> None:
    before = two.people(two.salesforce), two.people(two.hubspot)
    two.both("plan", code=3)
    two.accept()
    two.both("apply")
    assert "would be undone" in two.both("undo")
    two.both("undo", "--yes", code=4)  # two accounts were somebody's who has left: no CRM gives them back
    for was, made in zip(before, (two.salesforce, two.hubspot), strict=True):
        now = two.people(made)
        assert sum(was[name] != now[name] for name in was) == 2


@pytest.mark.slow
def test_owners_that_the_crms_take_from_each_other_are_told_and_held(two: Two) -> None:
    """HubSpot's own Salesforce integration carries what a person changed in HubSpot over what we had set."""
    integration = SalesforceIntegration.install(two.hubspot.crm, two.salesforce.crm)
    was = two.people(two.hubspot)
    two.both("plan", code=3)
    two.accept()
    two.both("apply")
    integration.run()
    owners = [o for o in two.hubspot.crm.records("owners") if not o.get("archived") and o["email"]]
    company = next(
        row
        for row in two.hubspot.crm.records("companies")
        if row.get("salesforceaccountid")
        and row["domain"]
        and was[_domain(row["domain"])] != two.people(two.hubspot)[_domain(row["domain"])]
    )
    other = next(o for o in owners if str(o["id"]) != str(company["hubspot_owner_id"]))
    two.hubspot.crm.advance(60)
    two.salesforce.crm.advance(60)
    id = str(company["hs_object_id"])
    two.hubspot.crm.edit("companies", id, {"hubspot_owner_id": str(other["id"])}, "somebody")
    assert integration.run().carried
    told = two.both("run", "--write")
    assert "were taken from us by the other CRM and are held" in told
    assert f"now {other['email'].lower()}" in told
    domain = _domain(company["domain"])
    assert two.people(two.salesforce)[domain] == two.people(two.hubspot)[domain] == other["email"]
    assert "taken from us by the other CRM" in two.both("status")
