"""Fields of many accounts by Bulk ingest, over real sockets, judged by the org's own history."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import requests

from connectors.errors import AuthFailed, ConnectorError, QuotaSpent, Unavailable
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult
from connectors.salesforce.writing import ingest
from connectors.testing import ALWAYS

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 900
JOBS = r"/jobs/ingest$"
UPLOAD = r"/jobs/ingest/\w+/batches$"
JOB = r"/jobs/ingest/\w+$"
RESULTS = r"/jobs/ingest/\w+/\w+(Results|records)$"
_score = itertools.count(1)


@dataclass
class Bench:
    """A connector that sends anything above ten rows in a job, and the receipts it gave."""

    world: SalesforceWorld
    connector: SalesforceConnector
    ids: Sequence[RecordId]
    receipts: list[Receipt] = field(default_factory=list)

    def writes(self, count: int = 30, **values: Any) -> list[Write]:
        """New scores for some accounts that have not been used yet."""
        score = float(next(_score))
        live = {row["Id"]: row for row in self.world.crm.records("Account")}
        return [
            Write(
                id, {"score": score, **values}, {"score": live[id]["Score__c"], "note": live[id]["Note__c"]}
            )
            for id in self.ids[:count]
        ]

    def write(self, writes: Sequence[Write], **more: Any) -> list[WriteResult]:
        return self.connector.write(writes, receipt=self.receipts.append, **more)

    def settle(self, writes: Sequence[Write], receipt: int = -1) -> list[WriteResult] | None:
        return self.connector.settle(self.receipts[receipt], writes)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A call by somebody else with the same rights."""
        answer = requests.request(
            method,
            f"{self.world.crm.url}/services/data/v62.0/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.world.token()}"},
            timeout=10,
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def jobs(self) -> list[str]:
        """The state of every job of this test, oldest first."""
        made = [job["state"] for job in self.api("GET", "jobs/ingest")["records"]]
        return made[self.earlier :]

    earlier: int = 0

    def row(self, id: str) -> dict[str, Any]:
        return next(row for row in self.world.crm.records("Account") if row["Id"] == id)

    def times_written(self, writes: Sequence[Write]) -> list[int]:
        """How often each of these was given its score, by the org's history."""
        rows = [
            r for r in self.world.crm.history("Account") if r["field"] == "Score__c" and r["actor"] != "human"
        ]
        return [sum(r["id"] == w.id and r["new"] == w.values["score"] for r in rows) for w in writes]


@pytest.fixture
def bench(world: SalesforceWorld) -> Iterator[Bench]:
    world.crm.settings(bulk_polls=1, bulk_pause=0.0)
    connector = world.connect(bulk_write_above=10, bulk_write_probe=0)
    made = Bench(world, connector, sorted(world.ids()))
    made.earlier = len(made.jobs())
    yield made
    connector.close()


def outcomes(results: Sequence[WriteResult]) -> set[Outcome]:
    return {result.outcome for result in results}


# what is written


def test_a_large_batch_is_one_job_of_a_few_calls_whose_receipt_is_kept_first(bench: Bench) -> None:
    writes = bench.writes(600)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.times_written(writes) == [1] * 600
    made = {kind: count for kind, count in bench.connector.calls().items() if kind.startswith("ingest")}
    polls = made.pop("ingest_poll")
    assert made == {"ingest_create": 1, "ingest_upload": 1, "ingest_close": 1, "ingest_results": 1}
    assert 1 <= polls <= 40
    assert bench.connector.capabilities.bulk_above == 10
    assert len(bench.receipts) == 1


