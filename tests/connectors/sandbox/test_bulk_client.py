"""simple-salesforce's own Bulk 2.0 calls work against the sandbox, unmodified but for the address."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceBulkV2LoadError, SalesforceOperationError

from connectors.sandbox import Crm
from tests.connectors.sandbox.bulk import table

SOQL = "SELECT Id, Name, Owner.Name FROM Account"


@pytest.fixture
def accounts(client: Salesforce) -> Any:
    return client.bulk2.Account  # type: ignore[union-attr]


def test_query_yields_page_after_page(org: Crm, accounts: Any) -> None:
    pages = list(accounts.query(SOQL, max_records=7, wait=0.01))
    assert [len(table(page.encode())) for page in pages] == [7, 7, 7, 7, 2]
    rows = [row for page in pages for row in table(page.encode())]
    assert {(r["Id"], r["Name"]) for r in rows} == {(r["Id"], r["Name"]) for r in org.records("Account")}


def test_query_all_finds_deleted_records(org: Crm, accounts: Any) -> None:
    gone = org.records("Account")[3]["Id"]
    org.edit("Account", gone, {"IsDeleted": True})
    seen = {}
    for name in ("query", "query_all"):
        pages = getattr(accounts, name)("SELECT Id FROM Account", wait=0.01)
        seen[name] = {row["Id"] for page in pages for row in table(page.encode())}
    assert seen["query_all"] - seen["query"] == {gone}


def test_download_writes_every_page_to_a_file(org: Crm, accounts: Any, tmp_path: Path) -> None:
    results = accounts.download(SOQL, str(tmp_path), max_records=10, wait=0.01)
    assert [result["number_of_records"] for result in results] == [10, 10, 10]
    assert results[-1]["locator"] == ""
    rows = [row for result in results for row in table(Path(result["file"]).read_bytes())]
    assert {row["Id"] for row in rows} == {row["Id"] for row in org.records("Account")}


def test_records_are_inserted_updated_and_deleted(org: Crm, accounts: Any) -> None:
    [made] = accounts.insert(records=[{"Name": "One"}, {"Name": "Two"}], wait=0.01)
    assert (made["numberRecordsProcessed"], made["numberRecordsFailed"]) == (2, 0)
    rows = table(accounts.get_successful_records(made["job_id"]).encode())
    assert {(row["Name"], row["sf__Created"]) for row in rows} == {("One", "true"), ("Two", "true")}
    ids = [row["sf__Id"] for row in rows]
    changes = [{"Id": ids[0], "Site": "HQ"}, {"Id": ids[1], "Site": "#N/A"}]
    [changed] = accounts.update(records=changes, wait=0.01)
    assert changed["numberRecordsFailed"] == 0
    assert org.history("Account", ids[0])[-1]["new"] == "HQ"
    [deleted] = accounts.delete(records=[{"Id": id} for id in ids], wait=0.01)
    assert deleted["numberRecordsFailed"] == 0
    gone = {row["Id"] for row in org.records("Account") if row["IsDeleted"]}
    assert gone >= set(ids)


def test_an_update_from_a_file_tells_all_three_kinds_of_rows(org: Crm, accounts: Any, tmp_path: Path) -> None:
    one, two = [row["Id"] for row in org.records("Account")[:2]]
    file = tmp_path / "kpi.csv"
    with file.open("w", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows(
            [("Id", "NumberOfEmployees"), (one, "5"), (two, "five")]
        )
    [job] = accounts.update(csv_file=str(file), wait=0.01)
    told = accounts.get_all_ingest_records(job["job_id"])
    assert [row["sf__Id"] for row in told["successfulRecords"]] == [one]
    assert [row["Id"] for row in told["failedRecords"]] == [two]
    assert told["failedRecords"][0]["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:")
    assert told["unprocessedRecords"] == []
    kept = tmp_path / "failed.csv"
    accounts.get_failed_records(job["job_id"], file=str(kept))
    assert table(kept.read_bytes()) == told["failedRecords"]


def test_a_failed_job_is_the_clients_own_exception_and_leaves_its_rows(org: Crm, accounts: Any) -> None:
    one = org.records("Account")[0]["Id"]
    with pytest.raises(SalesforceOperationError, match="InvalidBatch : Field name not found : Nonsense"):
        accounts.update(records=[{"Id": one, "Nonsense": "1"}], wait=0.01)
    org.fault("job_fails", method="PATCH", path="/jobs/ingest", message="InternalServerError : gone")
    with pytest.raises(SalesforceOperationError, match="gone"):
        accounts.update(records=[{"Id": one, "Site": "HQ"}], wait=0.01)
    jobs = [job for job in accounts._client.get_job("", False)["records"] if job["state"] == "Failed"]
    unprocessed = accounts.get_unprocessed_records(jobs[-1]["id"])
    assert [row["Id"] for row in table(unprocessed.encode())] == [one]


def test_upsert_and_hard_delete(org: Crm, accounts: Any) -> None:
    one = org.records("Account")[0]["Id"]
    records = [{"Id": one, "Name": "known"}, {"Id": "", "Name": "new"}]
    [job] = accounts.upsert(records=records, external_id_field="Id", wait=0.01)
    rows = table(accounts.get_successful_records(job["job_id"]).encode())
    assert {(row["Name"], row["sf__Created"]) for row in rows} == {("known", "false"), ("new", "true")}
    org.settings(bulk_hard_delete=True)
    [gone] = accounts.hard_delete(records=[{"Id": one}], wait=0.01)
    assert gone["numberRecordsFailed"] == 0
    assert one not in {row["Id"] for row in org.records("Account")}
    with pytest.raises(SalesforceBulkV2LoadError, match="must contain only 'Id'"):
        accounts.delete(records=[{"Id": one, "Name": "x"}], wait=0.01)


def test_a_batch_size_of_its_own_makes_several_jobs(org: Crm, accounts: Any) -> None:
    ids = [row["Id"] for row in org.records("Account")]
    jobs = accounts.update(records=[{"Id": id, "Site": "HQ"} for id in ids], batch_size=12, wait=0.01)
    assert [job["numberRecordsTotal"] for job in jobs] == [12, 12, 6]
    assert {change["id"] for change in org.history("Account")} == set(ids)


def test_a_text_that_is_not_ascii_comes_back_whole_where_the_charset_is_told(org: Crm, accounts: Any) -> None:
    one = org.records("Account")[0]["Id"]
    [job] = accounts.update(records=[{"Id": one, "Name": "Łódź & Søn"}], wait=0.01)
    assert "Łódź & Søn" in accounts.get_successful_records(job["job_id"])
    org.settings(bulk_charset=False)
    assert "Łódź & Søn" not in accounts.get_successful_records(job["job_id"])
