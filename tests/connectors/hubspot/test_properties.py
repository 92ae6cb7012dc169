"""What the properties of a company become: by the portal's definitions, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from connectors.errors import FieldProblems
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.fields import Properties
from connectors.mapping import FieldType, MappedField
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.calls import call
from tests.connectors.hubspot.conftest import Connect, Reply, Scripted
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

OWN = (
    *FIELDS,
    ("companies", "renewal_day", "date"),
    ("companies", "last_audit", "datetime"),
    ("companies", "is_key", "bool"),
    ("companies", "seats", "number"),
)


@pytest.fixture(params=["v3", "2026-09"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=Seed(accounts=40, reps=3, seed=8), fields=OWN) as crm:
        crm.settings(search_lag=0, search_limit=100_000, burst_limit=100_000)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


def read(connector: HubSpotConnector, kind: RecordKind = RecordKind.ACCOUNTS) -> dict[str, dict[str, Any]]:
    batches = list(connector.pull(kind).batches)
    return {row["id"]: row for row in pa.Table.from_batches(batches).to_pylist()}


def test_every_company_is_what_the_portal_says_column_by_column(world: HubSpotWorld) -> None:
    connector = world.connect()
    found = read(connector)
    connector.close()
    told = {c["id"]: c for c in world.crm.records("companies")}
    assert set(found) == set(told)
    texts = {
        "name": "name", "owner_id": "hubspot_owner_id", "country": "country", "state": "state", "city": "city",
        "postal_code": "zip", "website": "domain", "industry": "industry", "type": "type",
    }  # fmt: skip
    for id, row in found.items():
        company = told[id]
        assert {ours: row[ours] for ours in texts} == {o: company[t] or None for o, t in texts.items()}
        for ours, theirs in (("employees", "numberofemployees"), ("annual_revenue", "annualrevenue")):
            assert row[ours] == (None if company[theirs] in (None, "") else float(company[theirs]))
        parent = company["hs_parent_company_id"]
        assert row["parent_id"] == (None if parent in (None, "") else str(int(float(parent))))
        for ours, theirs in (("created_at", "createdate"), ("modified_at", "hs_lastmodifieddate")):
            assert row[ours] == moment(company[theirs])
    assert any(row["parent_id"] for row in found.values())
    assert {row["parent_id"] for row in found.values()} - {None} <= set(found), "parents are companies"


def moment(told: Any) -> datetime:
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told / 1000, UTC)
    at = datetime.fromisoformat(told)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def test_days_moments_and_flags_are_typed_as_they_are_defined(world: HubSpotWorld) -> None:
    """A day is that day whatever the zone, also as a moment; a moment is the UTC day on which it lies."""
    one, other = sorted(world.ids())[:2]
    values = {
        "renewal_day": "2026-03-01",
        "last_audit": "2026-03-01T23:30:00-04:00",
        "is_key": "true",
        "seats": "12",
    }
    world.crm.edit("companies", one, values)
    fields = [
        MappedField("day", "renewal_day", FieldType.DATE),
        MappedField("day_as_moment", "renewal_day", FieldType.DATETIME),
        MappedField("audit", "last_audit", FieldType.DATETIME),
        MappedField("audit_day", "last_audit", FieldType.DATE),
        MappedField("key", "is_key", FieldType.BOOLEAN),
        MappedField("seats", "seats", FieldType.INTEGER),
        MappedField("seats_as_text", "seats"),
    ]  # fmt: skip
    connector = world.connect(fields=fields)
    found = read(connector)
    connector.close()
    assert {field.name: found[one][field.name] for field in fields} == {
        "day": date(2026, 3, 1),
        "day_as_moment": datetime(2026, 3, 1, tzinfo=UTC),
        "audit": datetime(2026, 3, 2, 3, 30, tzinfo=UTC),
        "audit_day": date(2026, 3, 2),
        "key": True,
        "seats": 12,
        "seats_as_text": "12",
    }
    assert all(found[other][field.name] is None for field in fields)


def test_a_fraction_where_the_config_says_integer_is_named_with_record_and_value(world: HubSpotWorld) -> None:
    id = sorted(world.ids())[3]
    world.crm.edit("companies", id, {"seats": "12.5"})
    connector = world.connect(fields=[MappedField("seats", "seats", FieldType.INTEGER)])
    with pytest.raises(FieldProblems, match=rf"'seats' of record {id} holds '12.5', which is no integer"):
        read(connector)
    connector.close()


def test_enumerations_are_held_by_internal_value_and_their_labels_kept(world: HubSpotWorld) -> None:
    connector = world.connect()
    found = {row["industry"] for row in read(connector).values()} - {None}
    labels = connector._properties.labels("companies", "industry")
    assert found <= set(labels)
    assert labels["COMPUTER_SOFTWARE"] == "Computer Software"
    assert connector._properties.labels("companies", "name") == {}
    assert connector._properties.labels("companies", "nothing_of_the_kind") == {}
    connector.close()


def test_further_domains_and_merged_ids_are_lists_a_rule_can_ask(world: HubSpotWorld) -> None:
    kept, gone, *_ = sorted(world.ids())
    world.crm.edit("companies", kept, {"domain": "kept.com", "hs_additional_domains": "one.com; two.com"})
    world.crm.edit("companies", gone, {"domain": "gone.com"})
    call(world, "/crm/v3/objects/companies/merge", {"primaryObjectId": kept, "objectIdToMerge": gone})
    fields = [MappedField("domains", "hs_additional_domains"), MappedField("merged", "hs_merged_object_ids")]
    connector = world.connect(fields=fields)
    found = read(connector)
    connector.close()
    assert (found[kept]["website"], found[kept]["domains"]) == ("kept.com", "one.com;two.com;gone.com")
    assert found[kept]["merged"] == gone
    assert gone not in found


@pytest.mark.parametrize("how", ["sensitive", "highly_sensitive"])
def test_a_portals_sensitive_property_is_refused_before_anything_is_read(
    world: HubSpotWorld, how: str
) -> None:
    world.crm.add_field("companies", "passport", f"{how} string")
    id = min(world.ids())
    world.crm.edit("companies", id, {"passport": "C01X00T47"})
    listed = f"/crm/v3/objects/companies/{id}?properties=passport"
    assert "passport" not in call(world, listed, None, "GET")["properties"], "it would come back as nothing"
    connector = world.connect(fields=[MappedField("passport", "passport")])
    [problem] = connector.check(writing=False)
    assert "marks as sensitive data" in problem.problem
    with pytest.raises(FieldProblems, match="sensitive"):
        read(connector)
    connector.close()


def test_a_property_of_sensitive_data_is_named_and_never_read_as_blank(
    connect: Connect, hubspot: Scripted
) -> None:
    """Its definition may be read without the scope that its values need (doc)."""
    plain, none = Reply(body={"results": [definition("name")]}), Reply(body={"results": []})
    hidden = Reply(body={"results": [definition("passport")]})
    hubspot.will(plain, none, hidden)
    field = MappedField("passport", "passport")
    [problem] = Properties(connect()).problems_of("accounts", field, ("companies",))
    assert "marks as sensitive data" in problem.problem
    assert [seen.path.partition("?")[2] for seen in hubspot.seen] == [
        "",
        "archived=true",
        "dataSensitivity=sensitive",
    ]
    hubspot.will(plain, none, none, hidden)
    [problem] = Properties(connect()).problems_of("accounts", field, ("companies",))
    assert "marks as sensitive data" in problem.problem
    hubspot.will(plain, hidden)
    [problem] = Properties(connect()).problems_of("accounts", field, ("companies",))
    assert "is archived" in problem.problem


def definition(name: str) -> dict[str, Any]:
    return {"name": name, "type": "string", "fieldType": "text"}
