"""Bulk 2.0 query jobs: what a client is told, what it downloads, and what Bulk refuses to be asked."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox.bulk import Bulk, table, written
from tests.connectors.sandbox.conftest import Raw

ALL = "SELECT Id, Name FROM Account"


@pytest.fixture
def bulk(raw: Raw) -> Bulk:
    return Bulk(raw)


@pytest.fixture(scope="module")
def shared(ask: Raw) -> Bulk:
    return Bulk(ask)


def _as_text(value: Any) -> str:
    """A value of REST as Bulk writes it, numbers aside."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("+0000", "Z") if str(value).endswith("+0000") else str(value)


@pytest.mark.parametrize("object", ["Account", "User", "Opportunity", "Task"])
def test_every_field_of_every_record_is_what_rest_says(shared: Bulk, object: str) -> None:
    described = shared.json("GET", f"/sobjects/{object}/describe")["fields"]
    names = [field["name"] for field in described if field["type"] != "address"]
    soql = f"SELECT {', '.join(names)} FROM {object}"
    job = shared.query(soql)
    found = {row["Id"]: row for row in table(shared.results(job["id"]).data)}
    expected = []
    page = shared.raw.query(soql).json()
    while True:
        expected += page["records"]
        if page["done"]:
            break
        page = shared.raw("GET", page["nextRecordsUrl"]).json()
    assert len(found) == len(expected) == job["numberRecordsProcessed"] > 0
    for record in expected:
        row = found[record["Id"]]
        assert list(row) == names
        for name in names:
            if isinstance(record[name], float):
                assert float(row[name]) == record[name]
            else:
                assert row[name] == _as_text(record[name]), name


def test_columns_come_as_asked_and_parents_under_their_path(shared: Bulk) -> None:
    job = shared.query("SELECT Owner.Name, Id, Parent.Owner.Email, OwnerId FROM Account")
    content = shared.results(job["id"]).data
    assert content.splitlines()[0] == b'"Owner.Name","Id","Parent.Owner.Email","OwnerId"'
    names = {row["Id"]: row["Name"] for row in shared.raw.records("SELECT Id, Name FROM User")}
    rows = table(content)
    assert {row["Owner.Name"] for row in rows} == {names[row["OwnerId"]] for row in rows}
    assert {"", *(f"rep{n}@example.com" for n in range(11)), "integration@example.com"} >= {
        row["Parent.Owner.Email"] for row in rows
    }


def test_a_job_is_queued_then_in_progress_then_complete(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_polls=2)
    made = bulk.json("POST", "/jobs/query", {"operation": "query", "query": ALL})
    assert list(made) == [
        "id", "operation", "object", "createdById", "createdDate", "systemModstamp", "state",
        "concurrencyMode", "contentType", "apiVersion", "lineEnding", "columnDelimiter",
    ]  # fmt: skip
    assert made["id"].startswith("750")
    assert (made["object"], made["apiVersion"], made["concurrencyMode"]) == ("Account", 62.0, "Parallel")
    assert made["createdDate"].endswith(".000+0000")
    path = f"/jobs/query/{made['id']}"
    states = [bulk.json("GET", path)["state"] for _ in range(3)]
    assert states == ["UploadComplete", "InProgress", "JobComplete"]
    done = bulk.json("GET", path)
    assert done["numberRecordsProcessed"] == len(org.records("Account"))
    assert {"jobType": "V2Query", "retries": 0, "isPkChunkingSupported": True}.items() <= done.items()


def test_a_job_takes_the_seconds_that_it_is_told_to(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_polls=0, bulk_seconds=30.0)
    made = bulk.json("POST", "/jobs/query", {"operation": "query", "query": ALL})
    for _ in range(5):
        assert bulk.json("GET", f"/jobs/query/{made['id']}")["state"] != "JobComplete"
    org.advance(31)
    assert bulk.json("GET", f"/jobs/query/{made['id']}")["state"] == "JobComplete"


