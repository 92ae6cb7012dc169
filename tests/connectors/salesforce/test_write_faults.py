"""The fault matrix of writes: every way to fail × every call, once and for ever, judged by the org's own history."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import AuthFailed, ConnectorError
from connectors.records import Outcome, RecordId, Write, WriteResult
from connectors.testing import ALWAYS

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.salesforce.conftest import SalesforceWorld

CALLS = {
    "login": r"/services/oauth2/token",
    "identity": r"FROM.Organization",
    "userinfo": r"/oauth2/userinfo",
    "describe": r"/sobjects/Account/describe",
    "teams": r"AccountTeamMember",
    "retrieve": r"/composite/sobjects/Account$",
    "write": r"/composite/sobjects$",
}
ACCOUNTS = 5
TEAMS_MAY_GO = {"keep_account_team": False}
"""By Collections, whose faults these are; test_owner_faults has those of SOAP."""
_number = itertools.count(1000)


def test_every_row_of_a_write_ends_in_a_state_that_the_org_confirms(
    world: SalesforceWorld, call: str, fault: tuple[str, dict[str, Any]], times: int
) -> None:
    kind, details = fault
    ids = _accounts(world)
    first, second = world.owners()[:2]
    score = float(next(_number))
    writes = [
        Write(id, {"score": score, "owner_id": second}, {"score": None, "owner_id": first}) for id in ids
    ]
    connector = world.connect(read_timeout=0.3, owner_change=TEAMS_MAY_GO)
    world.crm.fault(kind, path=CALLS[call], times=times, **details)
    try:
        results = connector.write(writes)
    except ConnectorError:
        assert [world.writes_seen(id) for id in ids] == [0] * 3, "a write that raises has done nothing"
        results = [WriteResult(id, Outcome.UNKNOWN) for id in ids]
    finally:
        connector.close()
    assert [result.id for result in results] == ids
    _confirm(world, results, score)
    world.mend()
    _settle(world, writes, results, score)


def _confirm(world: SalesforceWorld, results: list[WriteResult], score: float) -> None:
    """What we say of a row is what the org's own history and records say."""
    truth = {record["Id"]: record for record in world.crm.records("Account")}
    for result in results:
        written = truth[result.id]["Score__c"] == score
        assert world.writes_seen(result.id) == int(written), result
        if result.outcome in (Outcome.WRITTEN, Outcome.REJECTED):
            assert written is (result.outcome is Outcome.WRITTEN), result
        else:
            assert result.outcome is Outcome.UNKNOWN, result
        if result.outcome is Outcome.REJECTED:
            assert result.code
            assert result.message


def _settle(world: SalesforceWorld, writes: list[Write], results: list[WriteResult], score: float) -> None:
    """Once nothing fails any more, the same writes end the matter, and nothing was ever done twice."""
    connector = world.connect(owner_change=TEAMS_MAY_GO)
    again = connector.write(writes)
    connector.close()
    for before, after in zip(results, again, strict=True):
        if before.outcome is Outcome.WRITTEN:
            assert after.outcome is Outcome.UNCHANGED
        else:
            assert after.outcome in (Outcome.WRITTEN, Outcome.UNCHANGED)
    assert [world.writes_seen(write.id) for write in writes] == [1] * len(writes)


def test_a_person_who_edits_between_our_look_and_our_write_is_seen_in_the_history(
    world: SalesforceWorld,
) -> None:
    """No header of Collections closes this window; the verification after the write must find it."""
    [id, *_] = _accounts(world)
    connector = world.connect()
    world.crm.fault("human_edit", path=CALLS["write"], object="Account", id=id, values={"Note__c": "hers"})
    [result] = connector.write([Write(id, {"score": 1.0}, {"score": None})])
    assert result.outcome is Outcome.WRITTEN
    assert connector.lookup([id], ["note"]).to_pylist() == [{"id": id, "note": "hers"}]
    connector.close()


@pytest.mark.parametrize("method", ["jwt", "client_credentials"])
def test_a_session_that_expires_mid_run_is_renewed_once_with_all_headers(
    world: SalesforceWorld, method: str
) -> None:
    """Without Sforce-Auto-Assign on the repeated call the org's assignment rule takes the account away."""
    first, second = world.owners()[:2]
    id = world.create({"name": "Expired", "owner_id": first})
    connector = world.connect(method=method, owner_change=TEAMS_MAY_GO)
    connector.lookup([id], ["name"])
    world.crm.fault("expire_session", path=CALLS["write"])
    [result] = connector.write([Write(id, {"owner_id": second}, {"owner_id": first})])
    assert result.outcome is Outcome.WRITTEN
    assert connector.lookup([id], ["owner_id"])["owner_id"].to_pylist() == [second]
    assert connector.calls()["login"] == 2
    assert world.writes_seen(id) == 1
    connector.close()


def test_a_login_that_never_helps_ends_after_two_logins(world: SalesforceWorld) -> None:
    body = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    connector = world.connect()
    world.crm.fault("status", path="/services/data/", times=ALWAYS, status=401, body=body)
    with pytest.raises(AuthFailed, match="INVALID_SESSION_ID"):
        connector.identity()
    assert connector.calls()["login"] == 2
    connector.close()


def test_a_given_session_that_has_ended_is_told_as_such(
    world: SalesforceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SF_SESSION", world.token())
    connector: SalesforceConnector = world.connect(method="session")
    connector.identity()
    world.crm.fault("expire_session", path="FROM.Organization")
    with pytest.raises(AuthFailed, match="session id given in the config has ended"):
        connector.identity()
    connector.close()


def _accounts(world: SalesforceWorld) -> list[RecordId]:
    owner = world.owners()[0]
    return [world.create({"name": f"Row {number}", "owner_id": owner}) for number in range(3)]
