"""The fault matrix of ingest jobs: every way to fail × every call, judged by the org's own history."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import ConnectorError
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 60
CALLS = {
    "ingest_create": ("POST", r"/jobs/ingest$"),
    "ingest_upload": ("PUT", r"/jobs/ingest/\w+/batches$"),
    "ingest_close": ("PATCH", r"/jobs/ingest/\w+$"),
    "ingest_poll": ("GET", r"/jobs/ingest/\w+$"),
    "ingest_results": ("GET", r"/jobs/ingest/\w+/\w+(Results|records)$"),
}
ROWS = 12
_number = itertools.count(1000)


def test_every_row_of_a_job_ends_in_a_state_that_the_org_confirms_and_is_written_once(
    world: SalesforceWorld, call: str, fault: tuple[str, dict[str, Any]], times: int
) -> None:
    kind, details = fault
    method, path = CALLS[call]
    writes = _writes(world)
    receipts: list[Receipt] = []
    connector = world.connect(bulk_write_above=5, read_timeout=0.5)
    world.crm.fault(kind, method=method, path=path, times=times, **details)
    try:
        results = connector.write(writes, receipt=receipts.append)
    except ConnectorError:
        assert _times_written(world, writes) == [0] * ROWS, "a write that raises has done nothing"
        results = [WriteResult(write.id, Outcome.UNKNOWN) for write in writes]
    finally:
        connector.close()
    _confirm(world, writes, results)
    world.mend()
    connector = world.connect(bulk_write_above=5)
    results = _settled(connector, receipts, writes, results)
    _confirm(world, writes, results)
    _finish(world, connector, writes, results)
    connector.close()


def _confirm(world: SalesforceWorld, writes: list[Write], results: list[WriteResult]) -> None:
    """What we say of a row is what the org's own history says."""
    assert [result.id for result in results] == [write.id for write in writes]
    for result, times in zip(results, _times_written(world, writes), strict=True):
        assert times <= 1
        if result.outcome in (Outcome.WRITTEN, Outcome.REJECTED):
            assert times == int(result.outcome is Outcome.WRITTEN), result
        else:
            assert result.outcome is Outcome.UNKNOWN, result
        if result.outcome is Outcome.REJECTED:
            assert result.code
            assert result.message


def _settled(
    connector: SalesforceConnector, receipts: list[Receipt], writes: list[Write], results: list[WriteResult]
) -> list[WriteResult]:
    """As the applier does: each receipt is asked for what is undecided still."""
    for receipt in receipts:
        asked = [w for w, r in zip(writes, results, strict=True) if r.outcome is Outcome.UNKNOWN]
        told = {result.id: result for result in connector.settle(receipt, asked) or []}
        results = [told.get(result.id, result) for result in results]
    return results


def _finish(
    world: SalesforceWorld, connector: SalesforceConnector, writes: list[Write], results: list[WriteResult]
) -> None:
    """Once nothing fails any more, the same writes end the matter, and nothing was ever done twice."""
    for before, after in zip(results, connector.write(writes), strict=True):
        expected = (
            {Outcome.UNCHANGED} if before.outcome is Outcome.WRITTEN else {Outcome.WRITTEN, Outcome.UNCHANGED}
        )
        assert after.outcome in expected
    assert _times_written(world, writes) == [1] * ROWS


def _writes(world: SalesforceWorld) -> list[Write]:
    score = float(next(_number))
    live = {row["Id"]: row["Score__c"] for row in world.crm.records("Account")}
    return [Write(RecordId(id), {"score": score}, {"score": live[id]}) for id in sorted(live)[:ROWS]]


def _times_written(world: SalesforceWorld, writes: list[Write]) -> list[int]:
    rows = [row for row in world.crm.history("Account") if row["field"] == "Score__c"]
    return [sum(row["id"] == w.id and row["new"] == w.values["score"] for row in rows) for w in writes]


@pytest.mark.parametrize("polls", [1, 3])
@pytest.mark.parametrize("how", ["failed", "stuck"])
@pytest.mark.parametrize("kind", ["torn", "unavailable", "status"])
def test_two_faults_at_once_are_no_worse(world: SalesforceWorld, kind: str, how: str, polls: int) -> None:
    """A job that fails or stands still, whose every other answer is lost too."""
    writes = _writes(world)
    receipts: list[Receipt] = []
    world.crm.fault(
        "job_fails" if how == "failed" else "job_stuck",
        method="PATCH",
        path=r"/jobs/ingest/\w+$",
        polls=polls,
    )
    for method, path in CALLS.values():
        details = {"status": 503} if kind == "status" else {}
        world.crm.fault(kind, method=method, path=path, after=1, times=2, **details)
    connector = world.connect(bulk_write_above=5)
    try:
        results = connector.write(writes, receipt=receipts.append)
    except ConnectorError:
        results = [WriteResult(write.id, Outcome.UNKNOWN) for write in writes]
    _confirm(world, writes, results)
    world.mend()
    results = _settled(connector, receipts, writes, results)
    _confirm(world, writes, results)
    _finish(world, connector, writes, results)
    connector.close()
