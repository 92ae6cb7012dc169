"""Any object of the portal as a table: contacts, deals, custom objects; into the snapshot as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.errors import FieldProblems, MissingPermission
from connectors.hubspot import plugin
from connectors.hubspot.connector import HubSpotConnector
from connectors.mapping import CustomTable, FieldType, MappedField
from connectors.sandbox import Seed, running
from sync.config_fields import TableConfig
from sync.pulling.custom_tables import pull_custom
from sync.snapshot import custom_path
from tests.connectors.hubspot.calls import call, made
from tests.connectors.hubspot.world import FIELDS, NO_WAITS, HubSpotWorld

if TYPE_CHECKING:
    from pathlib import Path

CONTACTS = CustomTable(
    "contacts",
    "contacts",
    "companies",
    (
        MappedField("email", "email"),
        MappedField("job", "jobtitle"),
        MappedField("is_contact", "hs_is_contact", FieldType.BOOLEAN),
        MappedField("primary", "associatedcompanyid", FieldType.INTEGER),
        MappedField("created", "createdate", FieldType.DATETIME),
    ),
)
DEALS = CustomTable("deals", "0-3", "", (MappedField("amount", "amount", FieldType.NUMBER),))


@pytest.fixture(params=["v3", "2026-03"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=Seed(accounts=20, reps=3, seed=9), fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000, search_lag=0)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


def connect(world: HubSpotWorld, *tables: CustomTable) -> HubSpotConnector:
    mapping = replace(plugin.default_fields(), tables=tables)
    return HubSpotConnector(world.settings(), mapping, NO_WAITS)


def rows(connector: HubSpotConnector, table: CustomTable) -> list[dict[str, Any]]:
    pull = connector.pull_table(table)
    assert pull.complete
    found = pa.Table.from_batches(list(pull.batches))
    assert found.schema.equals(table.schema())
    return found.to_pylist()


def test_contacts_come_with_their_primary_company_and_typed_properties(world: HubSpotWorld) -> None:
    first, second = sorted(world.ids())[:2]
    both = made(world, "contacts", {"email": "a@x.com"}, [("companies", first)], primary=second)
    nobody = made(world, "contacts", {"email": "b@x.com", "jobtitle": "Head of Ünïcode"})
    gone = made(world, "contacts", {"email": "c@x.com"})
    world.crm.edit("contacts", gone, {"archived": True})
    connector = connect(world, CONTACTS)
    assert connector.check(writing=True) == []
    found = {row["id"]: row for row in rows(connector, CONTACTS)}
    connector.close()
    told = {c["id"]: c for c in world.crm.records("contacts") if not c["archived"]}
    assert set(found) == set(told)
    for id, row in found.items():
        assert row["email"] == (told[id]["email"] or None)
        assert row["is_contact"] is {"true": True, "false": False}.get(told[id]["hs_is_contact"])
        assert row["modified_at"] is not None and row["created"] is not None and not row["deleted"]
        if id not in (both, nobody):
            assert row["account_id"] == str(row["primary"]), "the sample's contacts have one company each"
    assert (found[both]["account_id"], found[nobody]["account_id"]) == (second, None)
    assert found[nobody]["job"] == "Head of Ünïcode"


def test_an_object_may_be_named_by_its_type_id_and_the_company_by_a_property(world: HubSpotWorld) -> None:
    table = replace(CONTACTS, source="0-1", account="associatedcompanyid")
    connector = connect(world, table)
    found = rows(connector, table)
    assert {r["id"]: r["account_id"] for r in found} == {
        r["id"]: None if r["primary"] is None else str(r["primary"]) for r in found
    }
    assert any(r["account_id"] for r in found)
    assert {r["id"]: r["amount"] for r in rows(connector, DEALS)} == {
        d["id"]: None if d["amount"] in (None, "") else float(d["amount"]) for d in world.crm.records("deals")
    }
    connector.close()


def test_tables_lie_in_the_snapshot_each_in_a_file_of_its_own(world: HubSpotWorld, tmp_path: Path) -> None:
    connector = connect(world, CONTACTS, DEALS)
    pull_custom(connector, replace(plugin.default_fields(), tables=(CONTACTS, DEALS)), tmp_path, "200MB")
    connector.close()
    kept = pq.read_table(custom_path(tmp_path, "contacts"))
    assert kept.schema.equals(CONTACTS.schema())
    assert kept["id"].to_pylist() == sorted(kept["id"].to_pylist())
    assert pq.read_table(custom_path(tmp_path, "deals")).num_rows == len(world.crm.records("deals"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (CustomTable("x", "subscriptions_of_ours", "", ()), "is no object of the portal"),
        (CustomTable("x", "2-999999", "", ()), "is no object of the portal"),
        (CustomTable("x", "contacts", "company_id", ()), "is no property of contacts"),
        (CustomTable("x", "contacts", "", (MappedField("j", "jobtitel"),)), "does not exist in contacts"),
        (
            CustomTable("x", "deals", "", (MappedField("n", "dealname", FieldType.NUMBER),)),
            "is of HubSpot's type string and cannot be read as number",
        ),
    ],
)
def test_what_does_not_fit_is_named_before_anything_is_read(
    world: HubSpotWorld, table: CustomTable, said: str
) -> None:
    connector = connect(world, table)
    assert any(said in str(problem) for problem in connector.check(writing=False))
    before = connector.calls().get("list objects", 0)
    with pytest.raises(FieldProblems):
        connector.pull_table(table)
    assert connector.calls().get("list objects", 0) == before
    connector.close()


SUBSCRIPTION = {
    "name": "subscription",
    "labels": {"singular": "Subscription", "plural": "Subscriptions"},
    "primaryDisplayProperty": "plan",
    "requiredProperties": ["plan"],
    "associatedObjects": ["COMPANY"],
    "properties": [
        {"name": "plan", "label": "Plan", "type": "string", "fieldType": "text"},
        {"name": "mrr", "label": "MRR", "type": "number", "fieldType": "number"},
        {"name": "ends", "label": "Ends", "type": "date", "fieldType": "date"},
    ],
}
SUBSCRIPTIONS = CustomTable(
    "subscriptions",
    "subscription",
    "companies",
    (
        MappedField("plan", "plan"),
        MappedField("mrr", "mrr", FieldType.NUMBER),
        MappedField("ends", "ends", FieldType.DATE),
    ),
)


def enterprise(world: HubSpotWorld) -> dict[str, Any]:
    """The portal has a custom object, with its definition, and our token may read it."""
    scopes = [f"crm.{part}.custom.{mode}" for part in ("schemas", "objects") for mode in ("read", "write")]
    world.crm.settings(custom_objects=True, scopes=[*world.crm.settings()["scopes"], *scopes])
    return dict(call(world, "/crm/v3/schemas", SUBSCRIPTION))


@pytest.mark.parametrize("name", ["objectTypeId", "fullyQualifiedName", "name"])
def test_a_custom_object_comes_by_any_of_its_names_with_its_company(world: HubSpotWorld, name: str) -> None:
    schema = enterprise(world)
    tie = {"associationCategory": "USER_DEFINED", "associationTypeId": int(schema["associations"][0]["id"])}
    companies = sorted(world.ids())[:5]
    expected = {}
    for number in range(12):
        values = {"plan": f"P{number}", "mrr": str(number * 1.5), "ends": "2026-12-31"}
        links = [{"to": {"id": companies[number % 5]}, "types": [tie]}] if number else []
        body = {"properties": values, "associations": links}
        id = call(world, f"/crm/v3/objects/{schema['objectTypeId']}", body)["id"]
        expected[id] = (
            companies[number % 5] if number else None,
            f"P{number}",
            number * 1.5,
            date(2026, 12, 31),
        )
    table = replace(SUBSCRIPTIONS, source=schema[name])
    connector = connect(world, table)
    assert connector.check(writing=True) == []
    found = rows(connector, table)
    connector.close()
    assert {r["id"]: (r["account_id"], r["plan"], r["mrr"], r["ends"]) for r in found} == expected


def test_a_portal_without_custom_objects_says_that_there_is_none(world: HubSpotWorld) -> None:
    connector = connect(world, SUBSCRIPTIONS)
    assert any("is no object of the portal" in str(p) for p in connector.check(writing=False))
    connector.close()


def test_a_custom_object_needs_its_own_scopes(world: HubSpotWorld) -> None:
    enterprise(world)
    scopes = [s for s in world.crm.settings()["scopes"] if not s.endswith("custom.read")]
    world.crm.settings(scopes=scopes)
    connector = connect(world, SUBSCRIPTIONS)
    with pytest.raises(MissingPermission, match=r"crm\.objects\.custom\.read or crm\.schemas\.custom\.read"):
        connector.check(writing=False)
    connector.close()


def test_an_object_that_the_token_may_not_read_is_an_error_and_never_empty(world: HubSpotWorld) -> None:
    scopes = [s for s in world.crm.settings()["scopes"] if s != "crm.objects.contacts.read"]
    world.crm.settings(scopes=scopes)
    connector = connect(world, CONTACTS)
    with pytest.raises(MissingPermission, match=r"crm\.objects\.contacts\.read"):
        rows(connector, CONTACTS)
    connector.close()


@pytest.mark.parametrize("name", ["subscriptions", "2-3465404", "0-1", "p20858235_subscriptions"])
def test_the_config_takes_names_and_type_ids_of_objects(name: str) -> None:
    assert TableConfig.model_validate({"from": name}).table("x").source == name


@pytest.mark.parametrize("name", ["", "2-", "contacts/1", "a b", "-1", "2-3-4"])
def test_the_config_takes_nothing_that_is_no_name_of_an_object(name: str) -> None:
    with pytest.raises(ValueError, match="from"):
        TableConfig.model_validate({"from": name})