def test_each_value_is_stored_as_collections_would_store_it(bench: Bench) -> None:
    notes = [
        'a "quoted", text',
        "two\nlines",
        "Zürich 東京",
        " padded ",
        "",
        "   ",
        None,
        "#N/A",
        "=1+1",
        "x",
    ]
    for id in bench.ids[:20]:
        bench.world.edit(id, {"note": "before"})
    first = [
        Write(
            id,
            {"note": note, "score": 1e11 if n else None},
            {"note": "before", "score": bench.row(id)["Score__c"]},
        )
        for n, (id, note) in enumerate(zip(bench.ids, notes * 2, strict=False))
    ]
    told = bench.write(first)
    assert outcomes(told) <= {Outcome.WRITTEN, Outcome.UNCHANGED}, told
    stored = [bench.row(write.id)["Note__c"] for write in first]
    by_collections = bench.world.connect()
    told = by_collections.write(
        [
            Write(w.id, w.values, {"note": stored[n], "score": 1e11 if n else None})
            for n, w in enumerate(first)
        ]
    )
    by_collections.close()
    assert outcomes(told) == {Outcome.UNCHANGED}
    assert stored[:10] == [
        'a "quoted", text',
        "two\nlines",
        "Zürich 東京",
        "padded",
        None,
        None,
        None,
        "#N/A",
        "=1+1",
        "x",
    ]
    assert bench.row(first[0].id)["Score__c"] is None


def test_a_field_that_is_as_it_should_be_is_not_sent(bench: Bench) -> None:
    for id in bench.ids[:15]:
        bench.world.edit(id, {"note": "hers"})
    before = bench.world.crm.history("Account")
    writes = bench.writes(15, note="hers")
    writes = [Write(w.id, w.values, {**w.expected, "note": "another"}) for w in writes]
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert {r["field"] for r in bench.world.crm.history("Account")[len(before) :]} == {"Score__c"}


def test_every_row_ends_for_itself_in_salesforces_words_whatever_the_order_of_the_results(
    bench: Bench,
) -> None:
    writes = bench.writes(40)
    unmoved, moved, gone, bad = (writes[place] for place in (3, 11, 19, 27))
    bench.world.edit(unmoved.id, {"score": unmoved.values["score"]})
    bench.world.edit(moved.id, {"score": -1.0})
    bench.world.delete(gone.id)
    writes[27] = bad = Write(bad.id, {**bad.values, "note": "x" * 4000}, bad.expected)
    results = dict(zip([w.id for w in writes], bench.write(writes), strict=True))
    assert results.pop(unmoved.id).outcome is Outcome.UNCHANGED
    assert results.pop(moved.id).outcome is Outcome.CONFLICT
    assert results.pop(gone.id).code == "NOT_FOUND"
    refused = results.pop(bad.id)
    assert (refused.outcome, refused.code) == (Outcome.REJECTED, "STRING_TOO_LONG")
    assert "Note__c" in refused.message
    assert outcomes(list(results.values())) == {Outcome.WRITTEN}
    bench.world.crm.edit("Account", gone.id, {"IsDeleted": False})


def test_rows_that_are_locked_go_again_in_smaller_calls_and_once(bench: Bench) -> None:
    writes = bench.writes(50)
    locked = [write.id for write in writes[::7]]
    bench.world.crm.fault("row_lock", method="PATCH", path=JOB, ids=locked)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.times_written(writes) == [1] * 50
    assert bench.connector.calls()["write"] == 1


def test_rows_that_stay_locked_are_rejected_as_such(bench: Bench) -> None:
    writes = bench.writes(30)
    for path in (JOB, "/composite/sobjects$"):
        bench.world.crm.fault("row_lock", method="PATCH", path=path, times=ALWAYS, ids=[writes[4].id])
    results = bench.write(writes)
    assert results[4].code == "UNABLE_TO_LOCK_ROW"
    assert bench.times_written(writes) == [int(n != 4) for n in range(30)]


# jobs that do not end well


def test_the_rest_of_a_failed_job_goes_into_another_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH", 20)
    bench.world.crm.fault("job_fails", method="PATCH", path=JOB, rows=200)
    writes = bench.writes(500)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.times_written(writes) == [1] * 500
    assert bench.jobs() == ["Failed", "JobComplete"]
    assert len(bench.receipts) == 2


