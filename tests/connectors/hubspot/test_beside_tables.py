"""Deal stages, and what hangs below each company and owner, held against the portal's own records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from connectors.errors import Garbled, MissingPermission
from connectors.hubspot import plugin
from connectors.hubspot.connector import HubSpotConnector
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from connectors.tables import SCHEMAS
from tests.connectors.hubspot.calls import call, made
from tests.connectors.hubspot.conftest import PORTAL, Reply, Scripted, settings_for
from tests.connectors.hubspot.world import FIELDS, NO_WAITS, HubSpotWorld

SEED = Seed(accounts=30, reps=5, seed=5, activities_per_account=4)


@pytest.fixture(params=["v3", "2026-09"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    with running("hubspot", seed=SEED, fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000, search_lag=0)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


@pytest.fixture
def connector(world: HubSpotWorld) -> Iterator[HubSpotConnector]:
    connector = world.connect()
    yield connector
    connector.close()


def rows(connector: HubSpotConnector, kind: RecordKind) -> list[dict[str, Any]]:
    pull = connector.pull(kind)
    assert pull.complete
    table = pa.Table.from_batches(list(pull.batches))
    assert table.schema.equals(SCHEMAS[kind])
    return table.to_pylist()


STAGES = [
    ("appointmentscheduled", "Appointment Scheduled", "Sales Pipeline", 0.2, False, False),
    ("qualifiedtobuy", "Qualified To Buy", "Sales Pipeline", 0.4, False, False),
    ("presentationscheduled", "Presentation Scheduled", "Sales Pipeline", 0.6, False, False),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "Sales Pipeline", 0.8, False, False),
    ("contractsent", "Contract Sent", "Sales Pipeline", 0.9, False, False),
    ("closedwon", "Closed Won", "Sales Pipeline", 1.0, True, True),
    ("closedlost", "Closed Lost", "Sales Pipeline", 0.0, True, False),
    ("146783201", "Renewal due", "Renewals", 0.7, False, False),
    ("146783202", "Renewed", "Renewals", 1.0, True, True),
    ("146783203", "Churned", "Renewals", 0.0, True, False),
]


def test_stages_are_told_in_the_order_of_their_pipelines(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    found = rows(connector, RecordKind.STAGES)
    columns = ("name", "label", "pipeline", "probability", "closed", "won")
    assert [tuple(row[c] for c in columns) for row in found] == STAGES
    assert [row["sort_order"] for row in found] == list(range(10))
    assert all(row["id"] == row["name"] and row["active"] and row["modified_at"] for row in found)
    assert {deal["dealstage"] for deal in world.crm.records("deals")} <= {row["name"] for row in found}


def stage(id: str, order: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "label": id.title(), "displayOrder": order, "metadata": {}, "archived": False, **more}


def scripted(hubspot: Scripted, monkeypatch: pytest.MonkeyPatch, *stages: dict[str, Any]) -> HubSpotConnector:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat")
    pipeline = {"id": "p", "label": "P", "displayOrder": 1, "stages": list(stages), "archived": False}
    account = Reply(body={"portalId": int(PORTAL)})
    hubspot.will(account, account, Reply(body={"results": [pipeline]}))
    mapping = plugin.default_fields()
    return HubSpotConnector(settings_for(hubspot.url), mapping, NO_WAITS)


def test_stages_with_one_place_in_the_order_stand_by_label_and_archived_ones_are_not_active(
    hubspot: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = [
        stage("zeta", 3, metadata={"probability": "1.0"}),
        stage("beta", 3, metadata={"probability": "0.0", "isClosed": "false"}),
        stage("alpha", 3, archived=True),
        stage("first", -1, metadata={"probability": 0.25}),
    ]
    connector = scripted(hubspot, monkeypatch, *stages)
    found = rows(connector, RecordKind.STAGES)
    connector.close()
    columns = ("name", "probability", "closed", "won", "active")
    assert [tuple(row[c] for c in columns) for row in found] == [
        ("first", 0.25, False, False, True),
        ("alpha", None, False, False, False),
        ("beta", 0.0, False, False, True),
        ("zeta", 1.0, True, True, True),
    ]


def test_a_probability_that_is_no_number_is_named(hubspot: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = scripted(hubspot, monkeypatch, stage("odd", 0, metadata={"probability": "likely"}))
    with pytest.raises(Garbled, match="stage odd has the probability 'likely'"):
        rows(connector, RecordKind.STAGES)
    connector.close()


def test_contacts_and_open_tasks_are_counted_per_company_and_owner(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    expected: Counter[tuple[str, str, str | None]] = Counter()
    for contact in world.crm.records("contacts"):
        if contact["associatedcompanyid"] not in (None, ""):
            key = ("contact", str(int(float(contact["associatedcompanyid"]))))
            expected[*key, contact["hubspot_owner_id"] or None] += 1
    first, second, third = sorted(world.ids())[:3]
    ana, lee = world.owners()[:2]
    # Of several companies the primary one counts, whatever the order of their ids.
    made(world, "contacts", {"email": "a@x.com", "hubspot_owner_id": ana},
         [("companies", first), ("companies", second)], primary=second)  # fmt: skip
    made(world, "contacts", {"email": "b@x.com", "hubspot_owner_id": ana}, primary=second)
    made(world, "contacts", {"email": "c@x.com"}, primary=second)
    made(world, "contacts", {"email": "d@x.com", "hubspot_owner_id": ana})
    task = {"hs_timestamp": "2026-01-05T10:00:00Z", "hubspot_owner_id": lee}
    made(world, "tasks", task | {"hs_task_status": "WAITING"}, [("companies", first), ("companies", third)])
    made(world, "tasks", task | {"hs_task_status": "COMPLETED"}, [("companies", third)])
    expected += Counter({("contact", second, ana): 2, ("contact", second, None): 1})
    companies = tied(world, "tasks")
    for record in world.crm.records("tasks"):
        if record["hs_task_status"] != "COMPLETED":
            for company in companies.get(record["id"], ()):
                expected["open_task", company, record["hubspot_owner_id"] or None] += 1
    found = rows(connector, RecordKind.CHILDREN)
    assert {(r["kind"], r["account_id"], r["owner_id"]): r["count"] for r in found} == expected
    assert expected["open_task", third, lee] == 1
    assert len({row["id"] for row in found}) == len(found)


def tied(world: HubSpotWorld, plural: str) -> dict[str, list[str]]:
    """The companies of every record, by the portal's own associations."""
    inputs = [{"id": record["id"]} for record in world.crm.records(plural)]
    body = call(world, f"/crm/v4/associations/{plural}/companies/batch/read", {"inputs": inputs})
    return {str(r["from"]["id"]): [str(to["toObjectId"]) for to in r["to"]] for r in body["results"]}


def test_without_the_scope_children_are_an_error_and_never_none(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    scopes = [s for s in world.crm.settings()["scopes"] if s != "crm.objects.contacts.read"]
    world.crm.settings(scopes=scopes)
    with pytest.raises(MissingPermission, match=r"crm\.objects\.contacts\.read"):
        rows(connector, RecordKind.CHILDREN)


def test_a_list_of_contacts_that_lost_its_last_rows_counts_nothing(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    world.crm.fault("short_page", method="GET", path=r"contacts\?", times=None)
    with pytest.raises(Garbled, match="list contacts: HubSpot counts"):
        rows(connector, RecordKind.CHILDREN)


def test_children_are_left_out_where_the_config_counts_none(world: HubSpotWorld) -> None:
    counting, plain = world.connect(), world.connect(count_children=False)
    assert counting.capabilities.also - plain.capabilities.also == {RecordKind.CHILDREN}
    assert RecordKind.STAGES in plain.capabilities.also
    counting.close()
    plain.close()
