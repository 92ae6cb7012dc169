"""The life of Bulk jobs: listed, aborted, deleted, expired, counted, failed and stuck on demand, kept on disk."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox.bulk import Bulk, table, written
from tests.connectors.sandbox.conftest import Raw

ALL = "SELECT Id, Name FROM Account"
FOREVER = None


@pytest.fixture
def bulk(raw: Raw) -> Bulk:
    return Bulk(raw)


def _ids(org: Crm) -> list[str]:
    return [row["Id"] for row in org.records("Account")]


def _update(org: Crm, value: str = "HQ") -> str:
    return written(("Id", "Site"), *((one, value) for one in _ids(org)))


def _query(bulk: Bulk) -> str:
    return str(bulk.json("POST", "/jobs/query", {"operation": "query", "query": ALL})["id"])


def _begun(bulk: Bulk, id: str) -> None:
    """Waits until the first transaction of an ingest job is done."""
    for _ in range(1_000):
        if bulk.json("GET", f"/jobs/ingest/{id}")["numberRecordsProcessed"]:
            return
        time.sleep(0.005)
    raise AssertionError(f"job {id} does not begin")


# -- list, abort, delete, expire


def test_jobs_are_listed_by_kind_and_found_by_either_id(org: Crm, bulk: Bulk) -> None:
    query, ingest = bulk.query(ALL)["id"], bulk.load("update", _update(org))["id"]
    for path in ("/jobs/query", "/jobs/ingest"):
        answer = bulk.json("GET", path)
        assert {job["id"] for job in answer["records"]} == {query, ingest}
        assert (answer["done"], answer["nextRecordsUrl"]) == (True, None)
    [listed] = bulk.json("GET", "/jobs/ingest?jobType=V2Ingest")["records"]
    assert (listed["id"], listed["state"], listed["operation"]) == (ingest, "JobComplete", "update")
    assert bulk.json("GET", f"/jobs/query/{query[:15]}")["id"] == query
    for path in (f"/jobs/ingest/{query}", f"/jobs/query/{ingest}", "/jobs/query/nonsense"):
        [error] = bulk.json("GET", path, None, 404)
        assert error == {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}


def test_a_long_list_comes_a_thousand_at_a_time(bulk: Bulk) -> None:
    for _ in range(1_003):
        bulk.open("update")
    first = bulk.json("GET", "/jobs/ingest")
    assert (len(first["records"]), first["done"]) == (1_000, False)
    second = bulk.json("GET", first["nextRecordsUrl"])
    assert (len(second["records"]), second["done"]) == (3, True)


def test_a_query_job_is_aborted_before_its_end_and_deleted_after_it(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_polls=5)
    id = _query(bulk)
    [error] = bulk.json("DELETE", f"/jobs/query/{id}", None, 400)
    assert error["message"] == "Error encountered when deleting the job because the job is not terminated"
    [error] = bulk.json("GET", f"/jobs/query/{id}/results", None, 400)
    assert error["errorCode"] == "INVALIDJOBSTATE"
    assert bulk.json("PATCH", f"/jobs/query/{id}", {"state": "Aborted"})["state"] == "Aborted"
    bulk.json("GET", f"/jobs/query/{id}/results", None, 400)
    done = bulk.query(ALL)["id"]
    [error] = bulk.json("PATCH", f"/jobs/query/{done}", {"state": "Aborted"}, 400)
    assert error["errorCode"] == "INVALIDJOBSTATE"
    for gone in (id, done):
        bulk.json("DELETE", f"/jobs/query/{gone}", None, 204)
        bulk.json("GET", f"/jobs/query/{gone}", None, 404)


def test_an_ingest_job_in_progress_stops_between_two_transactions(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_pause=0.4)
    rows = [(f"New {n}",) for n in range(450)]
    id = bulk.open("insert")
    bulk.upload(id, written(("Name",), *rows))
    bulk.close(id)
    _begun(bulk, id)
    assert bulk.close(id, "Aborted")["state"] == "Aborted"
    time.sleep(1.0)
    job = bulk.json("GET", f"/jobs/ingest/{id}")
    assert job["state"] == "Aborted"
    done, rest = bulk.rows(job, "successfulResults"), bulk.rows(job, "unprocessedrecords")
    assert (len(done), len(rest), job["numberRecordsProcessed"]) == (200, 250, 200)
    assert sorted(row["Name"] for row in (*done, *rest)) == sorted(name for (name,) in rows)
    bulk.json("DELETE", f"/jobs/ingest/{id}", None, 204)


def test_results_are_kept_for_seven_days(org: Crm, raw: Raw, bulk: Bulk) -> None:
    org.settings(session_seconds=10**8)
    id = bulk.load("update", _update(org))["id"]
    org.advance(6.9 * 24 * 3600)
    assert len(bulk.rows({"id": id}, "successfulResults")) == 30
    org.advance(0.2 * 24 * 3600)
    bulk.json("GET", f"/jobs/ingest/{id}/successfulResults", None, 404)


# -- what it costs


def test_every_call_counts_and_query_jobs_have_a_number_of_their_own(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_query_jobs=2)
    before = int(bulk.raw("GET", "/limits").headers["Sforce-Limit-Info"].split("=")[1].split("/")[0])
    job = bulk.query(ALL)
    answer = bulk.results(job["id"])
    polls = org.calls()["GET /services/data/v{version}/jobs/query/{id}"]
    assert answer.headers["Sforce-Limit-Info"] == f"api-usage={before + polls + 2}/200000"
    assert bulk.json("GET", "/limits")["DailyBulkV2QueryJobs"] == {"Max": 2, "Remaining": 1}
    bulk.query(ALL)
    [error] = bulk.json("POST", "/jobs/query", {"operation": "query", "query": ALL}, 400)
    assert error == {
        "errorCode": "LIMIT_EXCEEDED",
        "message": "Max bulk v2 query jobs (2) per 24 hrs has been reached",
    }
    org.settings(session_seconds=10**8)
    org.advance(25 * 3600)
    assert bulk.query(ALL)["state"] == "JobComplete"


# -- faults


def test_a_query_job_fails_on_demand(org: Crm, bulk: Bulk) -> None:
    org.fault("job_fails", method="POST", path="/jobs/query", message="InternalServerError : Timeout")
    job = bulk.query(ALL)
    assert (job["state"], job["errorMessage"]) == ("Failed", "InternalServerError : Timeout")
    bulk.json("GET", f"/jobs/query/{job['id']}/results", None, 400)
    assert bulk.query(ALL)["state"] == "JobComplete"


def test_a_job_that_fails_in_the_middle_keeps_what_it_did_and_names_the_rest(org: Crm, bulk: Bulk) -> None:
    org.fault(
        "job_fails", method="PATCH", path="/jobs/ingest", message="InternalServerError : gone", rows=400
    )
    names = [f"New {n}" for n in range(1_000)]
    job = bulk.load("insert", written(("Name",), *((name,) for name in names)))
    assert (job["state"], job["errorMessage"]) == ("Failed", "InternalServerError : gone")
    assert job["numberRecordsProcessed"] == 400
    done = {row["Name"] for row in bulk.rows(job, "successfulResults")}
    rest = {row["Name"] for row in bulk.rows(job, "unprocessedrecords")}
    assert (len(done), len(rest), done | rest) == (400, 600, set(names))
    assert {row["Name"] for row in org.records("Account")} & set(names) == done


def test_a_job_is_stuck_for_so_many_polls_and_does_nothing_meanwhile(org: Crm, bulk: Bulk) -> None:
    org.fault("job_stuck", method="PATCH", path="/jobs/ingest", polls=4)
    id = bulk.open("update")
    bulk.upload(id, _update(org))
    bulk.close(id)
    states = [bulk.json("GET", f"/jobs/ingest/{id}")["state"] for _ in range(3)]
    assert states == ["UploadComplete", "InProgress", "InProgress"]
    assert org.history("Account") == []
    assert bulk.wait("ingest", id)["numberRecordsProcessed"] == 30


def test_a_job_that_is_stuck_for_good_can_only_be_aborted(org: Crm, bulk: Bulk) -> None:
    org.fault("job_stuck", method="POST", path="/jobs/query", polls=FOREVER)
    id = _query(bulk)
    states = [bulk.json("GET", f"/jobs/query/{id}")["state"] for _ in range(20)]
    assert states == ["UploadComplete"] + ["InProgress"] * 19
    assert bulk.json("PATCH", f"/jobs/query/{id}", {"state": "Aborted"})["state"] == "Aborted"


def test_a_short_page_has_fewer_rows_than_its_header_says(org: Crm, bulk: Bulk) -> None:
    job = bulk.query(ALL)
    org.fault("short_page", path="/results")
    short, whole = bulk.results(job["id"]), bulk.results(job["id"])
    assert short.headers["Sforce-NumberOfRecords"] == whole.headers["Sforce-NumberOfRecords"] == "30"
    assert (len(table(short.data)), len(table(whole.data))) == (15, 30)


def test_a_page_is_torn_in_its_middle_and_comes_whole_the_next_time(org: Crm, bulk: Bulk) -> None:
    job = bulk.query(ALL)
    org.fault("applied_torn", path="/results")
    with pytest.raises(urllib3.exceptions.HTTPError):
        bulk.results(job["id"])
    assert len(table(bulk.results(job["id"]).data)) == 30


@pytest.mark.parametrize("kind", ["drop", "torn"])
def test_an_upload_whose_call_is_lost_never_came(org: Crm, bulk: Bulk, kind: str) -> None:
    id = bulk.open("update")
    org.fault(kind, method="PUT")
    with pytest.raises(urllib3.exceptions.HTTPError):
        bulk.upload(id, _update(org))
    assert bulk.upload(id, _update(org)).status == 201


@pytest.mark.parametrize(("method", "again"), [("PUT", 400), ("PATCH", 400)])
def test_a_call_that_was_carried_out_without_an_answer_is_not_taken_twice(
    org: Crm, bulk: Bulk, method: str, again: int
) -> None:
    id = bulk.open("update")
    org.fault("applied_torn", method=method, path="/jobs/ingest", how="closed")

    def call() -> int:
        if method == "PUT":
            return bulk.upload(id, _update(org)).status
        return bulk.raw("PATCH", f"/jobs/ingest/{id}", {"state": "UploadComplete"}).status

    with pytest.raises(urllib3.exceptions.HTTPError):
        call()
    assert call() == again


def test_a_session_that_ends_between_two_polls_is_a_401_and_the_job_goes_on(org: Crm, bulk: Bulk) -> None:
    id = _query(bulk)
    org.fault("expire_session", path=f"/jobs/query/{id}")
    [error] = bulk.json("GET", f"/jobs/query/{id}", None, 401)
    assert error["errorCode"] == "INVALID_SESSION_ID"
    given = org.credentials
    login = {
        "grant_type": "client_credentials",
        "client_id": given["client_id"],
        "client_secret": given["client_secret"],
    }
    answer = bulk.raw.pool.request(
        "POST", f"{org.url}/services/oauth2/token", fields=login, encode_multipart=False
    )
    bulk.raw.session = answer.json()["access_token"]
    assert bulk.wait("query", id)["state"] == "JobComplete"


# -- locks


def test_a_lock_that_goes_away_costs_retries_and_no_rows(org: Crm, bulk: Bulk) -> None:
    org.fault("row_lock", method="PATCH", path="/jobs/ingest", ids=_ids(org)[:1], tries=3)
    job = bulk.load("update", _update(org))
    assert (job["state"], job["numberRecordsFailed"], job["retries"]) == ("JobComplete", 0, 3)
    assert {change["id"] for change in org.history("Account")} == set(_ids(org))


def test_a_lock_that_stays_fails_its_row_after_ten_retries(org: Crm, bulk: Bulk) -> None:
    one = _ids(org)[0]
    org.fault("row_lock", method="PATCH", path="/jobs/ingest", ids=[one])
    job = bulk.load("update", _update(org))
    assert (job["state"], job["numberRecordsFailed"], job["retries"]) == ("JobComplete", 1, 10)
    [error] = bulk.errors(job)
    assert (
        error
        == f"UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 200 records: {one}:--"
    )
    assert org.history("Account", one) == []


def test_many_locked_rows_fail_the_batch_and_the_job_with_all_that_is_left(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_lock_failures=3)
    ids = _ids(org)
    org.fault("row_lock", method="PATCH", path="/jobs/ingest", ids=ids[:3])
    job = bulk.load("update", _update(org))
    assert job["state"] == "Failed"
    assert job["errorMessage"].startswith("TooManyLockFailure : ")
    assert sorted(row["Id"] for row in bulk.rows(job, "unprocessedrecords")) == sorted(ids)
    assert org.history("Account") == []


def test_children_of_a_parent_that_somebody_holds_cannot_be_written(org: Crm, bulk: Bulk) -> None:
    children = [row for row in org.records("Account") if row["ParentId"]]
    parent = children[0]["ParentId"]
    org.settings(bulk_locked_parents=parent)
    job = bulk.load("update", _update(org))
    locked = {row["sf__Id"] for row in bulk.rows(job, "failedResults")}
    assert locked == {row["Id"] for row in children if row["ParentId"] == parent} | {parent}


def test_two_batches_collide_over_a_parent_unless_its_children_stand_together() -> None:
    seed = Seed(accounts=11_800, reps=4, seed=7, activities_per_account=0, deals_per_account=0)
    with running("salesforce", seed=seed) as org:
        org.settings(bulk_parallel_locks=True, bulk_lock_tries=1)
        bulk = Bulk(Raw(org))
        rows = org.records("Account")
        parent, _ = Counter(row["ParentId"] for row in rows if row["ParentId"]).most_common(1)[0]
        family = [row["Id"] for row in rows if row["ParentId"] == parent]
        others = [row["Id"] for row in rows if not row["ParentId"]]
        apart = [family[0], *others[:9_999], *family[1:2], *others[9_999:10_000]]
        together = [*family[:2], *others[:9_998]]
        assert (
            bulk.load("update", written(("Id", "Site"), *((i, "a") for i in apart[9_990:] + apart[:1])))[
                "retries"
            ]
            == 0
        )
        assert bulk.load("update", written(("Id", "Site"), *((i, "b") for i in apart)))["retries"] == 1
        assert bulk.load("update", written(("Id", "Site"), *((i, "c") for i in together)))["retries"] == 0
        bulk.raw.pool.clear()


# -- a store on disk


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "org.sqlite"


def test_jobs_and_results_survive_a_restart(file: Path) -> None:
    with running("salesforce", seed=Seed(accounts=30, reps=4, seed=7), state=file) as org:
        bulk = Bulk(Raw(org))
        query, load = bulk.query(ALL), bulk.load("update", _update(org))
        page = bulk.results(query["id"], "?maxRecords=20")
        rest = bulk.results(query["id"], f"?locator={page.headers['Sforce-Locator']}").data
        results = bulk.raw("GET", f"/jobs/ingest/{load['id']}/successfulResults").data
        open_job = bulk.open("update")
        bulk.upload(open_job, _update(org, "later"))
        bulk.raw.pool.clear()
    with running("salesforce", state=file) as org:
        bulk = Bulk(Raw(org))
        assert bulk.json("GET", f"/jobs/query/{query['id']}") == query
        assert bulk.results(query["id"], f"?locator={page.headers['Sforce-Locator']}").data == rest
        assert bulk.raw("GET", f"/jobs/ingest/{load['id']}/successfulResults").data == results
        bulk.close(open_job)
        assert bulk.wait("ingest", open_job)["numberRecordsProcessed"] == 30
        assert {row["Site"] for row in org.records("Account")} == {"later"}
        bulk.raw.pool.clear()


def test_a_job_that_a_restart_interrupts_goes_on_and_writes_no_row_twice(file: Path) -> None:
    with running("salesforce", seed=Seed(accounts=900, reps=4, seed=7), state=file) as org:
        org.settings(bulk_pause=30.0)
        bulk = Bulk(Raw(org))
        id = bulk.open("update")
        bulk.upload(id, _update(org))
        bulk.close(id)
        _begun(bulk, id)
        bulk.raw.pool.clear()
    with running("salesforce", state=file) as org:
        bulk = Bulk(Raw(org))
        job = bulk.wait("ingest", id)
        assert (job["state"], job["numberRecordsProcessed"]) == ("JobComplete", 900)
        written = [change["id"] for change in org.history("Account") if change["field"] == "Site"]
        assert sorted(written) == sorted(_ids(org))
        assert len(bulk.rows(job, "successfulResults")) == 900
        bulk.raw.pool.clear()
