"""Accounts and users in territories: read whole, written as sets, and nobody else's rows are ever touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Pull
from connectors.mapping import MappedField
from connectors.records import (
    CRM_TERRITORIES,
    CRM_USER_TERRITORIES,
    TERRITORY_TABLES,
    Outcome,
    RecordId,
    RecordKind,
    Write,
    WriteResult,
)
from connectors.retry import RetryPolicy
from connectors.salesforce import plugin
from connectors.salesforce.connector import SalesforceConnector
from connectors.sandbox import Crm, Seed, running
from tests.connectors.salesforce.conftest import SalesforceWorld

ASSOCIATION = "ObjectTerritory2Association"
MEMBER = "UserTerritory2Association"


class Etm:
    """An org with territory management, a connector to it, and a person who puts accounts where they like."""

    def __init__(self, crm: Crm, world: SalesforceWorld) -> None:
        self.crm, self.world = crm, world
        self.waits: list[float] = []
        self.connector = self.connect()
        [model] = [m["Id"] for m in crm.records("Territory2Model") if m["State"] == "Active"]
        self.territories = {
            t["DeveloperName"]: t["Id"] for t in crm.records("Territory2") if t["Territory2ModelId"] == model
        }
        self.accounts = [RecordId(r["Id"]) for r in crm.records("Account")]
        self.reps = [RecordId(id) for id in world.owners()]

    def connect(self, model: str = "", **changes: Any) -> SalesforceConnector:
        mapping = plugin.default_fields().with_fields(RecordKind.TERRITORIES, [MappedField("model", model)])
        retry = RetryPolicy(sleep=self.waits.append)
        return SalesforceConnector(self.world.settings(**changes), mapping, retry)

    def by_hand(
        self, account: str, territory: str, cause: str = "Territory2Manual", actor: str = "human"
    ) -> None:
        values = {"ObjectId": account, "Territory2Id": self.territories[territory], "AssociationCause": cause}
        self.crm.edit(ASSOCIATION, "new", values, actor)

    def take_out(self, account: str, territory: str) -> None:
        self.crm.edit(ASSOCIATION, self.row(account, territory)["Id"], {"IsDeleted": True})

    def row(self, record: str, territory: str) -> dict[str, Any]:
        [row] = [r for r in self.rows() if (r["record"], r["territory"]) == (record, territory)]
        return row

    def rows(self, object: str = ASSOCIATION) -> list[dict[str, Any]]:
        names = {id: name for name, id in self.territories.items()}
        record = "ObjectId" if object == ASSOCIATION else "UserId"
        return [
            {**row, "record": row[record], "territory": names[row["Territory2Id"]]}
            for row in self.crm.records(object)
            if not row.get("IsDeleted")
        ]

    def where(self, record: str, object: str = ASSOCIATION) -> set[str]:
        return {row["territory"] for row in self.rows(object) if row["record"] == record}

    def write(
        self, id: RecordId, before: str | None, after: str | None, column: str = CRM_TERRITORIES
    ) -> WriteResult:
        [result] = self.connector.write([Write(id, {column: after}, {column: before})])
        return result

    def steps(self, object: str = ASSOCIATION) -> list[tuple[str, str]]:
        """What happened to rows of the object, in order: made or gone, by the org's own history."""
        told = []
        for row in self.crm.history(object):
            if row["field"] == "Id":
                told.append(("made" if row["old"] is None else "gone", row["id"]))
            elif row["field"] == "IsDeleted" and row["new"] == 1:
                told.append(("gone", row["id"]))
        return told


@pytest.fixture
def etm() -> Iterator[Etm]:
    with running("salesforce", seed=Seed(accounts=12, reps=4, seed=3)) as crm:
        crm.settings(territory_management=True)
        monkeypatch = pytest.MonkeyPatch()
        world = SalesforceWorld(crm)
        for name, variable in _environment().items():
            monkeypatch.setenv(variable, crm.credentials[name])
        made = Etm(crm, world)
        try:
            yield made
        finally:
            made.connector.close()
            monkeypatch.undo()


def _environment() -> dict[str, str]:
    from tests.connectors.salesforce.conftest import ENVIRONMENT

    return dict(ENVIRONMENT)


def rows_of(pull: Pull) -> list[dict[str, Any]]:
    return [row for batch in pull.batches for row in batch.to_pylist()]