def test_pages_follow_their_locators_to_the_last_row_and_stay_the_same(shared: Bulk) -> None:
    job = shared.query(ALL)
    pages, locator, seen = [], "", []
    while locator != "null":
        answer = shared.results(job["id"], "?maxRecords=100" + (f"&locator={locator}" if locator else ""))
        pages.append(answer)
        seen.append(locator)
        locator = answer.headers["Sforce-Locator"]
    counts = [int(page.headers["Sforce-NumberOfRecords"]) for page in pages]
    assert counts == [100, 100, 100, 100, 50]
    assert [len(table(page.data)) for page in pages] == counts
    ids = [row["Id"] for page in pages for row in table(page.data)]
    assert sorted(ids) == sorted(shared.raw.ids("SELECT Id FROM Account"))
    again = shared.results(job["id"], f"?maxRecords=100&locator={seen[3]}")
    assert again.data == pages[3].data


def test_a_page_holds_no_more_than_the_service_gives(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_page_rows=8)
    job = bulk.query(ALL)
    assert bulk.results(job["id"], "?maxRecords=20").headers["Sforce-NumberOfRecords"] == "8"


@pytest.mark.parametrize("locator", ["MTAw", "8", "nonsense", "%F0", "YWJjZDg"])
def test_a_locator_that_was_guessed_leads_nowhere(shared: Bulk, locator: str) -> None:
    job = shared.query(ALL)
    answer = shared.raw("GET", f"/jobs/query/{job['id']}/results?locator={locator}")
    assert (answer.status, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_result_pages_hand_out_every_row_once_five_addresses_at_a_time(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_page_rows=4)
    job = bulk.query(ALL)
    base = f"/services/data/v62.0/jobs/query/{job['id']}"
    first = bulk.json("GET", f"/jobs/query/{job['id']}/resultPages")
    second = bulk.json("GET", first["nextRecordsUrl"])
    assert (len(first["resultPages"]), first["done"]) == (5, False)
    assert (len(second["resultPages"]), second["done"], second["nextRecordsUrl"]) == (3, True, None)
    urls = [page["resultUrl"] for page in (*second["resultPages"], *first["resultPages"])]
    assert all(url.startswith(f"{base}/results?locator=") for url in urls)
    org.settings(bulk_page_rows=100)  # an address that was given out stands for the same rows
    answers = [bulk.raw("GET", url) for url in reversed(urls)]
    assert [int(a.headers["Sforce-NumberOfRecords"]) for a in answers].count(4) == 7
    ids = [row["Id"] for answer in answers for row in table(answer.data)]
    assert sorted(ids) == sorted(row["Id"] for row in org.records("Account"))


def test_result_pages_came_with_v58_and_may_not_be_offered(org: Crm, raw: Raw) -> None:
    old = "/services/data/v57.0/jobs/query"
    made = raw("POST", old, {"operation": "query", "query": ALL}).json()
    for _ in range(3):
        raw("GET", f"{old}/{made['id']}")
    assert raw("GET", f"{old}/{made['id']}/resultPages").status == 404
    assert raw("GET", f"{old}/{made['id']}/results").status == 200
    org.settings(bulk_result_pages=False)
    job = Bulk(raw).query(ALL)
    assert raw("GET", f"/jobs/query/{job['id']}/resultPages").status == 404


def test_results_are_read_with_the_version_that_the_job_was_made_with(bulk: Bulk) -> None:
    job = bulk.query(ALL)
    for name in ("results", "resultPages"):
        answer = bulk.raw("GET", f"/services/data/v61.0/jobs/query/{job['id']}/{name}")
        assert answer.status == 409


def test_a_change_during_the_download_does_not_change_the_results(org: Crm, bulk: Bulk) -> None:
    job = bulk.query(ALL)
    first = bulk.results(job["id"], "?maxRecords=10")
    rest = bulk.results(job["id"], f"?locator={first.headers['Sforce-Locator']}").data
    for row in table(rest)[:3]:
        org.edit("Account", row["Id"], {"Name": "changed meanwhile"})
    org.edit("Account", table(rest)[4]["Id"], {"IsDeleted": True})
    assert bulk.results(job["id"], f"?locator={first.headers['Sforce-Locator']}").data == rest


def test_a_large_object_is_read_in_ranges_of_ids(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_chunk=7)
    job = bulk.query("SELECT Id FROM Account WHERE NumberOfEmployees != 7")
    ids = [row["Id"] for row in table(bulk.results(job["id"]).data)]
    assert sorted(ids) == ids
    assert ids == sorted(row["Id"] for row in org.records("Account") if row["NumberOfEmployees"] != 7)


def test_an_empty_result_has_its_header_and_no_more(shared: Bulk) -> None:
    job = shared.query("SELECT Id, Name FROM Account WHERE Name = 'nobody at all'")
    answer = shared.results(job["id"])
    assert answer.data == b'"Id","Name"\n'
    assert answer.headers["Sforce-NumberOfRecords"] == "0"
    assert answer.headers["Sforce-Locator"] == "null"
    pages = shared.json("GET", f"/jobs/query/{job['id']}/resultPages")
    assert len(pages["resultPages"]) == 1
    assert pages["done"] is True


def test_query_all_shows_what_lies_in_the_recycle_bin(org: Crm, bulk: Bulk) -> None:
    gone = org.records("Account")[0]["Id"]
    org.edit("Account", gone, {"IsDeleted": True})
    soql = f"SELECT Id, IsDeleted FROM Account WHERE Id = '{gone}'"
    assert bulk.query(soql)["numberRecordsProcessed"] == 0
    job = bulk.query(soql, "queryAll")
    assert job["operation"] == "queryAll"
    assert table(bulk.results(job["id"]).data) == [{"Id": gone, "IsDeleted": "true"}]


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT COUNT() FROM Account", "API_ERROR", "Aggregate"),
        ("SELECT COUNT(Id) FROM Account", "API_ERROR", "Aggregate"),
        ("SELECT OwnerId FROM Account GROUP BY OwnerId", "API_ERROR", "Aggregate"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR", "Aggregate Relationships not"),
        ("SELECT Id FROM Account OFFSET 10", "API_ERROR", "OFFSET"),
        ("SELECT TYPEOF What WHEN Account THEN Name END FROM Task", "API_ERROR", "TYPEOF"),
        ("SELECT Id, BillingAddress FROM Account", "API_ERROR", "Selecting compound data not supported in Bulk Query"),
        ("SELECT Id FRM Account", "MALFORMED_QUERY", "FRM"),
        ("SELECT Id, Nonsense FROM Account", "INVALID_FIELD", "No such column 'Nonsense'"),
        ("SELECT Id FROM Nonsense", "INVALID_TYPE", "sObject type 'Nonsense' is not supported"),
        ("", "INVALIDJOB", "query must not be empty"),
    ],
)  # fmt: skip
def test_what_bulk_does_not_take_is_refused_at_once(shared: Bulk, soql: str, code: str, message: str) -> None:
    [error] = shared.json("POST", "/jobs/query", {"operation": "query", "query": soql}, 400)
    assert error["errorCode"] == code
    assert message in error["message"]