def test_what_is_left_of_a_failed_job_goes_by_collections_where_it_is_little(bench: Bench) -> None:
    bench.world.crm.fault("job_fails", method="PATCH", path=JOB, rows=200)
    writes = bench.writes(250)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.times_written(writes) == [1] * 250
    assert bench.jobs() == ["Failed"]


def test_a_job_that_fails_again_and_again_ends_with_its_reason_on_each_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH", 20)
    message = "ExceededQuota : the batches of the last 24 hours are used up"
    bench.world.crm.fault("job_fails", method="PATCH", path=JOB, times=ALWAYS, rows=0, message=message)
    results = bench.write(writes := bench.writes(100))
    assert {(r.outcome, r.code) for r in results} == {(Outcome.REJECTED, "UNPROCESSED")}
    assert all(message in result.message for result in results)
    assert bench.times_written(writes) == [0] * 100
    assert bench.jobs() == ["Failed"], "a job that does nothing is not repeated"


def test_a_job_that_somebody_aborts_is_not_made_again(bench: Bench) -> None:
    writes = bench.writes(60)
    bench.world.crm.fault("job_stuck", method="PATCH", path=JOB, times=ALWAYS)

    def abort() -> bool:
        if bench.jobs() in (["InProgress"], ["UploadComplete"]):
            [job] = bench.api("GET", "jobs/ingest")["records"][bench.earlier :]
            bench.api("PATCH", f"jobs/ingest/{job['id']}", {"state": "Aborted"})
        return False

    results = bench.write(writes, stopping=abort)
    assert {(r.outcome, r.code) for r in results} == {(Outcome.REJECTED, "ABORTED")}
    assert bench.jobs() == ["Aborted"]
    assert bench.times_written(writes) == [0] * 60


def test_a_job_that_never_ends_is_unknown_until_it_does(bench: Bench) -> None:
    bench.world.crm.fault("job_stuck", method="PATCH", path=JOB, polls=20)
    patient = bench.connector
    bench.connector = bench.world.connect(bulk_write_above=10, bulk_write_probe=0, bulk_write_wait=10)
    writes = bench.writes(30)
    assert outcomes(bench.write(writes)) == {Outcome.UNKNOWN}
    with pytest.raises(
        Unavailable, match=r"is not done in Salesforce yet; run again when it is, or abort it"
    ):
        bench.settle(writes)
    bench.connector.close()
    bench.connector = patient
    settled = bench.settle(writes)
    assert settled is not None
    assert outcomes(settled) == {Outcome.WRITTEN}
    assert bench.times_written(writes) == [1] * 30


def test_a_run_that_is_to_stop_leaves_the_job_at_work_and_its_receipt(bench: Bench) -> None:
    bench.world.crm.fault("job_stuck", method="PATCH", path=JOB, polls=2)
    asked = itertools.count()
    writes = bench.writes(30)
    results = bench.write(writes, stopping=lambda: next(asked) > 1)
    assert outcomes(results) == {Outcome.UNKNOWN}
    assert bench.connector.calls().get("ingest_poll", 0) <= 1
    settled = bench.settle(writes)
    assert settled is not None
    assert outcomes(settled) == {Outcome.WRITTEN}
    assert bench.times_written(writes) == [1] * 30


# answers that never came


def test_a_job_whose_creation_was_never_answered_is_found_and_aborted(bench: Bench) -> None:
    other = bench.api(
        "POST", "jobs/ingest", {"object": "Contact", "operation": "update", "contentType": "CSV"}
    )
    bench.world.crm.fault("applied_torn", method="POST", path=JOBS)
    writes = bench.writes(20)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.jobs() == ["Open", "Aborted", "JobComplete"]
    assert bench.times_written(writes) == [1] * 20
    assert len(bench.receipts) == 1
    bench.api("PATCH", f"jobs/ingest/{other['id']}", {"state": "Aborted"})


