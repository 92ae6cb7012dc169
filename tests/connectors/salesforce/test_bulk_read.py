"""Bulk readings: the same rows as REST gives, in few calls, and nothing that is not whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import ConnectorError, Garbled, Refused, Unavailable
from connectors.mapping import FieldType, MappedField
from connectors.records import MAIN, RecordKind, Watermark
from connectors.salesforce.reading import bulk_job
from connectors.salesforce.reading.bulk_job import JobFailed

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 450
ALL_TYPES = (
    MappedField("about", "Description"),
    MappedField("phone", "Phone"),
    MappedField("employees_text", "NumberOfEmployees"),
    MappedField("revenue_text", "AnnualRevenue"),
    MappedField("created_on", "CreatedDate", FieldType.DATE),
    MappedField("last_activity", "LastActivityDate", FieldType.DATETIME),
)
_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('\n\r\t",;|^`'), min_size=1, max_size=40
)


@pytest.fixture(autouse=True)
def _plain(world: SalesforceWorld) -> None:
    world.crm.settings(bulk_page_rows=100_000, bulk_polls=1)


def bulk(world: SalesforceWorld, **changes: Any) -> SalesforceConnector:
    return world.connect(**{"bulk_read_above": 0, "bulk_page_rows": 100, **changes})


def table(
    connector: SalesforceConnector, kind: RecordKind, since: Watermark | None = None, **given: Any
) -> pa.Table:
    batches = list(connector.pull(kind, since, **given).batches)
    connector.close()
    return pa.Table.from_batches(batches).combine_chunks().sort_by([("id", "ascending")])


def account(world: SalesforceWorld, **values: Any) -> str:
    answer = requests.post(
        f"{world.crm.url}/services/data/v62.0/sobjects/Account",
        json={"Name": "Made", **values},
        headers={"Authorization": f"Bearer {world.token()}"},
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize("kind", MAIN)
@pytest.mark.parametrize("quoted", [True, False], ids=["quoted nulls", "bare nulls"])
def test_bulk_and_rest_give_the_same_table(world: SalesforceWorld, kind: RecordKind, quoted: bool) -> None:
    world.crm.settings(bulk_quoted_nulls=quoted, bulk_charset=quoted, bulk_java_numbers=quoted)
    fields = ALL_TYPES if kind is RecordKind.ACCOUNTS else ()
    by_rest = table(world.connect(fields=fields, bulk_read_above=10**9), kind)
    by_bulk = table(bulk(world, fields=fields), kind)
    assert by_rest.num_rows > 0
    assert by_bulk.equals(by_rest)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=_TEXT.map(lambda text: f"x{text}x"),
    about=st.none() | _TEXT,
    revenue=st.none() | st.floats(-1e15, 1e15).map(lambda number: round(number, 2)),
    employees=st.none() | st.integers(0, 99_999_999),
)
def test_whatever_is_written_reads_the_same_both_ways(
    world: SalesforceWorld, name: str, about: str | None, revenue: float | None, employees: int | None
) -> None:
    id = account(world, Name=name, Description=about, AnnualRevenue=revenue, NumberOfEmployees=employees)
    by_rest = table(world.connect(fields=ALL_TYPES, bulk_read_above=10**9), RecordKind.ACCOUNTS)
    by_bulk = table(bulk(world, fields=ALL_TYPES), RecordKind.ACCOUNTS)
    assert by_bulk.equals(by_rest)
    assert id in by_bulk["id"].to_pylist()


def test_lines_in_values_come_as_they_are(world: SalesforceWorld) -> None:
    text = 'first\r\nsecond "quoted", and\n\nmore,\r\n'.strip()
    id = account(world, Description=text)
    found = table(bulk(world, fields=ALL_TYPES), RecordKind.ACCOUNTS)
    at = found["id"].to_pylist().index(id)
    stored = next(r["Description"] for r in world.crm.records("Account") if r["Id"] == id)
    assert found["about"][at].as_py() == stored


@pytest.mark.parametrize(("threads", "version", "listed"), [(1, "62.0", 0), (3, "62.0", 1), (3, "57.0", 0)])
def test_calls_are_the_job_its_polls_and_its_pages(
    world: SalesforceWorld, threads: int, version: str, listed: int
) -> None:
    world.crm.settings(bulk_page_rows=150)
    connector = bulk(world, bulk_page_rows=150, parallel_pages=threads, api_version=version)
    rows = table(connector, RecordKind.ACCOUNTS).num_rows
    pages = -(-rows // 150)
    calls = {name: count for name, count in connector.calls().items() if name.startswith("bulk")}
    assert calls == {"bulk_create": 1, "bulk_poll": 2, "bulk_page": pages} | (
        {"bulk_pages": -(-pages // 5)} if listed else {}
    )


def test_pages_are_read_one_by_one_where_the_org_has_no_parallel_ones(world: SalesforceWorld) -> None:
    world.crm.settings(bulk_result_pages=False)
    try:
        found = table(bulk(world), RecordKind.ACCOUNTS)
    finally:
        world.crm.settings(bulk_result_pages=True)
    assert set(found["id"].to_pylist()) == world.ids()


def test_more_pages_than_one_answer_names_are_all_read_side_by_side(world: SalesforceWorld) -> None:
    world.crm.settings(bulk_page_rows=40)
    connector = bulk(world, bulk_page_rows=40)
    pull = connector.pull(RecordKind.ACCOUNTS)
    found = {id for batch in pull.batches for id in batch["id"].to_pylist()}
    assert found == world.ids()
    assert connector.calls()["bulk_pages"] >= 3
    ours = connector._client.quota.remaining
    connector.identity()
    left = connector.quota().remaining
    assert ours is not None
    assert left is not None
    assert ours - left == 1, "what the threads used is counted"
    connector.close()


def test_a_table_as_large_as_the_threshold_is_read_by_rest(world: SalesforceWorld) -> None:
    connector = world.connect(bulk_read_above=len(world.ids()))
    table(connector, RecordKind.ACCOUNTS)
    assert "bulk_create" not in connector.calls()


@pytest.mark.parametrize(("above", "by_bulk"), [(10, True), (100_000, False)])
def test_the_way_is_chosen_by_size_and_the_size_is_told(
    world: SalesforceWorld, above: int, by_bulk: bool
) -> None:
    connector = world.connect(bulk_read_above=above)
    pull = connector.pull(RecordKind.ACCOUNTS)
    rows = sum(batch.num_rows for batch in pull.batches)
    calls = connector.calls()
    connector.close()
    assert pull.total == rows == len(world.ids())
    assert calls["count"] == 1
    assert ("bulk_create" in calls, "query" in calls) == (by_bulk, not by_bulk)


def test_a_query_of_more_fields_than_an_address_can_hold_goes_by_bulk(
    world: SalesforceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Salesforce refuses an address of more than 16,384 bytes (414), which no number of rows tells of."""
    monkeypatch.setattr("connectors.salesforce.soql.LONGEST", 200)
    connector = world.connect(bulk_read_above=100_000)
    assert set(table(connector, RecordKind.ACCOUNTS)["id"].to_pylist()) == world.ids()
    assert connector.calls()["bulk_create"] == 1


