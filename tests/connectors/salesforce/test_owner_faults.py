"""The fault matrix of owner changes: every way to fail × every call that one takes, judged by the org's own history.

Whatever happens, and once nothing fails any more: every account changed hands exactly once, and what goes with it
went along or is named in the result of its account.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import AuthFailed, ConnectorError
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult
from connectors.testing import ALWAYS

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.salesforce.conftest import SalesforceWorld

CALLS = {
    "soap": ("POST", r"/services/Soap/u/"),
    "kept": ("GET", r"FROM.AccountShare"),
    "restore": ("POST", r"/composite/sobjects$"),
    "child": ("PATCH", r"/composite/sobjects$"),
    "children": ("GET", r"FROM.Contact"),
    "etag": ("GET", r"/sobjects/Account/001"),
    "strict": ("PATCH", r"/sobjects/Account/001"),
    "composite": ("POST", r"/composite$"),
}
SLOW_CALLS = ("kept", "children", "etag", "composite")
"""Reads, and the twin of `strict`: among the slow tests."""
ACCOUNTS = 5
FOLLOWED: dict[str, Any] = {"restore": True, "transfer": {"contacts": True}, "one_by_one": True}
_number = itertools.count(1)


def settings_for(call: str) -> dict[str, Any]:
    strict = call in ("etag", "strict", "composite")
    return {"owner_change": FOLLOWED, "strict": strict, "strict_by_composite": call == "composite"}


class Night:
    """Two accounts, each with a manual share, a team member and a contact of its owner's."""

    def __init__(self, world: SalesforceWorld) -> None:
        self.world = world
        self.old, self.new, self.other = world.owners()[:3]
        self.ids = [self._account() for _ in range(2)]
        self.writes = [Write(id, {"owner_id": self.new}, {"owner_id": self.old}) for id in self.ids]
        self.receipts: list[Receipt] = []

    def _account(self) -> RecordId:
        id = self.world.create({"name": f"Fault {next(_number)}", "owner_id": self.old})
        self.world.make("AccountTeamMember", AccountId=id, UserId=self.other, TeamMemberRole="Sales Rep")
        self.world.make(
            "AccountShare", AccountId=id, UserOrGroupId=self.other, AccountAccessLevel="Edit",
            OpportunityAccessLevel="Read", RowCause="Manual",
        )  # fmt: skip
        self.world.make("Contact", AccountId=id, OwnerId=self.old, LastName="Person")
        return id

    def attempt(self, connector: SalesforceConnector) -> list[WriteResult]:
        """As a run does it; a call that raised has changed nothing."""
        try:
            return connector.write(self.writes, receipt=self.receipts.append)
        except ConnectorError:
            assert [self.changes(id) for id in self.ids] == [0, 0], "a write that raises has done nothing"
            return [WriteResult(id, Outcome.REJECTED, "RAISED", "raised") for id in self.ids]

    def changes(self, id: str) -> int:
        """How often we changed the owner of this account."""
        rows = self.world.crm.history("Account", id)
        return sum(
            1 for r in rows if r["field"] == "OwnerId" and r["new"] == self.new and r["actor"] != "human"
        )

    def owner(self, id: str) -> str:
        return str(next(r["OwnerId"] for r in self.world.crm.records("Account") if r["Id"] == id))

    def missing(self, id: str) -> set[str]:
        """What did not follow the account, in the words in which a result names it."""
        found = set()
        if not self._has("AccountTeamMember", AccountId=id, UserId=self.other):
            found.add("team member")
        if not self._has("AccountShare", AccountId=id, UserOrGroupId=self.other, RowCause="Manual"):
            found.add("manual share")
        if not self._has("Contact", AccountId=id, OwnerId=self.new):
            found.add("contacts")
        return found

    def _has(self, object: str, **values: Any) -> bool:
        rows = [r for r in self.world.crm.records(object) if not r.get("IsDeleted")]
        return sum(all(r[name] == value for name, value in values.items()) for r in rows) == 1


