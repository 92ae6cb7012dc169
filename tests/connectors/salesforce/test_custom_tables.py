"""Any object of the org as a table: custom objects, leads, deals' own children; into the snapshot as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from connectors.errors import FieldProblems
from connectors.mapping import CustomTable, FieldType, MappedField
from connectors.retry import RetryPolicy
from connectors.salesforce import plugin
from connectors.salesforce.connector import SalesforceConnector
from sync.pulling.custom_tables import pull_custom
from sync.snapshot import custom_path
from tests.connectors.salesforce.test_beside_tables import WAYS, truth
from tests.connectors.salesforce.test_tables import made

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 20
SUBSCRIPTIONS = CustomTable(
    "subscriptions", "Subscription__c", "Account__c",
    (
        MappedField("mrr", "MRR__c", FieldType.NUMBER), MappedField("tier", "Tier__c"),
        MappedField("ends", "Ends__c", FieldType.DATE), MappedField("customer", "Account__r.Name"),
    ),
)  # fmt: skip
LEADS = CustomTable("leads", "Lead", "", (MappedField("company", "Company"), MappedField("status", "Status")))


@pytest.fixture(scope="module", autouse=True)
def subscriptions(org: SalesforceWorld) -> Sequence[Mapping[str, Any]]:
    for name, type in (
        ("Account__c", "Lookup(Account)"), ("MRR__c", "Number"), ("Tier__c", "Picklist(a::Basic;b)"), ("Ends__c", "Date"),
    ):  # fmt: skip
        org.crm.add_field("Subscription__c", name, type)
    accounts = [a["Id"] for a in truth(org, "Account")]
    for number in range(12):
        values = {"Account__c": accounts[number % 5], "MRR__c": number * 1.5, "Tier__c": "ab"[number % 2]}
        made(org, "Subscription__c", Name=f"S{number}", Ends__c="2026-12-31", **values)
    gone = made(org, "Subscription__c", Name="Gone", MRR__c=1)
    org.crm.edit("Subscription__c", gone, {"IsDeleted": True})
    return truth(org, "Subscription__c")


def connect(world: SalesforceWorld, *tables: CustomTable, **changes: Any) -> SalesforceConnector:
    from dataclasses import replace

    mapping = replace(plugin.default_fields(), tables=tables)
    return SalesforceConnector(world.settings(**changes), mapping, RetryPolicy(sleep=lambda seconds: None))


@pytest.mark.parametrize("way", WAYS)
def test_a_custom_object_comes_with_its_account_and_its_fields(
    world: SalesforceWorld, subscriptions: Sequence[Mapping[str, Any]], way: str
) -> None:
    connector = connect(world, SUBSCRIPTIONS, **WAYS[way])
    assert connector.check(writing=True) == []
    found = [row for batch in connector.pull_table(SUBSCRIPTIONS).batches for row in batch.to_pylist()]
    connector.close()
    names = {a["Id"]: a["Name"] for a in truth(world, "Account")}
    columns = ("id", "account_id", "mrr", "tier", "customer", "deleted")
    assert sorted(tuple(row[name] for name in columns) for row in found) == sorted(
        (s["Id"], s["Account__c"], s["MRR__c"], s["Tier__c"], names[s["Account__c"]], False)
        for s in subscriptions
    )
    assert {str(row["ends"]) for row in found} == {"2026-12-31"}
    assert len(found) == 12


def test_tables_lie_in_the_snapshot_each_in_a_file_of_its_own(world: SalesforceWorld, tmp_path: Path) -> None:
    lead = made(world, "Lead", LastName="Roe", Company="Roe & Sons")
    connector = connect(world, SUBSCRIPTIONS, LEADS)
    mapping = connector._mapping
    pull_custom(connector, mapping, tmp_path, "200MB")
    connector.close()
    kept = pq.read_table(custom_path(tmp_path, "subscriptions"))
    assert kept.schema.equals(SUBSCRIPTIONS.schema())
    assert kept["id"].to_pylist() == sorted(kept["id"].to_pylist())
    [row] = [row for row in pq.read_table(custom_path(tmp_path, "leads")).to_pylist() if row["id"] == lead]
    assert (row["company"], row["account_id"]) == ("Roe & Sons", None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "table-leads.parquet",
        "table-subscriptions.parquet",
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (CustomTable("x", "Nothing__c", "", ()), "is no object of the org that our user may read"),
        (CustomTable("x", "Subscription__c", "Acount__c", ()), "Subscription__c has no field 'Acount__c'"),
        (CustomTable("x", "Subscription__c", "OwnerId", ()), "holds no id of an account"),
        (
            CustomTable("x", "Lead", "", (MappedField("n", "Company", FieldType.NUMBER),)),
            "which is no number",
        ),
        (CustomTable("x", "Lead", "", (MappedField("n", "Address"),)), "is compound"),
        (
            CustomTable("x", "Subscription__c", "", (MappedField("n", "Account__r.Nme"),)),
            "Account has no field 'Nme'",
        ),
    ],
)
def test_what_does_not_fit_is_named_before_anything_is_read(
    world: SalesforceWorld, table: CustomTable, said: str
) -> None:
    connector = connect(world, table)
    assert any(said in str(problem) for problem in connector.check(writing=False))
    with pytest.raises(FieldProblems):
        connector.pull_table(table)
    connector.close()