def test_changes_come_by_bulk_too_and_deleted_ones_are_told(world: SalesforceWorld) -> None:
    gone, changed = account(world), account(world)
    connector = bulk(world)
    since = connector.pull(RecordKind.ACCOUNTS).watermark
    world.advance(3600)
    world.delete(gone)  # type: ignore[arg-type]
    world.edit(changed, {"name": "Changed"})  # type: ignore[arg-type]
    found = table(connector, RecordKind.ACCOUNTS, since)
    told = dict(zip(found["id"].to_pylist(), found["deleted"].to_pylist(), strict=True))
    assert (told[gone], told[changed]) == (True, False)
    assert found.num_rows < 400 + 2


def test_an_object_that_bulk_does_not_know_is_read_by_rest(world: SalesforceWorld) -> None:
    world.crm.settings(bulk_unsupported="Opportunity")
    connector = bulk(world)
    found = table(connector, RecordKind.OPPORTUNITIES)
    world.crm.settings(bulk_unsupported="")
    assert found.num_rows == len(world.crm.records("Opportunity"))
    assert connector.calls()["query"] >= 1


def test_a_job_that_fails_says_why_and_is_not_waited_for_again(
    world: SalesforceWorld, tmp_path: Path
) -> None:
    world.crm.fault(
        "job_fails", path="/jobs/query$", message="InternalServerError : Retried more than fifteen times"
    )
    with pytest.raises(JobFailed, match=r"ended as Failed: .*fifteen times; map fewer fields"):
        table(bulk(world), RecordKind.ACCOUNTS, spool=tmp_path)
    assert table(bulk(world), RecordKind.ACCOUNTS, spool=tmp_path).num_rows == len(world.ids())