def test_every_owner_change_ends_in_a_state_that_the_org_confirms(
    world: SalesforceWorld, call: str, fault: tuple[str, dict[str, Any]], times: int
) -> None:
    kind, details = fault
    night = Night(world)
    connector = world.connect(read_timeout=0.3, **settings_for(call))
    method, path = CALLS[call]
    world.crm.fault(kind, method=method, path=path, times=times, **details)
    try:
        results = night.attempt(connector)
    finally:
        connector.close()
    world.mend()
    _confirm(night, results)
    _settle(night, results, settings_for(call))


def _confirm(night: Night, results: list[WriteResult]) -> None:
    """What we say of an account is what the org's own history says."""
    assert [result.id for result in results] == night.ids
    for result in results:
        moved = night.owner(result.id) == night.new
        assert night.changes(result.id) == int(moved), result
        if result.outcome is not Outcome.UNKNOWN:
            assert moved is (result.outcome is Outcome.WRITTEN), result
        if result.outcome is Outcome.REJECTED:
            assert result.code
            assert result.message
        if result.outcome is Outcome.WRITTEN:
            assert all(words in result.message for words in night.missing(result.id)), result


def _settle(night: Night, results: list[WriteResult], settings: dict[str, Any]) -> None:
    """Resume as the applier does: by receipts first, then by reading back, then by sending what was not sent."""
    connector = night.world.connect(**settings)
    last = {result.id: result for result in results}
    open_still = [w for w in night.writes if last[w.id].outcome is Outcome.UNKNOWN]
    for receipt in night.receipts if open_still else ():
        for result in connector.settle(receipt, open_still) or ():
            last[result.id] = result
    again = [w for w in night.writes if night.owner(w.id) != night.new]
    for result in connector.write(again) if again else ():
        last[result.id] = result
    connector.close()
    for id in night.ids:
        assert (night.owner(id), night.changes(id)) == (night.new, 1)
        assert all(words in last[id].message for words in night.missing(id)), last[id]


def test_a_session_that_expires_in_the_middle_of_owner_changes_is_renewed_once(
    world: SalesforceWorld,
) -> None:
    night = Night(world)
    connector = world.connect(owner_change=FOLLOWED)
    connector.identity()
    world.crm.fault("expire_session", path=CALLS["soap"][1])
    assert [r.outcome for r in night.attempt(connector)] == [Outcome.WRITTEN] * 2
    assert connector.calls()["login"] == 2
    assert [night.changes(id) for id in night.ids] == [1, 1]
    connector.close()


@pytest.mark.parametrize("answer", ["fault", "401"])
def test_a_login_that_never_helps_a_soap_call_ends_after_two_logins(
    world: SalesforceWorld, answer: str
) -> None:
    night = Night(world)
    body = (
        '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault>'
        "<faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: Illegal Session"
        "</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    said = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    status = {"status": 500, "body": body} if answer == "fault" else {"status": 401, "body": said}
    world.crm.fault("status", path=CALLS["soap"][1], times=ALWAYS, **status)
    connector = world.connect()
    with pytest.raises(AuthFailed):
        connector.write(night.writes)
    assert connector.calls()["login"] == 2
    assert [night.changes(id) for id in night.ids] == [0, 0]
    connector.close()


def test_the_day_s_quota_that_ends_in_the_middle_leaves_the_rest_to_be_resumed(
    world: SalesforceWorld,
) -> None:
    """Two pairs of owners are two calls; the second one meets the end of the quota."""
    ana, lee, kim = world.owners()[:3]
    ids = [world.create({"name": f"Quota {next(_number)}", "owner_id": ana}) for _ in range(2)]
    writes = [
        Write(id, {"owner_id": new}, {"owner_id": ana}) for id, new in zip(ids, (lee, kim), strict=True)
    ]
    connector = world.connect(owner_change={"find_overwritten": False})
    world.crm.fault("quota", path=CALLS["soap"][1], after=1, times=ALWAYS)
    first, second = sorted(connector.write(writes), key=lambda r: r.outcome is not Outcome.WRITTEN)
    assert (first.outcome, second.outcome, second.code) == (Outcome.WRITTEN, Outcome.UNKNOWN, "NOT_SENT")
    assert "24 hours" in second.message
    world.mend()
    again = connector.write(writes)
    connector.close()
    assert {r.outcome for r in again} == {Outcome.WRITTEN, Outcome.UNCHANGED}
