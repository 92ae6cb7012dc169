"""Bulk 2.0 ingest jobs: each row applied, failed with its reason, or unprocessed; judged by the org's history."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox.bulk import Bulk, table, written
from tests.connectors.sandbox.conftest import Raw

HISTORY = ("field", "old", "new")


@pytest.fixture
def bulk(raw: Raw) -> Bulk:
    return Bulk(raw)


def _ids(org: Crm, count: int) -> list[str]:
    return [row["Id"] for row in org.records("Account")[:count]]


def test_an_update_says_of_every_row_what_became_of_it(org: Crm, bulk: Bulk) -> None:
    one, two, gone, *_ = _ids(org, 3)
    org.edit("Account", gone, {"IsDeleted": True})
    nobody = "001Su0000zzzzzzIAA"
    rows = [
        (one, "HQ", "12"),
        (two[:15], "HQ", "many"),
        (gone, "HQ", "1"),
        ("", "HQ", "2"),
        ("001xx", "HQ", "3"),
    ]
    job = bulk.load("update", written(("Id", "Site", "NumberOfEmployees"), *rows, (nobody, "HQ", "4")))
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 6, 5)
    assert bulk.rows(job, "successfulResults") == [
        {"sf__Id": one, "sf__Created": "false", "Id": one, "Site": "HQ", "NumberOfEmployees": "12"}
    ]
    failed = {
        row["NumberOfEmployees"]: (row["sf__Id"], row["sf__Error"]) for row in bulk.rows(job, "failedResults")
    }
    wrong = "INVALID_TYPE_ON_FIELD_IN_RECORD:Employees: value not of required type: many:NumberOfEmployees --"
    assert failed["many"] == (two, wrong)
    assert failed["1"] == (gone, "ENTITY_IS_DELETED:entity is deleted:--")
    assert failed["2"] == ("", "MISSING_ARGUMENT:Id not specified in an update call:Id --")
    assert failed["3"][1].startswith("MALFORMED_ID:")
    assert failed["4"][1].split(":")[0] in ("INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID")
    assert bulk.rows(job, "unprocessedrecords") == []
    assert [row["id"] for row in org.history("Account") if row["field"] == "Site"] == [one]


def test_every_row_of_the_history_leads_to_the_job_and_its_user(org: Crm, bulk: Bulk) -> None:
    [one] = _ids(org, 1)
    job = bulk.load("update", written(("Id", "Site"), (one, "HQ")))
    [change] = org.history("Account", one)
    assert {key: change[key] for key in HISTORY} == {"field": "Site", "old": None, "new": "HQ"}
    assert change["request_id"] == job["id"]
    assert change["actor"] == job["createdById"]


def test_an_empty_cell_leaves_a_field_and_the_mark_for_nothing_empties_it(org: Crm, bulk: Bulk) -> None:
    one, two = _ids(org, 2)
    for id in (one, two):
        org.edit("Account", id, {"Site": "old", "Phone": "1"})
    before = len(org.history("Account"))
    bulk.load("update", written(("Id", "Site", "Phone"), (one, "", "2"), (two, "#N/A", "")))
    changes = [(c["id"], c["field"], c["new"]) for c in org.history("Account")[before:]]
    assert changes == [(one, "Phone", "2"), (two, "Site", None)]


def test_a_file_with_quotes_delimiters_and_line_breaks_arrives_whole(org: Crm, bulk: Bulk) -> None:
    [one] = _ids(org, 1)
    street = 'Haus "Süd", 2. Stock;\nŁódź\t✓'
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([("Id", "BillingStreet"), (one, street)])
    job = bulk.load("update", text.getvalue(), columnDelimiter="SEMICOLON", lineEnding="CRLF")
    assert job["numberRecordsFailed"] == 0
    assert org.history("Account", one)[-1]["new"] == street
    answer = bulk.raw("GET", f"/jobs/ingest/{job['id']}/successfulResults")
    assert answer.data.startswith(b'"sf__Id";"sf__Created";"Id";"BillingStreet"\r\n')
    assert table(answer.data, ";")[0]["BillingStreet"] == street


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("Id,Nonsense\n001,1\n", {}, "InvalidBatch : Field name not found : Nonsense"),
        ("\ufeffId,Site\n001,1\n", {}, "InvalidBatch : Field name not found : \ufeffId"),
        ("Id,Site,site\n001,1,2\n", {}, "InvalidBatch : Duplicate column name : site"),
        ("Id,Owner.Email\n001,a@example.com\n", {}, "InvalidBatch : Field name not found : Owner.Email"),
        ("Id,Site\r\n001,1\r\n", {}, "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"),
        ("Id,Site\n001,1\n", {"lineEnding": "CRLF"}, "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF"),
        ("Id,Site\n001\n", {}, "InvalidBatch : Failed to parse CSV: found 1 values under 2 column headers at line 2"),
        ('Id,Site\n001,"open\n', {}, "InvalidBatch : Failed to parse CSV: unexpected end of data at line 2"),
        (b"Id,Site\n001,\xff\n", {}, "ClientInputError : the data is not UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_fails_the_job_and_changes_nothing(
    org: Crm, bulk: Bulk, content: str | bytes, options: dict[str, str], message: str
) -> None:
    job = bulk.load("update", content, **options)
    assert job["state"] == "Failed"
    assert job["errorMessage"].startswith(message)
    assert job["numberRecordsProcessed"] == 0
    assert org.history("Account") == []
    assert bulk.rows(job, "successfulResults") == bulk.rows(job, "failedResults") == []


def test_rows_of_a_job_whose_header_is_wrong_are_unprocessed(org: Crm, bulk: Bulk) -> None:
    ids = _ids(org, 3)
    job = bulk.load("update", written(("Id", "Nonsense"), *((id, "x") for id in ids)))
    assert sorted(row["Id"] for row in bulk.rows(job, "unprocessedrecords")) == sorted(ids)


def test_a_hidden_field_is_not_found_and_a_read_only_one_fails_its_rows(org: Crm, bulk: Bulk) -> None:
    [one] = _ids(org, 1)
    org.settings(hidden_fields="Account.Site", read_only_fields="Account.Phone")
    job = bulk.load("update", written(("Id", "Site"), (one, "x")))
    assert job["errorMessage"] == "InvalidBatch : Field name not found : Site"
    job = bulk.load("update", written(("Id", "Phone"), (one, "1")))
    assert bulk.errors(job)[0].startswith("INVALID_FIELD_FOR_INSERT_UPDATE:")
    assert bulk.errors(job)[0].endswith(":Phone --")


def test_insert_and_delete_say_which_records_are_new_and_gone(org: Crm, bulk: Bulk) -> None:
    made = bulk.load("insert", written(("Name", "NumberOfEmployees"), ("Alpha", "7"), ("", "8")))
    [row] = bulk.rows(made, "successfulResults")
    assert (row["sf__Created"], row["Name"]) == ("true", "Alpha")
    assert bulk.errors(made) == ["REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"]
    [record] = [r for r in org.records("Account") if r["Id"] == row["sf__Id"]]
    assert (record["Name"], record["NumberOfEmployees"], record["IsDeleted"]) == ("Alpha", 7, False)
    deleted = bulk.load("delete", written(("Id",), (row["sf__Id"],)))
    assert bulk.rows(deleted, "successfulResults") == [
        {"sf__Id": row["sf__Id"], "sf__Created": "false", "Id": row["sf__Id"]}
    ]
    assert org.history("Account", row["sf__Id"])[-1]["field"] == "IsDeleted"
    wrong = bulk.load("delete", written(("Id", "Name"), (row["sf__Id"], "Alpha")))
    assert wrong["errorMessage"] == "InvalidBatch : The 'delete' batch must contain only ids"


def test_upsert_finds_records_by_an_external_id(org: Crm, bulk: Bulk) -> None:
    body = {
        "FullName": "Account.Erp__c",
        "Metadata": {"type": "Text", "label": "ERP", "length": 20, "externalId": True},
    }
    bulk.json("POST", "/tooling/sobjects/CustomField", body, 201)
    permissions = {
        "ParentId": bulk.raw.records("SELECT Id FROM PermissionSet")[0]["Id"], "SobjectType": "Account",
        "Field": "Account.Erp__c", "PermissionsRead": True, "PermissionsEdit": True,
    }  # fmt: skip
    bulk.json("POST", "/sobjects/FieldPermissions", permissions, 201)
    one, two = _ids(org, 2)
    bulk.load("update", written(("Id", "Erp__c"), (one, "A-1"), (two, "same")))
    rows = [("A-1", "found"), ("A-2", "made"), ("", "none")]
    job = bulk.load("upsert", written(("Erp__c", "Name"), *rows), externalIdFieldName="Erp__c")
    done = {row["Name"]: (row["sf__Id"], row["sf__Created"]) for row in bulk.rows(job, "successfulResults")}
    assert done["found"] == (one, "false")
    assert done["made"][1] == "true"
    assert bulk.errors(job) == ["MISSING_ARGUMENT:Erp__c not specified:Erp__c --"]
    again = bulk.load("upsert", written(("Erp__c", "Name"), ("a-2", "again")), externalIdFieldName="Erp__c")
    assert bulk.rows(again, "successfulResults")[0]["sf__Id"] == done["made"][0]
    bulk.load("update", written(("Id", "Erp__c"), (one, "same")))
    twice = bulk.load("upsert", written(("Erp__c", "Name"), ("same", "x")), externalIdFieldName="Erp__c")
    assert bulk.errors(twice)[0].startswith("DUPLICATE_EXTERNAL_ID:")
    [error] = bulk.json("POST", "/jobs/ingest", {"operation": "upsert", "object": "Account"}, 400)
    assert error["errorCode"] == "INVALIDJOB"


def test_upsert_by_id_updates_and_makes_what_has_none(org: Crm, bulk: Bulk) -> None:
    [one] = _ids(org, 1)
    job = bulk.load("upsert", written(("Id", "Name"), (one, "known"), ("", "new")), externalIdFieldName="Id")
    assert {(r["Name"], r["sf__Created"]) for r in bulk.rows(job, "successfulResults")} == {
        ("known", "false"),
        ("new", "true"),
    }


def test_hard_delete_needs_its_permission_and_leaves_nothing(org: Crm, bulk: Bulk) -> None:
    [one] = _ids(org, 1)
    [error] = bulk.json("POST", "/jobs/ingest", {"operation": "hardDelete", "object": "Account"}, 400)
    assert error["errorCode"] == "FEATURENOTENABLED"
    org.settings(bulk_hard_delete=True)
    assert bulk.load("hardDelete", written(("Id",), (one,)))["numberRecordsFailed"] == 0
    assert one not in {row["Id"] for row in org.records("Account")}


def test_a_record_twice_in_one_transaction_is_written_once(org: Crm, bulk: Bulk) -> None:
    [one] = _ids(org, 1)
    job = bulk.load("update", written(("Id", "Site"), (one, "first"), (one[:15], "second")))
    assert bulk.errors(job) == [f"DUPLICATE_VALUE:duplicate id in list: {one}:Id --"]
    assert [change["new"] for change in org.history("Account", one)] == ["first"]


def test_an_owner_change_by_bulk_breaks_up_team_and_manual_shares(org: Crm, bulk: Bulk) -> None:
    one = org.records("Account")[0]
    reps = [u["Id"] for u in org.records("User") if u["IsActive"] and u["Id"] != one["OwnerId"]]
    member = {"AccountId": one["Id"], "UserId": reps[0], "TeamMemberRole": "Sales Rep"}
    bulk.json("POST", "/sobjects/AccountTeamMember", member, 201)
    share = {
        "AccountId": one["Id"], "UserOrGroupId": reps[0], "AccountAccessLevel": "Edit",
        "OpportunityAccessLevel": "None",
    }  # fmt: skip
    bulk.json("POST", "/sobjects/AccountShare", share, 201)
    job = bulk.load("update", written(("Id", "OwnerId"), (one["Id"], reps[1])))
    assert job["numberRecordsFailed"] == 0
    assert [r for r in org.records("AccountTeamMember") if r["AccountId"] == one["Id"]] == []
    assert [
        r for r in org.records("AccountShare") if r["AccountId"] == one["Id"] and r["RowCause"] == "Manual"
    ] == []
    owners = [c["new"] for c in org.history("Account", one["Id"]) if c["field"] == "OwnerId"]
    assert owners == [reps[1]]


def test_whether_the_assignment_rule_runs_on_bulk_is_a_switch(org: Crm, bulk: Bulk) -> None:
    [one] = _ids(org, 1)
    bulk.load("update", written(("Id", "Site"), (one, "HQ")))
    org.settings(bulk_auto_assign=True)
    bulk.load("update", written(("Id", "Site"), (one, "HQ2")))
    assert [c["field"] for c in org.history("Account", one)] == ["Site", "Site", "OwnerId"]


def test_an_upload_comes_once_as_csv_and_not_too_large(org: Crm, bulk: Bulk) -> None:
    id = bulk.open("update")
    made = bulk.json("GET", f"/jobs/ingest/{id}")
    assert made["contentUrl"] == f"services/data/v62.0/jobs/ingest/{id}/batches"
    assert bulk.upload(id, "Id\n", "application/json").status == 415
    org.settings(bulk_upload_bytes=1_000)
    assert bulk.upload(id, "Id\n" + "x" * 1_000).status == 413
    answer = bulk.upload(id, "Id,Site\n")
    assert (answer.status, answer.data) == (201, b"")
    answer = bulk.upload(id, "Id,Site\n")
    assert answer.status == 400
    assert answer.json()[0]["message"].startswith("Found multiple contents for job: <750")
    bulk.close(id)
    assert bulk.wait("ingest", id)["state"] == "JobComplete"
    assert bulk.upload(id, "Id,Site\n").status == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "update", "object": "Nonsense"}, "INVALIDENTITY"),
        ({"operation": "merge", "object": "Account"}, "INVALIDJOB"),
        ({"operation": "update", "object": "Account", "contentType": "XML"}, "INVALIDJOB"),
        ({"operation": "update", "object": "Account", "lineEnding": "CR"}, "INVALIDJOB"),
        ({"operation": "update", "object": "Account", "columnDelimiter": ";"}, "INVALIDJOB"),
        ({"operation": "upsert", "object": "Account", "externalIdFieldName": "Nonsense__c"}, "INVALIDJOB"),
        ({"operation": "upsert", "object": "Account", "externalIdFieldName": "Phone"}, "INVALIDJOB"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(bulk: Bulk, body: dict[str, Any], code: str) -> None:
    [error] = bulk.json("POST", "/jobs/ingest", body, 400)
    assert error["errorCode"] == code


def test_an_open_job_is_aborted_and_its_rows_are_unprocessed(org: Crm, bulk: Bulk) -> None:
    ids = _ids(org, 3)
    id = bulk.open("update")
    bulk.upload(id, written(("Id", "Site"), *((one, "HQ") for one in ids)))
    assert bulk.close(id, "Aborted")["state"] == "Aborted"
    job = bulk.json("GET", f"/jobs/ingest/{id}")
    assert [row["Id"] for row in table(bulk.raw("GET", f"/jobs/ingest/{id}/unprocessedrecords").data)] != []
    assert sorted(row["Id"] for row in bulk.rows(job, "unprocessedrecords")) == sorted(ids)
    assert org.history("Account") == []
    [error] = bulk.json("PATCH", f"/jobs/ingest/{id}", {"state": "UploadComplete"}, 400)
    assert error["errorCode"] == "INVALIDJOBSTATE"


def test_results_wait_for_the_end_of_the_job(bulk: Bulk) -> None:
    id = bulk.open("update")
    for which in ("successfulResults", "failedResults", "unprocessedrecords"):
        [error] = bulk.json("GET", f"/jobs/ingest/{id}/{which}", None, 400)
        assert error["errorCode"] == "INVALIDJOBSTATE"
    bulk.json("GET", f"/jobs/ingest/{id}/otherResults", None, 404)


@pytest.fixture(scope="module")
def many() -> Any:
    """An org with more accounts than one batch takes."""
    seed = Seed(accounts=10_500, reps=8, seed=7, activities_per_account=0, deals_per_account=0)
    with running("salesforce", seed=seed) as org:
        yield org


def test_a_large_job_is_worked_on_between_calls_and_counts_a_batch_for_every_ten_thousand_rows(
    many: Crm,
) -> None:
    bulk = Bulk(Raw(many))
    left = bulk.json("GET", "/limits")["DailyBulkApiBatches"]["Remaining"]
    ids = _ids(many, 10_500)
    id = bulk.open("update")
    bulk.upload(id, written(("Id", "Site"), *((one, f"S{n}") for n, one in enumerate(ids))))
    bulk.close(id)
    seen = {bulk.json("GET", f"/jobs/ingest/{id}")["numberRecordsProcessed"] for _ in range(20)}
    assert any(0 < count < 10_500 for count in seen)
    job = bulk.wait("ingest", id)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (10_500, 0)
    results = bulk.rows(job, "successfulResults")
    assert [row["sf__Id"] for row in results] != ids
    assert {(row["sf__Id"], row["Site"]) for row in results} == {(one, f"S{n}") for n, one in enumerate(ids)}
    sites = {row["Id"]: row["Site"] for row in many.records("Account")}
    assert [sites[one] for one in ids] == [f"S{n}" for n in range(10_500)]
    assert bulk.json("GET", "/limits")["DailyBulkApiBatches"]["Remaining"] == left - 2
    bulk.raw.pool.clear()


def test_the_days_batches_end_a_job_in_the_middle(many: Crm) -> None:
    bulk = Bulk(Raw(many))
    report = bulk.json("GET", "/limits")["DailyBulkApiBatches"]
    many.settings(bulk_batches=report["Max"] - report["Remaining"] + 1)
    ids = _ids(many, 10_500)
    job = bulk.load("update", written(("Id", "Phone"), *((one, "1") for one in ids)))
    assert job["state"] == "Failed"
    assert job["errorMessage"].startswith("ExceededQuota : ")
    assert job["numberRecordsProcessed"] == 10_000
    assert sorted(r["Id"] for r in bulk.rows(job, "unprocessedrecords")) == sorted(ids[10_000:])
    many.settings(bulk_batches=15_000)
    bulk.raw.pool.clear()


def test_a_small_job_brings_its_data_along(org: Crm, bulk: Bulk) -> None:
    ids = _ids(org, 3)
    job = b'{"operation": "update", "object": "Account", "contentType": "CSV"}'
    content = written(("Id", "Site"), *((one, "HQ") for one in ids)).encode()
    parts = {"job": ("job.json", job, "application/json"), "content": ("content.csv", content, "text/csv")}
    url = f"{org.url}/services/data/v62.0/jobs/ingest"
    headers = {"Authorization": f"Bearer {bulk.raw.session}"}
    answer = bulk.raw.pool.request("POST", url, fields=parts, headers=headers)
    assert (answer.status, answer.json()["state"]) == (200, "UploadComplete"), answer.data
    assert bulk.wait("ingest", answer.json()["id"])["numberRecordsProcessed"] == 3
    assert {change["id"] for change in org.history("Account")} == set(ids)
    parts["content"] = ("content.csv", b"x" * 100_001, "text/csv")
    assert bulk.raw.pool.request("POST", url, fields=parts, headers=headers).status == 400
    del parts["content"]
    assert bulk.raw.pool.request("POST", url, fields=parts, headers=headers).status == 400