def test_a_job_that_takes_too_long_is_waited_for_by_the_next_pull(
    world: SalesforceWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.crm.fault("job_stuck", path="/jobs/query$", polls=3)
    monkeypatch.setattr(bulk_job, "FIRST_WAIT", 0.4)
    with pytest.raises(Unavailable, match="is not done after 1 s"):
        table(bulk(world, bulk_deadline=1.0), RecordKind.ACCOUNTS, spool=tmp_path)
    monkeypatch.setattr(bulk_job, "FIRST_WAIT", 0.0)
    again = bulk(world)
    assert table(again, RecordKind.ACCOUNTS, spool=tmp_path).num_rows == len(world.ids())
    assert "bulk_create" not in again.calls()


def test_polls_that_fail_do_not_give_a_job_up(world: SalesforceWorld) -> None:
    """Four times all five tries of a poll."""
    world.crm.fault("unavailable", path=r"/jobs/query/\w+$", times=20)
    connector = bulk(world)
    assert table(connector, RecordKind.ACCOUNTS).num_rows == len(world.ids())
    assert connector.calls()["bulk_create"] == 1


def test_a_job_is_left_to_salesforce_unless_it_is_to_be_deleted(world: SalesforceWorld) -> None:
    left = bulk(world)
    table(left, RecordKind.ACCOUNTS)
    assert "bulk_delete" not in left.calls()
    deleted = bulk(world, bulk_delete_jobs=True)
    table(deleted, RecordKind.ACCOUNTS)
    assert deleted.calls()["bulk_delete"] == 1


def test_an_empty_object_is_no_job(world: SalesforceWorld) -> None:
    connector = bulk(world, not_people=())
    pull = connector.pull(RecordKind.ACTIVITIES)
    assert sum(batch.num_rows for batch in pull.batches) == len(world.crm.records("Task")) + len(
        world.crm.records("Event")
    )
    connector.close()


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([("Id,Name\n001000000000001AAA\n", 0, "null")], "not the CSV that was asked for"),
        ([("Id,Name\n001000000000001AAA,x\n", 2, "null")], "a page of 2 rows was promised and 1 came"),
        ([("Id,Name\n001000000000001AAA,x\n", 1, "null")], "read 2 rows and its pages have 1"),
        (
            [("Id,Name\n001000000000001AAA,x\n", 1, "B"), ("Id,Name\n001000000000001AAA,x\n", 1, "null")],
            "1 of 2 rows came twice",
        ),
        (
            [("Id,Name\n001000000000001AAA,x\n", 1, "B"), ("Id,Name\n002000000000001AAA,y\n", 1, "B")],
            "leads back to a page",
        ),
        ([("Name,Id\n", 0, "null")], "has the columns Name, Id, not Id, Name"),
        ([("Id,Name\n001000000000001AAA\n", 1, "null")], "not the CSV that was asked for"),
        ([("Id,Name\n,x\n,y\n", 2, "null")], "a row of a page has no Id"),
        ([("", 0, "null")], "not the CSV that was asked for"),
        ([("Id,Name\n001000000000001AAA,x\n", None, "null")], "does not say how many rows"),
        ([("Id,Name\n001000000000001AAA,x\n", 1, None)], "does not say whether another follows"),
    ],
)
def test_pages_that_cannot_be_right_are_never_taken_for_rows(
    pages: list[tuple[str, int | None, str | None]], said: str, tmp_path: Path
) -> None:
    with pytest.raises(Garbled, match=said):
        read_pages(pages, tmp_path)


def read_pages(pages: list[tuple[str, int | None, str | None]], folder: Path) -> list[Any]:
    """What a job of two rows gives whose pages (text, count, next locator) are these."""
    from connectors.salesforce.fields import Described
    from connectors.salesforce.reading.bulk import Bulk, BulkSettings
    from connectors.salesforce.reading.bulk_spool import Manifest, Question, Spool
    from tests.connectors.salesforce.canned import CannedClient

    client: Any = CannedClient([(text.encode(), count, locator) for text, count, locator in pages])
    fields = {name: Described(name, type, False, 0) for name, type in (("Id", "id"), ("Name", "string"))}
    question = Question("00D", "62.0", "query", "SELECT Id, Name FROM Account")
    begun = Manifest(question, datetime.now(UTC).isoformat(), None, None, "750", rows=2)
    reader = Bulk(client, BulkSettings(parallel_pages=1))
    return list(reader.columns(begun, Spool(folder), fields))


def test_a_mapping_that_does_not_fit_names_the_record(world: SalesforceWorld) -> None:
    id = account(world, Score__c=1.5)
    wrong = [MappedField("whole", "Score__c", FieldType.INTEGER)]
    with pytest.raises(Garbled, match=f"record {id}, field Score__c: 1.5 is no int64"):
        table(bulk(world, fields=wrong), RecordKind.ACCOUNTS)


def test_an_error_of_a_pull_is_always_one_of_ours(world: SalesforceWorld) -> None:
    world.crm.fault("status", path="/jobs/query$", times=None, status=400)
    with pytest.raises(Refused) as caught:
        table(bulk(world), RecordKind.ACCOUNTS)
    assert isinstance(caught.value, ConnectorError)