def test_an_open_job_that_may_be_somebody_elses_is_left_alone(bench: Bench) -> None:
    """Made by another program with our user in the same seconds: which one is ours cannot be told."""
    body = {"object": "Account", "operation": "update", "contentType": "CSV"}
    other = bench.api("POST", "jobs/ingest", body)
    bench.world.crm.fault("applied_torn", method="POST", path=JOBS)
    assert outcomes(bench.write(bench.writes(20))) == {Outcome.WRITTEN}
    assert bench.jobs() == ["Open", "Open", "JobComplete"]
    bench.api("PATCH", f"jobs/ingest/{other['id']}", {"state": "Aborted"})


def test_data_that_may_not_have_arrived_is_never_closed_but_sent_in_another_job(bench: Bench) -> None:
    bench.world.crm.fault("applied_torn", method="PUT", path=UPLOAD)
    writes = bench.writes(20)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.jobs() == ["Aborted", "JobComplete"]
    assert bench.times_written(writes) == [1] * 20
    assert len(bench.receipts) == 2


@pytest.mark.parametrize("kind", ["applied_torn", "torn", "unavailable", "drop"])
def test_a_job_that_may_have_been_closed_is_asked(bench: Bench, kind: str) -> None:
    bench.world.crm.fault(kind, method="PATCH", path=JOB)
    writes = bench.writes(20)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.jobs() == ["JobComplete"]
    assert bench.times_written(writes) == [1] * 20


def test_a_job_that_can_never_be_uploaded_to_is_aborted_and_nothing_was_sent(bench: Bench) -> None:
    bench.world.crm.fault("status", method="PUT", path=UPLOAD, times=ALWAYS, status=500)
    with pytest.raises(Unavailable, match="could not be uploaded"):
        bench.write(writes := bench.writes(20))
    assert set(bench.jobs()) == {"Aborted"}
    assert bench.times_written(writes) == [0] * 20


def test_short_results_are_read_again(bench: Bench) -> None:
    bench.world.crm.fault("short_page", path=RESULTS)
    writes = bench.writes(30)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.connector.calls()["ingest_results"] == 2


def test_results_that_stay_short_are_no_results_and_the_job_is_asked_again_later(bench: Bench) -> None:
    bench.world.crm.fault("short_page", path=RESULTS, times=ALWAYS)
    writes = bench.writes(30)
    assert outcomes(bench.write(writes)) == {Outcome.UNKNOWN}
    with pytest.raises(ConnectorError, match="30 successfulResults, and"):
        bench.settle(writes)
    bench.world.mend()
    settled = bench.settle(writes)
    assert settled is not None
    assert outcomes(settled) == {Outcome.WRITTEN}


def test_a_quota_that_ends_while_a_job_is_at_work_leaves_its_rows_unknown(bench: Bench) -> None:
    bench.world.crm.fault("quota", method="GET", path=JOB, times=ALWAYS)
    writes = bench.writes(30)
    assert outcomes(bench.write(writes)) == {Outcome.UNKNOWN}
    with pytest.raises(QuotaSpent):
        bench.settle(writes)
    bench.world.mend()
    settled = bench.settle(writes)
    assert settled is not None
    assert outcomes(settled) == {Outcome.WRITTEN}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", JOBS), ("PUT", UPLOAD), ("PATCH", JOB), ("GET", JOB), ("GET", RESULTS)]
)
def test_a_session_that_ends_in_any_call_is_renewed_once(bench: Bench, method: str, path: str) -> None:
    bench.world.crm.fault("expire_session", method=method, path=path)
    writes = bench.writes(20)
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert bench.connector.calls()["login"] == 2
    assert bench.times_written(writes) == [1] * 20


