"""The real companies in a local CRM, with the documentation's rule set and its sixty reps."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.real_companies import CUSTOM, EXAMPLE, hubspot, salesforce, world_of
from connectors.sandbox import Crm, Seed, running
from tests.e2e.projects import Site, secrets

COMPANIES = Path(__file__).parents[3] / "shared" / "data" / "companies" / "companies.csv"
FILES = {"salesforce": salesforce, "hubspot": hubspot}
CRM = {
    "salesforce": """\
  kind: salesforce
  org_id: {org_id}
  instance_url: {url}
  local: true
  login:
    method: client_credentials
    client_id: {{env: DEMO_SALESFORCE_CLIENT_ID}}
    client_secret: {{env: DEMO_SALESFORCE_CLIENT_SECRET}}
  not_people: [crm.integration@example.com]
fields:
  accounts: {{sector: Sector__c, market_cap: Market_Cap__c}}
""",
    "hubspot": """\
  kind: hubspot
  portal_id: "{portal_id}"
  base_url: {url}
  local: true
  token: {{env: DEMO_HUBSPOT_TOKEN}}
fields:
  accounts: {{sector: sector, market_cap: market_cap, industry: gics_industry}}
""",
}
# HubSpot's limits in calls per ten seconds would make most of a test's time waiting: they are held to in
# the tests of the connector. Everything else of the portal stays as it is.
NO_WAITING = {"burst_limit": 100_000, "search_limit": 10_000, "associations_limit": 100_000}


@contextmanager
def companies(vendor: str, folder: Path, *, every: int = 1) -> Iterator[Site]:
    """A CRM with every n-th company of the file, loaded from CSV files, its fields created, writes enabled."""
    loaded = FILES[vendor](world_of(_some(folder, every), datetime.now(UTC).date()), folder / "csv")
    fields = [_field(text) for text in CUSTOM[vendor]]
    seed = Seed(accounts=0, reps=1, seed=1, activities_per_account=0)
    with running(vendor, seed=seed, csv=loaded, fields=fields) as crm, secrets(vendor, crm):
        if vendor == "hubspot":
            crm.settings(**NO_WAITING)
        made = Site(vendor, _project(folder / "project", vendor, crm), crm)
        with made.open() as (session, _, connector):
            connector.setup(connector.setup_steps(session.project.output_fields()))
        yield made


def _some(folder: Path, every: int) -> Path:
    """The file itself, or one with every n-th company of it."""
    if every == 1:
        return COMPANIES
    some = folder / "companies.csv"
    with (
        COMPANIES.open(encoding="utf-8", newline="") as text,
        some.open("w", encoding="utf-8", newline="") as made,
    ):
        header, *rows = csv.reader(text)
        csv.writer(made).writerows([header, *rows[::every]])
    return some


def _field(text: str) -> tuple[str, str, str]:
    name, _, type = text.partition(":")
    object, _, field = name.partition(".")
    return object, field, type


def _project(folder: Path, vendor: str, crm: Crm) -> Path:
    folder.mkdir()
    shutil.copytree(EXAMPLE.parent / "lists", folder / "lists")
    shutil.copy(EXAMPLE, folder / "rules.yaml")
    section = CRM[vendor].format(url=crm.url, **crm.credentials)
    (folder / "config.yaml").write_text(f"version: 1\ncrm:\n{section}writes: enabled\n", encoding="utf-8")
    return folder
