"""The fault matrix of memberships: every way to fail × every call of theirs, judged by the org's own rows and history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connectors.errors import AuthFailed, ConnectorError
from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES, Outcome, RecordId, Write, WriteResult
from connectors.sandbox import Seed, running
from tests.connectors.salesforce.conftest import ENVIRONMENT, SalesforceWorld
from tests.connectors.salesforce.test_territories import ASSOCIATION, MEMBER, Etm

CALLS: Mapping[str, tuple[str, str]] = {
    "models": ("GET", r"FROM.Territory2Model"),
    "names": ("GET", r"FROM.Territory2.WHERE"),
    "members": ("GET", r"FROM.(Object|User)Territory2Association"),
    "territory_create": ("POST", r"/composite/sobjects$"),
    "territory_delete": ("DELETE", r"/composite/sobjects"),
}
SETS = {ASSOCIATION: CRM_TERRITORIES, MEMBER: CRM_USER_TERRITORIES}


@pytest.fixture(scope="module")
def filled() -> Iterator[Etm]:
    with running("salesforce", seed=Seed(accounts=6, reps=6, seed=3)) as crm:
        crm.settings(territory_management=True)
        world = SalesforceWorld(crm)
        with pytest.MonkeyPatch.context() as patch:
            for name, variable in ENVIRONMENT.items():
                patch.setenv(variable, crm.credentials[name])
            made = Etm(crm, world)
            yield made
            made.connector.close()
        world.close()


@pytest.mark.parametrize("object", [ASSOCIATION, MEMBER])
def test_every_membership_ends_where_the_answer_says_and_a_second_try_ends_it(
    filled: Etm, object: str, call: str, fault: tuple[str, dict[str, Any]], times: int
) -> None:
    kind, details = fault
    column = SETS[object]
    records = (filled.accounts if object == ASSOCIATION else filled.reps)[:4]
    _all_in(filled, records, object, "US_East")
    theirs = _of_others(filled, object)
    writes = [Write(id, {column: "DACH;US_West"}, {column: "US_East"}) for id in records]
    connector = filled.connect(read_timeout=0.3)
    method, path = CALLS[call]
    filled.crm.fault(kind, method=method, path=path, times=times, **details)
    try:
        results = connector.write(writes)
    except ConnectorError:
        assert all(filled.where(id, object) == {"US_East"} for id in records), "what raises has done nothing"
        results = [WriteResult(id, Outcome.UNKNOWN) for id in records]
    finally:
        connector.close()
        filled.crm.clear_faults()
    assert [result.id for result in results] == records
    for result in results:
        _confirm(filled, result, object)
    _settle(filled, writes, object)
    assert _of_others(filled, object) == theirs


def _confirm(etm: Etm, result: WriteResult, object: str) -> None:
    """Written is written, refused has a reason, and nobody ever lost the old before the new was there."""
    where = etm.where(result.id, object)
    if result.outcome is Outcome.WRITTEN:
        assert where == {"DACH", "US_West"}, result
    else:
        assert "US_East" in where or where == {"DACH", "US_West"}, result
    if result.outcome is Outcome.REJECTED:
        assert result.code
        assert result.message
        assert where != {"DACH", "US_West"}, result
    assert result.outcome in (Outcome.WRITTEN, Outcome.REJECTED, Outcome.UNKNOWN), result


def _settle(etm: Etm, writes: list[Write], object: str) -> None:
    """Once nothing fails any more the same writes end the matter, and no row was made or deleted twice."""
    connector = etm.connect()
    again = connector.write(writes)
    connector.close()
    assert {result.outcome for result in again} <= {Outcome.WRITTEN, Outcome.UNCHANGED}
    for write in writes:
        assert etm.where(write.id, object) == {"DACH", "US_West"}
    rows = [(row["record"], row["territory"]) for row in etm.rows(object)]
    assert len(rows) == len(set(rows))


def _all_in(etm: Etm, records: list[RecordId], object: str, territory: str) -> None:
    column = SETS[object]
    found = {row["id"]: row[column] for row in etm.connector.lookup(records, [column]).to_pylist()}
    writes = [Write(id, {column: territory}, {column: found[id]}) for id in records]
    assert {r.outcome for r in etm.connector.write(writes)} <= {Outcome.WRITTEN, Outcome.UNCHANGED}


def _of_others(etm: Etm, object: str) -> list[str]:
    us = next(u["Id"] for u in etm.crm.records("User") if u["Email"] == "integration@example.com")
    return sorted(row["Id"] for row in etm.rows(object) if row["LastModifiedById"] != us)


@pytest.mark.parametrize("call", ["members", "territory_create", "territory_delete"])
def test_a_session_that_always_ends_is_a_clear_error_after_two_logins(filled: Etm, call: str) -> None:
    account = filled.accounts[5]
    _all_in(filled, [account], ASSOCIATION, "US_East")
    connector = filled.connect()
    method, path = CALLS[call]
    body = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    filled.crm.fault("status", method=method, path=path, times=None, status=401, body=body)
    write = Write(account, {CRM_TERRITORIES: "DACH"}, {CRM_TERRITORIES: "US_East"})
    try:
        [result] = connector.write([write])
        assert call == "territory_delete", "a call that is the first to write raises"
        assert "INVALID_SESSION_ID" in result.message
        assert filled.where(account) == {"US_East", "DACH"}
    except AuthFailed as error:
        assert "INVALID_SESSION_ID" in str(error)
        assert filled.where(account) == {"US_East"}
    finally:
        filled.crm.clear_faults()
    assert connector.calls()["login"] <= 2
    connector.close()


def test_an_answer_in_another_order_is_never_taken_for_another_accounts(filled: Etm) -> None:
    """New rows have ids of their own, so that only the org itself tells whose they are."""
    first, gone, *others = filled.accounts[:5]
    _all_in(filled, [first, gone, *others], ASSOCIATION, "US_East")
    connector = filled.connect()
    filled.crm.edit("Account", gone, {"IsDeleted": True})
    filled.crm.fault("wrong_order", method="POST", path=r"/composite/sobjects$")
    writes = [
        Write(id, {CRM_TERRITORIES: "EMEA;US_East"}, {CRM_TERRITORIES: "US_East"})
        for id in (first, gone, *others)
    ]
    results = {result.id: result for result in connector.write(writes)}
    connector.close()
    filled.crm.clear_faults()
    assert results.pop(gone).outcome is Outcome.REJECTED
    assert {result.outcome for result in results.values()} == {Outcome.WRITTEN}
    assert all(filled.where(id) == {"EMEA", "US_East"} for id in (first, *others))
    filled.crm.edit("Account", gone, {"IsDeleted": False})