def test_words_in_quotes_are_no_clauses(shared: Bulk) -> None:
    job = shared.query("SELECT Id FROM Account WHERE Name = 'x, (SELECT Id) OFFSET 10 GROUP BY'")
    assert job["numberRecordsProcessed"] == 0


def test_an_object_that_bulk_does_not_know_is_named(org: Crm, bulk: Bulk) -> None:
    org.settings(bulk_unsupported="Task, Event")
    [error] = bulk.json("POST", "/jobs/query", {"operation": "query", "query": "SELECT Id FROM Task"}, 400)
    assert error == {
        "errorCode": "INVALIDENTITY",
        "message": "Entity 'Task' is not supported by the Bulk API.",
    }


def test_order_and_limit_are_kept_but_may_take_too_long(org: Crm, bulk: Bulk) -> None:
    soql = "SELECT Id, Name FROM Account ORDER BY Name DESC LIMIT 5"
    names = [row["Name"] for row in table(bulk.results(bulk.query(soql)["id"]).data)]
    assert names == [row["Name"] for row in bulk.raw.records(soql)]
    org.settings(bulk_unchunked_rows=20)
    job = bulk.query(soql)
    assert job["state"] == "Failed"
    assert job["errorMessage"].endswith("Retried more than fifteen times")
    assert bulk.query(ALL)["state"] == "JobComplete"


