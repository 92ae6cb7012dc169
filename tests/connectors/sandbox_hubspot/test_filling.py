"""How a portal is filled: from a seed, from files, and again after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.sandbox import Seed, running
from tests.connectors.sandbox_hubspot.client import Client, client_of

SEED = Seed(accounts=60, reps=5, seed=3, activities_per_account=5)


def test_a_seed_fills_every_object_with_values_that_the_portal_itself_would_take(http: Client) -> None:
    for kind in ("companies", "contacts", "deals", "calls", "emails", "meetings", "tasks", "notes"):
        definitions = {one["name"]: one for one in http("GET", f"/crm/v3/properties/{kind}").body["results"]}
        rows = http.crm.records(kind)
        assert rows
        for row in rows:
            for name, definition in definitions.items():
                value, allowed = row[name], {option["value"] for option in definition["options"]}
                assert value is None or isinstance(value, str)
                if value and definition["type"] == "enumeration" and allowed:
                    assert value in allowed, (kind, name, value)
                if value and definition["type"] == "number":
                    float(value)


def test_every_activity_and_deal_of_the_seed_belongs_to_a_company(http: Client) -> None:
    companies = {row["id"] for row in http.crm.records("companies")}
    for kind in ("deals", "calls", "emails", "meetings", "tasks", "notes"):
        for one in http("GET", f"/crm/v3/objects/{kind}?limit=100&associations=companies").body["results"]:
            assert {link["id"] for link in one["associations"]["companies"]["results"]} <= companies


def test_families_and_owners_point_to_what_is_there(http: Client) -> None:
    rows = {row["id"]: row for row in http.crm.records("companies")}
    parents = {row["hs_parent_company_id"] for row in rows.values()} - {None}
    assert parents and parents <= set(rows)
    owners = {one["id"] for one in http.owners() + http.owners(archived=True)}
    assert {row["hubspot_owner_id"] for row in rows.values()} - {None} <= owners
    assert {one["id"] for one in http.owners(archived=True)} & {
        row["hubspot_owner_id"] for row in rows.values()
    }


def test_the_same_seed_gives_the_same_companies() -> None:
    names = []
    for _ in range(2):
        with running("hubspot", seed=SEED) as crm:
            names.append(
                [(r["id"], r["name"], r["hubspot_owner_id"], r["domain"]) for r in crm.records("companies")]
            )
    assert names[0] == names[1]


def test_a_file_keeps_records_definitions_history_and_token(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    field = {"name": "tier", "label": "Tier", "type": "string", "fieldType": "text", "groupName": "territory"}
    with running("hubspot", seed=SEED, state=file) as crm:
        http = client_of(crm)
        http("POST", "/crm/v3/properties/companies/groups", {"name": "territory", "label": "Territory"})
        http("POST", "/crm/v3/properties/companies", field)
        id = crm.records("companies")[0]["id"]
        assert http.update("companies", id, tier="gold").status == 200
        before = crm.credentials, crm.history(), crm.records("companies")
    with running("hubspot", state=file) as crm:
        assert (crm.credentials, crm.history(), crm.records("companies")) == before
        definition = client_of(crm)("GET", "/crm/v3/properties/companies/tier").body
        assert (definition["groupName"], definition["hubspotDefined"]) == ("territory", False)
        assert client_of(crm).update("companies", id, tier="silver").status == 200


def test_files_fill_owners_companies_and_what_belongs_to_them(tmp_path: Path) -> None:
    owners, companies, calls = tmp_path / "o.csv", tmp_path / "c.csv", tmp_path / "a.csv"
    owners.write_text("id,email,archived\n71,ana@x.test,false\n72,gone@x.test,true\n", encoding="utf-8")
    companies.write_text(
        "hs_object_id,name,hubspot_owner_id,numberofemployees,tier\n900,Acme,72,1200,gold\n", encoding="utf-8"
    )
    calls.write_text("hs_timestamp,associatedcompanyid\n2026-03-01T10:00:00Z,900\n", encoding="utf-8")
    with running(
        "hubspot",
        csv=[("owners", owners), ("companies", companies), ("calls", calls)],
        fields=[("companies", "tier", "enumeration(gold;silver)")],
    ) as crm:
        [acme] = crm.records("companies")
        assert (acme["id"], acme["numberofemployees"], acme["tier"]) == ("900", "1200", "gold")
        http = client_of(crm)
        [call] = http("GET", "/crm/v3/objects/calls?associations=companies").body["results"]
        assert call["associations"]["companies"]["results"] == [{"id": "900", "type": "call_to_company"}]
        assert [one["id"] for one in http.owners(archived=True)] == ["72"]
        assert http.update("companies", "900", tier="Gold").status == 400


WRONG = [
    ("name,nmae\nAcme,x\n", "nmae"),
    ("name,industry\nAcme,Banking\n", "industry"),
    ("name,numberofemployees\nAcme,many\n", "many"),
    ("name,hubspot_owner_id\nAcme,5\n", "hubspot_owner_id"),
]


@pytest.mark.parametrize("text, words", WRONG)
def test_a_file_with_a_wrong_cell_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words) as refused, running("hubspot", csv=[("companies", file)]):
        pass
    assert "wrong.csv" in str(refused.value)
