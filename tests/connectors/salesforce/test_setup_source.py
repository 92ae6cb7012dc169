"""The source folder of setup: what Salesforce's own schema says is right, and the same bytes every time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import simple_salesforce
from lxml import etree

from connectors.sandbox import Seed, running
from tests.connectors.salesforce.conftest import ENVIRONMENT, SalesforceWorld
from tests.connectors.salesforce.test_setup import LOOKUP, SCORE, TIER, connect, output

ROOT = "force-app/main/default"
OUTPUTS = [TIER, SCORE, LOOKUP]
TYPES = ("CustomField", "ListView", "PermissionSet", "ReportType")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceWorld]:
    with running("salesforce", seed=Seed(accounts=5, reps=2, seed=5)) as crm:
        made = SalesforceWorld(crm)
        for name, variable in ENVIRONMENT.items():
            monkeypatch.setenv(variable, made.credentials[name])
        yield made
        made.close()


@cache
def schema() -> Any:
    """Salesforce's schema of metadata, from the WSDL that simple-salesforce brings, with the roots of source files."""
    wsdl = etree.parse(Path(simple_salesforce.__file__).parent / "metadata.wsdl")
    xsd = "http://www.w3.org/2001/XMLSchema"
    found = wsdl.find(f".//{{{xsd}}}schema")
    for name in TYPES:
        etree.SubElement(found, f"{{{xsd}}}element", name=name, type=f"tns:{name}")
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


def members(content: bytes) -> dict[str, str]:
    return {child.tag.rpartition("}")[2]: child.text or "" for child in ET.fromstring(content)}


def test_each_part_is_a_file_where_salesforce_looks_for_it(world: SalesforceWorld) -> None:
    mine = connect(world, *OUTPUTS)
    files = mine.setup_source(mine.setup_steps(OUTPUTS))
    assert list(files) == [
        "README.md",
        f"{ROOT}/objects/Account/fields/Success_Manager__c.field-meta.xml",
        f"{ROOT}/objects/Account/fields/Territory_Score__c.field-meta.xml",
        f"{ROOT}/objects/Account/fields/Territory_Tier__c.field-meta.xml",
        f"{ROOT}/objects/Account/listViews/Territory_Sync.listView-meta.xml",
        f"{ROOT}/permissionsets/Territory_Sync.permissionset-meta.xml",
        f"{ROOT}/reportTypes/Territory_Sync_Accounts.reportType-meta.xml",
        "sfdx-project.json",
    ]
    assert orjson.loads(files["sfdx-project.json"])["sourceApiVersion"] == "62.0"
    lookup = members(files[f"{ROOT}/objects/Account/fields/Success_Manager__c.field-meta.xml"])
    assert (lookup["fullName"], lookup["type"], lookup["referenceTo"]) == (
        "Success_Manager__c",
        "Lookup",
        "User",
    )
    assert world.crm.records("CustomField") == [], "nothing is created"


def test_each_file_is_right_by_salesforces_own_schema(world: SalesforceWorld) -> None:
    odd = output("Odd")
    mine = connect(world, *OUTPUTS, odd)
    files = mine.setup_source(mine.setup_steps([*OUTPUTS, odd]))
    checked = [name for name in files if name.endswith("-meta.xml")]
    for name in checked:
        schema().assertValid(etree.fromstring(files[name]))
    assert len(checked) == 7


def test_equal_steps_give_equal_bytes(world: SalesforceWorld) -> None:
    one, two = connect(world, *OUTPUTS), connect(world, *OUTPUTS)
    assert one.setup_source(one.setup_steps(OUTPUTS)) == two.setup_source(two.setup_steps(OUTPUTS))


def test_a_set_that_exists_is_written_whole_so_that_deploying_takes_nothing_away(
    world: SalesforceWorld,
) -> None:
    first = connect(world, TIER)
    first.setup(first.setup_steps([TIER]))
    second = connect(world, TIER, SCORE)
    files = second.setup_source(second.setup_steps([TIER, SCORE]))
    content = files[f"{ROOT}/permissionsets/Territory_Sync.permissionset-meta.xml"]
    schema().assertValid(etree.fromstring(content))
    told = content.decode()
    for name in ("Territory_Tier__c", "Territory_Score__c", "Industry"):
        assert f"<field>Account.{name}</field>" in told
    assert "<name>TransferAnyEntity</name>" in told
    assert told.count("<objectPermissions>") == 4
    assert f"{ROOT}/objects/Account/fields/Territory_Tier__c.field-meta.xml" not in files


def test_nothing_to_do_is_no_files(world: SalesforceWorld) -> None:
    assert connect(world).setup_source([]) == {}