@pytest.mark.parametrize(
    ("accepted", "packed"), [("gzip, deflate", True), ("gzip;q=0", False), ("br", False)]
)
def test_results_are_compressed_for_who_takes_gzip(shared: Bulk, accepted: str, packed: bool) -> None:
    job = shared.query(ALL)
    url = f"{shared.raw.org.url}/services/data/v62.0/jobs/query/{job['id']}/results"
    headers = {"Authorization": f"Bearer {shared.raw.session}", "Accept-Encoding": accepted}
    answer = shared.raw.pool.request("GET", url, headers=headers, decode_content=False)
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    content = gzip.decompress(answer.data) if packed else answer.data
    assert content == shared.results(job["id"]).data


def test_the_charset_is_told_unless_it_is_switched_off(org: Crm, bulk: Bulk) -> None:
    job = bulk.query(ALL)
    assert bulk.results(job["id"]).headers["Content-Type"] == "text/csv; charset=UTF-8"
    org.settings(bulk_charset=False)
    assert bulk.results(job["id"]).headers["Content-Type"] == "text/csv"


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Crm]:
    """Accounts whose values are hard to write."""
    file = tmp_path / "accounts.csv"
    rows = [
        ('He said "no"', "1 Main St\r\nSuite 2", 0.0, ""),
        ("Łódź, ✓ & 日本", "", 12.5, -33.868),
        ("tab\tpipe|caret^", "a\nb", 10_000_000, 1e-05),
        ("big", "", 16_147_805_824_397, 151.209900000000012),
        ("cents", "", 99_213_206.25, 0.1),
        ("below", "", 9_999_999.99, -0.5),
        ("negative", "", -25_000_000, 0.001),
    ]
    file.write_text(written(("Name", "BillingStreet", "AnnualRevenue", "BillingLatitude"), *rows), newline="")
    with running("salesforce", csv=[("Account", file)]) as org:
        yield org


def test_numbers_are_written_as_java_does_and_lose_nothing(odd: Crm) -> None:
    bulk = Bulk(Raw(odd))
    job = bulk.query("SELECT Name, AnnualRevenue, BillingLatitude FROM Account")
    shown = {row["Name"]: row for row in table(bulk.results(job["id"]).data)}
    stored = {row["Name"]: row for row in odd.records("Account")}
    written = {name: row["AnnualRevenue"] for name, row in shown.items()}
    assert written == {
        'He said "no"': "0.0", "Łódź, ✓ & 日本": "12.5", "tab\tpipe|caret^": "1.0E7",
        "big": "1.6147805824397E13", "cents": "9.921320625E7", "below": "9999999.99", "negative": "-2.5E7",
    }  # fmt: skip
    for name, row in shown.items():
        for column in ("AnnualRevenue", "BillingLatitude"):
            if stored[name][column] is None:
                assert row[column] == ""
            else:
                assert float(row[column]) == stored[name][column]
    assert shown["tab\tpipe|caret^"]["BillingLatitude"] == "1.0E-5"
    bulk.raw.pool.clear()