def test_a_login_that_never_helps_ends_after_two_logins(bench: Bench) -> None:
    bench.connector.identity()
    body = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    bench.world.crm.fault("status", method="POST", path=JOBS, times=ALWAYS, status=401, body=body)
    with pytest.raises(AuthFailed, match="INVALID_SESSION_ID"):
        bench.write(bench.writes(20))
    assert bench.connector.calls()["login"] == 2


# receipts


class Full(Exception):
    """A ledger that cannot keep anything."""


def test_a_receipt_that_cannot_be_kept_stops_before_any_data_leaves(bench: Bench) -> None:
    def keep(receipt: Receipt) -> None:
        bench.receipts.append(receipt)
        raise Full

    writes = bench.writes(20)
    with pytest.raises(Full):
        bench.connector.write(writes, receipt=keep)
    assert bench.connector.calls().get("ingest_upload", 0) == 0
    settled = bench.settle(writes)
    assert settled is not None
    assert outcomes(settled) == {Outcome.UNKNOWN}
    assert bench.jobs() == ["Aborted"]


class Died(BaseException):
    """Stands for kill -9."""


@pytest.mark.parametrize(
    ("method", "answered", "written"),
    [("create", True, False), ("upload", False, False), ("upload", True, False), ("close", False, False), ("close", True, True), ("wait", True, True), ("results", True, True)],
)  # fmt: skip
def test_a_job_of_a_process_that_died_is_settled_by_its_receipt(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str, answered: bool, written: bool
) -> None:
    """Died just before or just after this call."""
    real: Callable[..., Any] = getattr(ingest.IngestJobs, method)

    def dying(*arguments: Any) -> Any:
        if answered:
            made = real(*arguments)
            if method == "create":
                bench.receipts.append(ingest.receipt_of(made))
        raise Died

    writes = bench.writes(20)
    with monkeypatch.context() as patched:
        patched.setattr(ingest.IngestJobs, method, dying)
        with pytest.raises(Died):
            bench.write(writes)
    settled = bench.settle(writes)
    assert settled is not None
    assert outcomes(settled) == {Outcome.WRITTEN if written else Outcome.UNKNOWN}
    assert bench.jobs() == ["JobComplete" if written else "Aborted"]
    assert outcomes(bench.write(writes)) == {Outcome.UNCHANGED if written else Outcome.WRITTEN}
    assert bench.times_written(writes) == [1] * 20


def test_settling_tells_of_locked_and_unprocessed_rows_that_they_may_be_tried_again(bench: Bench) -> None:
    writes = bench.writes(250)
    bench.world.crm.fault("job_fails", method="PATCH", path=JOB, rows=200)
    bench.world.crm.fault("row_lock", method="PATCH", path=JOB, ids=[w.id for w in writes])
    bench.world.crm.fault("status", path="/composite/sobjects$", times=ALWAYS, status=400)
    bench.write(writes)
    settled = bench.settle(writes)
    assert settled is not None
    assert outcomes(settled) == {Outcome.UNKNOWN}


def test_a_job_that_salesforce_has_forgotten_leaves_the_answer_to_the_records(bench: Bench) -> None:
    writes = bench.writes(20)
    bench.write(writes)
    bench.api("DELETE", f"jobs/ingest/{orjson.loads(bench.receipts[0])['job']}")
    assert bench.settle(writes) is None


def test_writes_that_a_job_did_not_contain_are_unknown(bench: Bench) -> None:
    writes = bench.writes(40)
    bench.write(writes[:20])
    settled = bench.settle(writes)
    assert settled is not None
    assert [r.outcome for r in settled] == [Outcome.WRITTEN] * 20 + [Outcome.UNKNOWN] * 20


# owners