def test_an_account_is_put_into_its_territories_and_found_there(etm: Etm) -> None:
    account = etm.accounts[0]
    assert etm.write(account, None, "Strategic;US_East").outcome is Outcome.WRITTEN
    assert etm.where(account) == {"Strategic", "US_East"}
    [found] = etm.connector.lookup([account], [CRM_TERRITORIES]).to_pylist()
    assert found == {"id": account, CRM_TERRITORIES: "Strategic;US_East"}
    again = etm.write(account, None, "Strategic;US_East")
    assert again.outcome is Outcome.UNCHANGED


def test_a_move_is_made_first_and_taken_away_then(etm: Etm) -> None:
    account = etm.accounts[0]
    etm.write(account, None, "US_East")
    assert etm.write(account, "US_East", "US_West").outcome is Outcome.WRITTEN
    assert etm.where(account) == {"US_West"}
    assert [step for step, _ in etm.steps()] == ["made", "made", "gone"]


def test_what_a_person_or_a_rule_did_is_not_ours_and_stays(etm: Etm) -> None:
    account = etm.accounts[0]
    etm.by_hand(account, "DACH")
    etm.by_hand(account, "EMEA", "Territory2AssignmentRule")
    assert etm.connector.lookup([account], [CRM_TERRITORIES]).to_pylist()[0][CRM_TERRITORIES] is None
    etm.write(account, None, "US_East")
    assert etm.write(account, "US_East", None).outcome is Outcome.WRITTEN
    assert etm.where(account) == {"DACH", "EMEA"}


def test_where_somebody_was_faster_the_write_is_a_conflict(etm: Etm) -> None:
    account = etm.accounts[0]
    etm.by_hand(account, "US_East")
    result = etm.write(account, None, "US_East")
    assert result.outcome is Outcome.CONFLICT
    assert "US_East" in result.message
    etm.write(account, None, "US_West")
    etm.take_out(account, "US_West")
    assert etm.write(account, "US_West", "Strategic;US_West").outcome is Outcome.CONFLICT
    assert etm.where(account) == {"US_East"}


def test_a_write_that_got_halfway_goes_on_to_its_end(etm: Etm) -> None:
    account = etm.accounts[0]
    etm.write(account, None, "US_East")
    etm.crm.fault("drop", method="DELETE", times=1)
    assert etm.write(account, "US_East", "US_West").outcome is Outcome.UNKNOWN
    assert etm.where(account) == {"US_East", "US_West"}
    assert etm.write(account, "US_East", "US_West").outcome is Outcome.WRITTEN
    assert etm.where(account) == {"US_West"}


def test_users_join_and_leave_territories_in_calls_of_their_own(etm: Etm) -> None:
    rep, account = etm.reps[0], etm.accounts[0]
    column = CRM_USER_TERRITORIES
    results = etm.connector.write(
        [
            Write(account, {CRM_TERRITORIES: "US_East"}, {CRM_TERRITORIES: None}),
            Write(rep, {column: "US_East;US_West"}, {column: None}),
        ]
    )
    assert [result.outcome for result in results] == [Outcome.WRITTEN, Outcome.WRITTEN]
    assert etm.where(rep, MEMBER) == {"US_East", "US_West"}
    found = etm.connector.lookup([account, rep], [CRM_TERRITORIES, column, "modified_at"])
    assert [row[column] for row in found.to_pylist()] == [None, "US_East;US_West"]
    assert etm.write(rep, "US_East;US_West", "US_West", column).outcome is Outcome.WRITTEN
    assert etm.where(rep, MEMBER) == {"US_West"}


def test_the_lock_of_groups_is_waited_for_in_smaller_calls(etm: Etm) -> None:
    etm.crm.settings(group_members_a_call=3)
    column, names = CRM_USER_TERRITORIES, sorted(etm.territories)
    results = etm.connector.write([Write(rep, {column: ";".join(names)}, {column: None}) for rep in etm.reps])
    assert {result.outcome for result in results} == {Outcome.WRITTEN}
    assert all(etm.where(rep, MEMBER) == set(names) for rep in etm.reps)
    assert etm.waits, "it waits before it tries again"


def test_one_account_that_is_gone_does_not_stop_the_others(etm: Etm) -> None:
    first, gone, last = etm.accounts[:3]
    etm.crm.edit("Account", gone, {"IsDeleted": True})
    writes = [Write(id, {CRM_TERRITORIES: "US_East"}, {CRM_TERRITORIES: None}) for id in (first, gone, last)]
    results = etm.connector.write(writes)
    assert [r.outcome for r in results] == [Outcome.WRITTEN, Outcome.REJECTED, Outcome.WRITTEN]
    assert results[1].code == "ENTITY_IS_DELETED"