def test_numbers_may_be_written_plainly(odd: Crm) -> None:
    odd.settings(bulk_java_numbers=False)
    bulk = Bulk(Raw(odd))
    rows = table(bulk.results(bulk.query("SELECT AnnualRevenue FROM Account")["id"]).data)
    assert {"10000000.0", "99213206.25", "16147805824397.0"} <= {row["AnnualRevenue"] for row in rows}
    assert all(math.isfinite(float(row["AnnualRevenue"])) for row in rows)
    bulk.raw.pool.clear()


@pytest.mark.parametrize(
    ("delimiter", "sign"),
    [("BACKQUOTE", "`"), ("CARET", "^"), ("PIPE", "|"), ("SEMICOLON", ";"), ("TAB", "\t"), ("COMMA", ",")],
)
@pytest.mark.parametrize(("name", "ending"), [("LF", b"\n"), ("CRLF", b"\r\n")])
def test_any_delimiter_and_line_ending_keeps_every_value(
    odd: Crm, delimiter: str, sign: str, name: str, ending: bytes
) -> None:
    bulk = Bulk(Raw(odd))
    soql = "SELECT Name, BillingStreet FROM Account"
    job = bulk.query(soql, columnDelimiter=delimiter, lineEnding=name)
    assert (job["columnDelimiter"], job["lineEnding"]) == (delimiter, name)
    content = bulk.results(job["id"]).data
    assert content.startswith(f'"Name"{sign}"BillingStreet"'.encode() + ending)
    assert content.endswith(b'"' + ending)
    found = {(row["Name"], row["BillingStreet"]) for row in table(content, sign)}
    assert found == {(row["Name"], row["BillingStreet"] or "") for row in odd.records("Account")}
    bulk.raw.pool.clear()


def test_a_missing_value_may_be_nothing_between_two_commas(odd: Crm) -> None:
    bulk = Bulk(Raw(odd))
    soql = "SELECT BillingStreet, Name, IsDeleted FROM Account WHERE Name = 'cents'"
    assert bulk.results(bulk.query(soql)["id"]).data.splitlines()[1] == b'"","cents","false"'
    odd.settings(bulk_quoted_nulls=False)
    assert bulk.results(bulk.query(soql)["id"]).data.splitlines()[1] == b',"cents","false"'
    bulk.raw.pool.clear()


def test_other_calls_are_answered_while_a_large_job_is_worked_on() -> None:
    seed = Seed(accounts=40_000, reps=8, seed=7, activities_per_account=0, deals_per_account=0)
    with running("salesforce", seed=seed) as org:
        bulk = Bulk(Raw(org))
        org.settings(bulk_chunk=2_000)
        made = bulk.json("POST", "/jobs/query", {"operation": "query", "query": ALL})
        seen = [bulk.json("GET", f"/jobs/query/{made['id']}")["numberRecordsProcessed"] for _ in range(8)]
        assert any(0 < count < 40_000 for count in seen)
        job = bulk.wait("query", made["id"])
        assert job["numberRecordsProcessed"] == 40_000
        rows = bulk.results(job["id"]).data.count(b"\n")
        assert rows == 40_001
        bulk.raw.pool.clear()


def test_a_download_of_a_job_that_is_deleted_breaks_off() -> None:
    seed = Seed(accounts=60_000, reps=8, seed=7, activities_per_account=0, deals_per_account=0)
    with running("salesforce", seed=seed) as org:
        bulk = Bulk(Raw(org))
        job = bulk.query(ALL)
        url = f"{org.url}/services/data/v62.0/jobs/query/{job['id']}/results"
        headers = {"Authorization": f"Bearer {bulk.raw.session}"}
        answer = bulk.raw.pool.request("GET", url, headers=headers, preload_content=False)
        answer.read(10)
        bulk.json("DELETE", f"/jobs/query/{job['id']}", None, 204)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            answer.read()
        bulk.raw.pool.clear()