def test_owners_go_by_bulk_only_where_the_config_wants_it(bench: Bench) -> None:
    first, second = bench.world.owners()[:2]
    ids = [bench.world.create({"name": f"Bulk owner {n}", "owner_id": first}) for n in range(12)]
    writes = [Write(id, {"owner_id": second}, {"owner_id": first}) for id in ids]
    assert outcomes(bench.write(writes)) == {Outcome.WRITTEN}
    assert not bench.receipts
    back = [Write(id, {"owner_id": first}, {"owner_id": second}) for id in ids]
    way = {"way": "bulk", "may_lose_teams_and_shares": True}
    bench.connector.close()
    bench.connector = bench.world.connect(owner_change=way)
    assert outcomes(bench.write(back)) == {Outcome.WRITTEN}
    assert bench.jobs() == ["JobComplete"]
    assert {bench.row(id)["OwnerId"] for id in ids} == {first}


# whether the org gives accounts away with it


@pytest.fixture
def careful(bench: Bench) -> Iterator[Bench]:
    """With a first job of twenty accounts."""
    bench.connector.close()
    bench.connector = bench.world.connect(bulk_write_above=10, bulk_write_probe=20)
    yield bench
    bench.world.crm.settings(bulk_auto_assign=False)


def owners_of(bench: Bench, writes: Sequence[Write]) -> dict[str, str]:
    live = {row["Id"]: row["OwnerId"] for row in bench.world.crm.records("Account")}
    return {write.id: live[write.id] for write in writes}


def test_the_first_job_of_a_run_is_a_small_one_that_tells_whether_owners_stay(careful: Bench) -> None:
    writes = careful.writes(100)
    before = owners_of(careful, writes)
    assert {(r.outcome, r.code) for r in careful.write(writes)} == {(Outcome.WRITTEN, "")}
    assert careful.jobs() == ["JobComplete", "JobComplete"]
    again = careful.writes(100)
    assert outcomes(careful.write(again)) == {Outcome.WRITTEN}
    assert careful.jobs() == ["JobComplete"] * 3
    assert careful.times_written([*writes, *again]) == [1] * 200
    assert owners_of(careful, writes) == before


def test_where_owners_move_with_the_first_job_the_rest_goes_by_collections_and_keeps_them(
    careful: Bench,
) -> None:
    careful.world.crm.settings(bulk_auto_assign=True)
    writes = careful.writes(100)
    before = owners_of(careful, writes)
    results = {result.id: result for result in careful.write(writes)}
    assert outcomes(list(results.values())) == {Outcome.WRITTEN}
    after = owners_of(careful, writes)
    moved = {id for id in before if before[id] != after[id]}
    assert 0 < len(moved) <= 20
    assert {id for id, result in results.items() if result.code == "OWNER_MOVED"} == moved
    assert all(before[id] in results[id].message and after[id] in results[id].message for id in moved)
    assert careful.jobs() == ["JobComplete"]
    assert outcomes(careful.write(careful.writes(100))) == {Outcome.WRITTEN}
    assert careful.jobs() == ["JobComplete"], "no more jobs on this connection"
    assert owners_of(careful, writes) == after


def test_nothing_follows_a_first_job_whose_outcome_is_not_known(careful: Bench) -> None:
    careful.world.crm.fault("quota", method="GET", path=JOB, times=ALWAYS)
    writes = careful.writes(100)
    assert outcomes(careful.write(writes)) == {Outcome.UNKNOWN}
    careful.world.mend()
    assert sum(careful.times_written(writes)) == 20
    settled = careful.settle(writes)
    assert settled is not None
    assert sum(result.outcome is Outcome.WRITTEN for result in settled) == 20
    assert outcomes(careful.write(writes)) == {Outcome.WRITTEN, Outcome.UNCHANGED}
    assert careful.times_written(writes) == [1] * 100


def test_rows_that_bulk_cannot_say_are_all_written_however_many(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH", 5)
    writes = [Write(w.id, {"note": "#N/A"}, {"note": w.expected["note"]}) for w in bench.writes(30)]
    assert outcomes(bench.write(writes)) <= {Outcome.WRITTEN, Outcome.UNCHANGED}
    assert {bench.row(write.id)["Note__c"] for write in writes} == {"#N/A"}
    assert bench.jobs() == []
