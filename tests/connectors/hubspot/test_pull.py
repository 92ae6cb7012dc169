"""What comes out of a portal: every table, by list and by search, with an index that lags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
import urllib3

from connectors.base import Pull
from connectors.errors import FieldProblems, Garbled, Refused
from connectors.hubspot.connector import HubSpotConnector
from connectors.mapping import FieldType, MappedField
from connectors.records import RecordId, RecordKind, Watermark
from connectors.retry import RetryPolicy
from connectors.sandbox import Crm, Seed, running
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

SEED = Seed(accounts=40, reps=6, seed=11, activities_per_account=5)


@pytest.fixture(params=["v3", "2026-03"])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    """Search lags here as it does; waiting moves the portal's clock."""
    with running("hubspot", seed=SEED, fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


@pytest.fixture
def connector(world: HubSpotWorld) -> Iterator[HubSpotConnector]:
    connector = connect(world)
    yield connector
    connector.close()


def connect(world: HubSpotWorld, **changes: Any) -> HubSpotConnector:
    return world.connect(retry=RetryPolicy(sleep=world.crm.advance), **changes)


def rows(pull: Pull) -> list[dict[str, Any]]:
    return pa.Table.from_batches(list(pull.batches)).to_pylist()


def watermark(connector: HubSpotConnector, kind: RecordKind) -> Watermark:
    pull = connector.pull(kind)
    rows(pull)
    return pull.watermark


def call(crm: Crm, world: HubSpotWorld, path: str, body: Any, method: str = "POST") -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request(method, crm.url + path, body=json.dumps(body), headers=headers)
        assert answer.status < 300, answer.data
        return dict(answer.json()) if answer.data else {}


def test_owners_who_left_come_as_inactive_and_queues_as_no_person(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    found = {row["id"]: row for row in rows(connector.pull(RecordKind.OWNERS))}
    told = {owner["id"]: owner for owner in world.crm.records("owners")}
    assert set(found) == set(told), "by id, never by userId"
    assert any(not row["active"] for row in found.values())
    assert any(not row["person"] for row in found.values())
    for id, row in found.items():
        assert row["active"] is not told[id]["archived"]
        assert row["person"] is (told[id]["type"] == "PERSON")
        assert row["email"] == told[id]["email"]


def test_deals_have_their_company_and_what_their_stage_says(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    found = rows(connector.pull(RecordKind.OPPORTUNITIES))
    told = {deal["id"]: deal for deal in world.crm.records("deals")}
    assert set(told) == {row["id"] for row in found}
    assert {row["account_id"] for row in found} <= world.ids()
    shares = {"closedwon": 1.0, "closedlost": 0.0, "146783202": 1.0, "contractsent": 0.9, "146783201": 0.7}
    assert {row["stage"] for row in found} & set(shares)
    for row in found:
        deal = told[row["id"]]
        assert row["stage"] == deal["dealstage"], "the internal value, never the label"
        assert row["amount"] == (None if deal["amount"] in (None, "") else float(deal["amount"]))
        assert row["won"] is (row["closed"] and row["probability"] == 1.0)
        if row["stage"] in shares:
            assert row["probability"] == shares[row["stage"]]


def test_activities_of_five_types_come_once_per_company(
    world: HubSpotWorld, connector: HubSpotConnector
) -> None:
    found = rows(connector.pull(RecordKind.ACTIVITIES))
    for plural in ("calls", "emails", "meetings", "notes", "tasks"):
        mine = [row for row in found if row["type"] == plural.removesuffix("s")]
        told = {f"{plural.removesuffix('s')}-{r['id']}" for r in world.crm.records(plural)}
        assert {row["id"] for row in mine} == told, "ids are unique within one type only"
    assert len({(row["id"], row["account_id"]) for row in found}) == len(found)
    assert {row["direction"] for row in found} <= {"inbound", "outbound", None}


def test_what_an_activity_is_depends_on_its_type(world: HubSpotWorld, connector: HubSpotConnector) -> None:
    """Minutes of a call are its milliseconds, of a meeting its span; what never took place has no moment."""
    first, second = sorted(world.ids())[:2]
    made = {
        "calls": {
            "hs_timestamp": "2026-01-05T10:00:00Z",
            "hs_call_duration": "90000",
            "hs_call_direction": "INBOUND",
        },
        "emails": {"hs_timestamp": "2026-01-05T10:00:00Z", "hs_email_direction": "INCOMING_EMAIL"},
        "meetings": {
            "hs_timestamp": "2026-01-05T10:00:00Z",
            "hs_meeting_start_time": "2026-01-05T10:00:00Z",
            "hs_meeting_end_time": "2026-01-05T10:45:00Z",
        },
        "tasks": {"hs_timestamp": "2026-01-06T09:00:00.250Z", "hs_task_status": "NOT_STARTED"},
    }
    ids = {
        k: f"{k.removesuffix('s')}-{create(world, k, v, companies=[first, second])}" for k, v in made.items()
    }
    missed = "meeting-" + create(
        world, "meetings", made["meetings"] | {"hs_meeting_outcome": "NO_SHOW"}, companies=[]
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(connector.pull(RecordKind.ACTIVITIES)):
        found.setdefault(row["id"], []).append(row)
    for id in ids.values():
        assert {row["account_id"] for row in found[id]} == {first, second}
    facts = {k: found[id][0] for k, id in ids.items()}
    assert (facts["calls"]["minutes"], facts["calls"]["direction"]) == (1.5, "inbound")
    assert (facts["emails"]["minutes"], facts["emails"]["direction"]) == (None, "inbound")
    assert (facts["meetings"]["minutes"], facts["meetings"]["direction"]) == (45.0, None)
    assert facts["meetings"]["occurred_at"] == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert facts["tasks"]["occurred_at"] == datetime(2026, 1, 6, 9, 0, 0, 250_000, tzinfo=UTC)
    assert facts["tasks"]["status"] == "NOT_STARTED"
    assert [(r["account_id"], r["occurred_at"]) for r in found[missed]] == [(None, None)]


LINKS = {"calls": 182, "emails": 186, "meetings": 188, "notes": 190, "tasks": 192, "deals": 341}


def create(world: HubSpotWorld, plural: str, values: Mapping[str, str], companies: list[Any]) -> str:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": LINKS[plural]}]
    links = [{"to": {"id": id}, "types": types} for id in companies]
    body = {"properties": dict(values), "associations": links}
    return str(call(world.crm, world, f"/crm/v3/objects/{plural}", body)["id"])


@pytest.mark.parametrize("kind", [RecordKind.OPPORTUNITIES, RecordKind.ACTIVITIES])
def test_changes_read_by_search_are_what_a_list_says(world: HubSpotWorld, kind: RecordKind) -> None:
    """Associations come from another call then, and must be the same."""
    connector = connect(world)
    since = watermark(connector, kind)
    world.advance(3600)
    plural = "deals" if kind is RecordKind.OPPORTUNITIES else "meetings"
    company = min(world.ids())
    values = {"dealname": "New"} if plural == "deals" else {"hs_timestamp": "2026-01-05T10:00:00Z"}
    made = create(world, plural, values, [company])
    alone = create(world, plural, values, [])
    edited = world.crm.records(plural)[0]["id"]
    world.crm.edit(plural, edited, {"hubspot_owner_id": world.owners()[0]})
    gone = world.crm.records(plural)[1]["id"]
    world.crm.edit(plural, gone, {"archived": True})
    if kind is RecordKind.ACTIVITIES:
        made, alone, edited, gone = (f"meeting-{id}" for id in (made, alone, edited, gone))
    world.advance(60)
    pull = connector.pull(kind, since)
    changed = rows(pull)
    assert not pull.complete
    assert {row["id"] for row in changed} >= {made, alone, edited, gone}, "and what the overlap repeats"
    assert [row["id"] for row in changed if row["deleted"]] == [gone]
    whole = rows(connector.pull(kind))
    came = {row["id"] for row in changed}
    living = sorted((r for r in changed if not r["deleted"]), key=str)
    assert living == sorted((r for r in whole if r["id"] in came), key=str)
    connector.close()


def test_a_write_that_search_does_not_see_yet_comes_with_the_next_pull(world: HubSpotWorld) -> None:
    world.crm.settings(search_lag=50)
    connector = connect(world)
    since = watermark(connector, RecordKind.ACCOUNTS)
    world.advance(60)
    id = min(world.ids())
    world.edit(id, {"name": "Lagging"})
    pull = connector.pull(RecordKind.ACCOUNTS, since)
    assert id not in {row["id"] for row in rows(pull)}, "search does not know it yet"
    world.advance(60)
    [row] = [r for r in rows(connector.pull(RecordKind.ACCOUNTS, pull.watermark)) if r["id"] == id]
    assert row["name"] == "Lagging"
    connector.close()


def test_records_archived_a_moment_ago_hold_up_neither_list_nor_search(world: HubSpotWorld) -> None:
    """The count is too high until the index has caught up; waiting settles it."""
    connector = connect(world)
    since = watermark(connector, RecordKind.ACCOUNTS)
    world.advance(3600)
    first, second, third = sorted(world.ids())[:3]
    for id in (first, second):
        world.edit(id, {"name": "Edited"})
    world.advance(60)
    world.delete(second)
    world.delete(third)
    changed = rows(connector.pull(RecordKind.ACCOUNTS, since))
    assert {(r["id"], r["deleted"]) for r in changed} == {(first, False), (second, True), (third, True)}
    world.delete(first)
    assert {row["id"] for row in rows(connector.pull(RecordKind.ACCOUNTS))} == world.ids()
    connector.close()


def test_merged_companies_come_as_deleted(world: HubSpotWorld) -> None:
    """They are in no list, archived or not; the one they live on in names them."""
    connector = connect(world)
    since = watermark(connector, RecordKind.ACCOUNTS)
    world.advance(3600)
    kept, gone, *_ = sorted(world.ids())
    call(
        world.crm,
        world,
        "/crm/v3/objects/companies/merge",
        {"primaryObjectId": kept, "objectIdToMerge": gone},
    )
    world.advance(60)
    found = {row["id"]: row for row in rows(connector.pull(RecordKind.ACCOUNTS, since))}
    assert found[gone]["deleted"]
    assert not found[kept]["deleted"]
    assert connector.lookup([RecordId(gone)], ["name"]).num_rows == 0
    connector.close()


def test_more_records_than_a_search_reaches_may_bear_one_stamp() -> None:
    """A mass job stamps more than 10,000 at once; paging by id reads each of them once."""
    with running("hubspot", seed=Seed(accounts=0, reps=1, seed=1), fields=FIELDS) as crm:
        crm.settings(search_lag=0, search_limit=100_000, burst_limit=100_000)
        world = HubSpotWorld(crm)
        connector = connect(world)
        ids: set[str] = set()
        for _ in range(102):
            inputs = {"inputs": [{"properties": {"name": "Mass"}}] * 100}
            made = call(crm, world, "/crm/v3/objects/companies/batch/create", inputs)
            ids |= {record["id"] for record in made["results"]}
        found = [
            record["id"]
            for page in connector._reader._objects.changed("companies", ["name"], _ever())
            for record in page
        ]
        assert len(found) == len(ids) == 10_200
        assert set(found) == ids
        connector.close()
        world.close()


def _ever() -> Any:
    from connectors.hubspot.reading.searching import Span

    return Span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def test_a_portal_that_changed_by_more_than_half_is_listed_whole(world: HubSpotWorld) -> None:
    connector = connect(world)
    since = watermark(connector, RecordKind.ACCOUNTS)
    world.advance(3600)
    for id in sorted(world.ids())[:25]:
        world.edit(id, {"name": "Renamed"})
    world.advance(60)
    searches = connector.calls()["search objects"]
    pull = connector.pull(RecordKind.ACCOUNTS, since)
    assert pull.complete
    assert {row["id"] for row in rows(pull)} == world.ids()
    assert connector.calls()["search objects"] - searches == 3, "two counts before, one after"
    connector.close()


def test_more_properties_than_an_address_holds_are_read_by_batch(world: HubSpotWorld) -> None:
    names = [f"custom_property_with_a_long_name_{number:03}" for number in range(150)]
    inputs = [
        {"name": n, "label": n, "type": "string", "fieldType": "text", "groupName": "companyinformation"}
        for n in names
    ]
    for start in (0, 100):
        call(
            world.crm,
            world,
            "/crm/v3/properties/companies/batch/create",
            {"inputs": inputs[start : start + 100]},
        )
    id = min(world.ids())
    world.crm.edit("companies", id, {names[149]: "the last"})
    fields = [MappedField(name, name) for name in names]
    connector = connect(world, fields=fields)
    pull = connector.pull(RecordKind.ACCOUNTS)
    whole = {row["id"]: row for row in rows(pull)}
    assert set(whole) == world.ids()
    assert whole[id][names[149]] == "the last"
    assert connector.calls()["batch read"] == 1
    world.advance(3600)
    world.edit(id, {"name": "Changed"})
    world.advance(60)
    [changed] = rows(connector.pull(RecordKind.ACCOUNTS, pull.watermark))
    assert (changed["name"], changed[names[149]]) == ("Changed", "the last")
    connector.close()


def test_a_value_that_does_not_parse_is_named(world: HubSpotWorld) -> None:
    """Read as a date it was never one: the record, the property and the value are told."""
    id = min(world.ids())
    world.edit(id, {"note": "17.2.2022"})
    connector = connect(world, fields=[MappedField("day", "territory_note", FieldType.DATE)])
    [problem] = connector.check(writing=False)
    assert "type string" in problem.problem
    with pytest.raises(FieldProblems):
        connector.pull(RecordKind.ACCOUNTS)
    connector.close()


def test_a_list_that_lost_its_last_rows_is_an_error(world: HubSpotWorld) -> None:
    """A last page that is short looks like any last page; only the count tells."""
    connector = connect(world)
    world.crm.fault("short_page", method="GET", path=r"companies\?", times=None)
    with pytest.raises(Garbled, match="counts 40 records and listed"):
        rows(connector.pull(RecordKind.ACCOUNTS))
    connector.close()


@pytest.mark.parametrize(
    "text", ["", "{}", "2026-01-01", '{"hubspot":"owners","until":"2026-01-01T00:00:00Z"}']
)
def test_a_watermark_of_somebody_else_is_refused(connector: HubSpotConnector, text: str) -> None:
    with pytest.raises(Refused, match="watermark"):
        connector.pull(RecordKind.ACCOUNTS, Watermark(text))


def test_dates_and_moments_are_in_utc(world: HubSpotWorld, connector: HubSpotConnector) -> None:
    id = create(world, "deals", {"dealname": "Late", "closedate": "2026-03-31T23:30:00-04:00"}, [])
    [deal] = [row for row in rows(connector.pull(RecordKind.OPPORTUNITIES)) if row["id"] == id]
    assert deal["close_date"] == date(2026, 4, 1)


def test_limits_of_a_professional_account_are_never_run_into(world: HubSpotWorld) -> None:
    """Ours are kept by waiting, not by being told: no call is answered with 429."""
    world.crm.settings(search_limit=5, burst_limit=190, associations_limit=150)
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        world.crm.advance(seconds)

    retry = RetryPolicy(sleep=sleep, clock=lambda: passed[0])
    connector = world.connect(retry=retry, page_size=1, compare_counts=False)
    for _ in range(6):
        rows(connector.pull(RecordKind.ACCOUNTS))
    made = sum(connector.calls().values())
    assert made > 240
    served = sum(world.crm.calls().values())
    assert made == served
    # A 429 would have been tried again, and so counted by us beyond the pages there are.
    assert connector.calls()["list objects"] == 6 * 40
    assert passed[0] < 10 * made / 150
    connector.close()