def test_whoever_could_not_be_put_into_the_new_territory_keeps_the_old_one(etm: Etm) -> None:
    account = etm.accounts[0]
    etm.write(account, None, "US_East")
    etm.crm.fault("row_lock", method="POST", path=r"/composite/sobjects$", times=None)
    result = etm.write(account, "US_East", "US_West")
    assert (result.outcome, result.code) == (Outcome.REJECTED, "UNABLE_TO_LOCK_ROW")
    assert etm.where(account) == {"US_East"}


def test_the_tables_say_who_is_where_and_what_is_ours(etm: Etm) -> None:
    mine, theirs = etm.accounts[:2]
    etm.write(mine, None, "US_East")
    etm.by_hand(theirs, "US_West")
    etm.write(etm.reps[0], None, "US_East", CRM_USER_TERRITORIES)
    territories = {row["id"]: row for row in rows_of(etm.connector.pull(RecordKind.TERRITORIES))}
    assert {(row["model"], row["model_state"]) for row in territories.values()} == {("FY26", "active")}
    boston = territories[etm.territories["US_East_Boston"]]
    assert territories[boston["parent_id"]]["name"] == "US_East"
    members = rows_of(etm.connector.pull(RecordKind.TERRITORY_ACCOUNTS))
    assert {(m["account_id"], territories[m["territory_id"]]["name"], m["by_us"]) for m in members} == {
        (mine, "US_East", True),
        (theirs, "US_West", False),
    }
    [user] = rows_of(etm.connector.pull(RecordKind.TERRITORY_USERS))
    assert (user["user_id"], user["by_us"]) == (etm.reps[0], True)


def test_what_a_rule_put_somewhere_is_not_ours_though_our_user_ran_the_rule(etm: Etm) -> None:
    mine, ruled = etm.accounts[:2]
    etm.write(mine, None, "US_East")
    us = etm.row(mine, "US_East")["LastModifiedById"]
    etm.by_hand(ruled, "US_West", "Territory2AssignmentRule", actor=us)
    assert etm.row(ruled, "US_West")["LastModifiedById"] == us
    members = rows_of(etm.connector.pull(RecordKind.TERRITORY_ACCOUNTS))
    assert {m["account_id"]: m["by_us"] for m in members} == {mine: True, ruled: False}


def test_by_a_bulk_job_the_tables_are_the_same(etm: Etm) -> None:
    for account in etm.accounts:
        etm.write(account, None, "US_East;Strategic")
    etm.by_hand(etm.accounts[0], "DACH")
    etm.write(etm.reps[0], None, "US_East", CRM_USER_TERRITORIES)
    bulk = etm.connect(bulk_read_above=0)
    for kind in TERRITORY_TABLES:
        by_rest, by_bulk = rows_of(etm.connector.pull(kind)), rows_of(bulk.pull(kind))
        assert by_rest == sorted(by_bulk, key=lambda row: row["id"])
        assert by_rest
    assert bulk.calls()["bulk_create"] >= 1
    bulk.close()


def test_a_model_that_is_not_there_is_a_problem_of_the_mapping(etm: Etm) -> None:
    assert etm.connector.check(writing=True) == []
    [problem] = etm.connect("FY99").check(writing=True)
    assert problem.source == "FY99"
    assert "FY26" in problem.candidates
    etm.crm.settings(territory_management=False)
    [problem] = etm.connect().check(writing=True)
    assert "Territory Management" in problem.problem


def test_another_model_than_the_active_one_is_kept_apart(etm: Etm) -> None:
    account = etm.accounts[0]
    etm.write(account, None, "US_East")
    planned = etm.connect("fy27")
    [result] = planned.write([Write(account, {CRM_TERRITORIES: "DACH"}, {CRM_TERRITORIES: None})])
    assert result.outcome is Outcome.WRITTEN
    assert planned.lookup([account], [CRM_TERRITORIES]).to_pylist()[0][CRM_TERRITORIES] == "DACH"
    assert etm.connector.lookup([account], [CRM_TERRITORIES]).to_pylist()[0][CRM_TERRITORIES] == "US_East"
    planned.close()


def test_territories_are_not_written_together_with_fields(etm: Etm) -> None:
    both = {CRM_TERRITORIES: "US_East", "owner_id": etm.reps[0]}
    with pytest.raises(ValueError, match="apart from fields"):
        etm.connector.write([Write(etm.accounts[0], both, both)])
