"""Owner changes that keep what the config says, judged by the org's own records and history."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from connectors.errors import Refused
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 5
EVERYTHING = {"open_opportunities": True, "open_activities": True, "cases": True, "contacts": True}
_number = itertools.count(1)


def account(world: SalesforceWorld, owner: RecordId, **values: Any) -> RecordId:
    return world.create({"name": f"Owned {next(_number)}", "owner_id": owner, **values})


def move(id: RecordId, old: RecordId, new: RecordId, **values: Any) -> Write:
    return Write(id, {"owner_id": new, **values}, {"owner_id": old, **dict.fromkeys(values)})


def written(world: SalesforceWorld, writes: list[Write], **change: Any) -> list[WriteResult]:
    connector = world.connect(owner_change=change)
    try:
        return connector.write(writes)
    finally:
        connector.close()


def find(world: SalesforceWorld, object: str, **values: Any) -> list[dict[str, Any]]:
    return [
        dict(record)
        for record in world.crm.records(object)
        if not record.get("IsDeleted") and all(record[name] == value for name, value in values.items())
    ]


class Family:
    """An account with a team, a manual share, and of every kind of child one of the owner's and one of another's."""

    def __init__(self, world: SalesforceWorld, owner: RecordId, other: RecordId) -> None:
        self.world, self.owner, self.other = world, owner, other
        self.id = account(world, owner)
        world.make("AccountTeamMember", AccountId=self.id, UserId=other, TeamMemberRole="Sales Rep")
        world.make(
            "AccountShare", AccountId=self.id, UserOrGroupId=other, AccountAccessLevel="Edit",
            OpportunityAccessLevel="Read", RowCause="Manual",
        )  # fmt: skip
        self.children: dict[tuple[str, str], str] = {}
        for whose, user in (("owner", owner), ("other", other)):
            of = {"AccountId": self.id, "OwnerId": user}
            deal = {"Name": "Deal", "CloseDate": "2030-01-31"}
            self._add("Opportunity", whose, **of, **deal, StageName="Prospecting")
            self._add("Won", whose, "Opportunity", **of, **deal, StageName="Closed Won")
            self._add("Contact", whose, **of, LastName="Person")
            self._add("Case", whose, **of, Status="New")
            self._add("Task", whose, WhatId=self.id, OwnerId=user, Subject="Call")

    def _add(self, name: str, whose: str, object: str = "", **values: Any) -> None:
        self.children[name, whose] = self.world.make(object or name, **values)

    def owners(self) -> dict[tuple[str, str], str]:
        """Who has each child now: "owner", "other" or "new"."""
        known = {self.owner: "owner", self.other: "other"}
        tables = {
            o: {r["Id"]: r for r in self.world.crm.records(o)}
            for o in ("Opportunity", "Contact", "Case", "Task")
        }
        return {
            key: known.get(tables["Opportunity" if key[0] == "Won" else key[0]][id]["OwnerId"], "new")
            for key, id in self.children.items()
        }

    def team(self) -> list[tuple[str, str]]:
        members = find(self.world, "AccountTeamMember", AccountId=self.id)
        return [(m["UserId"], m["TeamMemberRole"]) for m in members]

    def shares(self) -> list[tuple[str, str]]:
        shares = find(self.world, "AccountShare", AccountId=self.id, RowCause="Manual")
        return [(s["UserOrGroupId"], s["AccountAccessLevel"]) for s in shares]


def test_an_owner_change_keeps_the_team_moves_no_child_and_writes_the_fields_with_it(
    world: SalesforceWorld,
) -> None:
    ana, lee, kim = world.owners()[:3]
    family = Family(world, ana, kim)
    connector = world.connect()
    [result] = connector.write([move(family.id, ana, lee, score=4.5, note="R&D <new>\r\nline")])
    assert result == WriteResult(
        family.id, Outcome.WRITTEN, found={"owner_id": ana, "score": None, "note": None}
    )
    [now] = find(world, "Account", Id=family.id)
    assert (now["OwnerId"], now["Score__c"], now["Note__c"]) == (lee, 4.5, "R&D <new>\r\nline")
    assert family.team() == [(kim, "Sales Rep")]
    assert family.owners() == {key: key[1] for key in family.children}
    assert connector.calls()["soap"] == 1
    assert world.writes_seen(family.id) == 1
    connector.close()


@pytest.mark.parametrize(
    "change",
    [{}, {"one_by_one": True}, {"way": "collections", "may_lose_teams_and_shares": True}],
    ids=["header", "one-by-one", "collections"],
)
def test_what_is_to_move_moves_as_far_as_the_old_owner_has_it(
    world: SalesforceWorld, change: dict[str, Any]
) -> None:
    ana, lee, kim = world.owners()[:3]
    families = [Family(world, ana, kim) for _ in range(2)]
    results = written(world, [move(f.id, ana, lee) for f in families], transfer=EVERYTHING, **change)
    assert [(r.outcome, r.code) for r in results] == [(Outcome.WRITTEN, "")] * 2
    for family in families:
        stayed = {("Won", "owner"): "owner"}
        expected = {key: "new" if key[1] == "owner" else "other" for key in family.children} | stayed
        assert family.owners() == expected
        assert family.team() == ([] if change.get("way") else [(kim, "Sales Rep")])


@pytest.mark.parametrize("kind", ["open_opportunities", "open_activities", "cases", "contacts"])
def test_each_kind_of_child_moves_alone(world: SalesforceWorld, kind: str) -> None:
    ana, lee, kim = world.owners()[:3]
    family = Family(world, ana, kim)
    written(world, [move(family.id, ana, lee)], transfer={kind: True})
    object = {"open_opportunities": "Opportunity", "open_activities": "Task", "cases": "Case"}.get(
        kind, "Contact"
    )
    assert {key for key, whose in family.owners().items() if whose == "new"} == {(object, "owner")}


@pytest.mark.parametrize("keep", [True, False])
def test_the_team_of_an_opportunity_that_moves_stays_unless_it_may_go(
    world: SalesforceWorld, keep: bool
) -> None:
    ana, lee, kim = world.owners()[:3]
    family = Family(world, ana, kim)
    deal = family.children["Opportunity", "owner"]
    world.make("OpportunityTeamMember", OpportunityId=deal, UserId=kim, TeamMemberRole="Sales Rep")
    change = {"transfer": {"open_opportunities": True}, "keep_opportunity_teams": keep}
    written(world, [move(family.id, ana, lee)], **change)
    assert len(find(world, "OpportunityTeamMember", OpportunityId=deal)) == int(keep)


@pytest.mark.parametrize("send", [True, False])
def test_a_mail_goes_only_where_it_is_asked_for(world: SalesforceWorld, send: bool) -> None:
    ana, lee = world.owners()[:2]
    id = account(world, ana)
    written(world, [move(id, ana, lee)], send_email=send)
    mails = [row for row in world.crm.history("SentEmail") if row["new"] == id]
    assert len(mails) == int(send)


def test_one_call_holds_one_pair_of_owners_and_no_more_than_200(world: SalesforceWorld) -> None:
    ana, lee, kim = world.owners()[:3]
    pairs = [(ana, lee), (ana, kim), (lee, kim)]
    writes = [move(account(world, old), old, new) for old, new in pairs * 3]
    connector = world.connect()
    results = connector.write(writes)
    assert [r.outcome for r in results] == [Outcome.WRITTEN] * 9
    assert [r.id for r in results] == [w.id for w in writes]
    assert connector.calls()["soap"] == 3
    assert connector.calls()["retrieve"] == 1
    connector.close()


def test_one_bad_row_fails_alone_with_salesforce_s_words(world: SalesforceWorld) -> None:
    ana, lee = world.owners()[:2]
    gone = next(r["Id"] for r in world.crm.records("User") if not r["IsActive"])
    fine, unwilling, deleted = (account(world, ana) for _ in range(3))
    world.delete(deleted)
    writes = [move(fine, ana, lee), move(unwilling, ana, gone), move(deleted, ana, lee)]
    results = written(world, writes)
    assert [r.outcome for r in results] == [Outcome.WRITTEN, Outcome.REJECTED, Outcome.REJECTED]
    assert results[1].code == "INACTIVE_OWNER_OR_USER"
    assert "inactive User" in results[1].message
    assert results[2].code == "NOT_FOUND"


def test_a_text_that_xml_cannot_hold_fails_its_row_and_no_other(world: SalesforceWorld) -> None:
    ana, lee = world.owners()[:2]
    bad, fine = account(world, ana), account(world, ana)
    results = written(world, [move(bad, ana, lee, note="bell \x07"), move(fine, ana, lee, note="well")])
    assert [r.outcome for r in results] == [Outcome.REJECTED, Outcome.WRITTEN]
    assert [world.writes_seen(id) for id in (bad, fine)] == [0, 1]


def test_a_field_is_emptied_with_the_move(world: SalesforceWorld) -> None:
    ana, lee = world.owners()[:2]
    id = account(world, ana, note="old", score=3.0)
    write = Write(
        id, {"owner_id": lee, "note": None, "score": None}, {"owner_id": ana, "note": "old", "score": 3.0}
    )
    [result] = written(world, [write])
    assert result.outcome is Outcome.WRITTEN
    [now] = find(world, "Account", Id=id)
    assert (now["Note__c"], now["Score__c"]) == (None, None)


def test_somebody_s_change_since_the_plan_stands(world: SalesforceWorld) -> None:
    ana, lee, kim = world.owners()[:3]
    id = account(world, ana)
    world.edit(id, {"owner_id": kim})
    [result] = written(world, [move(id, ana, lee)])
    assert result.outcome is Outcome.CONFLICT
    assert find(world, "Account", Id=id)[0]["OwnerId"] == kim


# -- putting back


@pytest.mark.parametrize(
    "change", [{}, {"way": "collections"}, {"keep_account_team": False}], ids=["soap", "collections", "lost"]
)
def test_what_the_way_drops_is_put_back(world: SalesforceWorld, change: dict[str, Any]) -> None:
    ana, lee, kim = world.owners()[:3]
    family = Family(world, ana, kim)
    [result] = written(world, [move(family.id, ana, lee)], restore=True, **change)
    assert (result.outcome, result.code, result.message) == (Outcome.WRITTEN, "", "")
    assert family.team() == [(kim, "Sales Rep")]
    assert family.shares() == [(kim, "Edit")]


def test_without_restore_manual_shares_go_and_the_team_stays(world: SalesforceWorld) -> None:
    ana, lee, kim = world.owners()[:3]
    family = Family(world, ana, kim)
    written(world, [move(family.id, ana, lee)])
    assert family.shares() == []
    assert family.team() == [(kim, "Sales Rep")]


def test_what_cannot_be_put_back_is_named(world: SalesforceWorld) -> None:
    ana, lee, kim = world.owners()[:3]
    family = Family(world, ana, kim)
    world.crm.fault("status", method="POST", path=r"/composite/sobjects$", times=1000, status=400)
    [result] = written(world, [move(family.id, ana, lee)], restore=True)
    assert (result.outcome, result.code) == (Outcome.WRITTEN, "INCOMPLETE")
    assert "manual share" in result.message
    assert kim in result.message
    assert "AccountAccessLevel Edit" in result.message


def test_a_crash_between_the_move_and_what_goes_with_it_is_finished_by_the_receipt(
    world: SalesforceWorld,
) -> None:
    """The process dies after the accounts were written: all that is left is the receipt."""
    ana, lee, kim = world.owners()[:3]
    moved, unmoved = Family(world, ana, kim), Family(world, ana, kim)
    writes = [move(f.id, ana, lee) for f in (moved, unmoved)]
    change = {"restore": True, "way": "collections", "transfer": {"contacts": True}}
    receipts: list[Receipt] = []

    class Died(Exception):
        pass

    dying = world.connect(owner_change=change)

    def die(kind: str, *args: Any, **more: Any) -> Any:
        if kind == "restore":
            raise Died
        return send(kind, *args, **more)

    send, dying._client.write = dying._client.write, die  # type: ignore[method-assign]
    with pytest.raises(Died):
        dying.write(writes[:1], receipt=receipts.append)
    dying.close()
    assert moved.team() == []
    connector = world.connect(owner_change=change)
    results = connector.settle(receipts[-1], writes)
    connector.close()
    assert results is not None
    assert [r.outcome for r in results] == [Outcome.WRITTEN, Outcome.UNKNOWN]
    assert moved.team() == [(kim, "Sales Rep")]
    assert moved.shares() == [(kim, "Edit")]
    assert moved.owners()["Contact", "owner"] == "new"
    assert unmoved.owners()["Contact", "owner"] == "owner"
    assert world.writes_seen(moved.id) == 1


# -- which way


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"owner_change": {"way": "bulk"}}, "may_lose_teams_and_shares: true"),
        (
            {"owner_change": {"way": "bulk", "may_lose_teams_and_shares": True, "restore": True}},
            "neither transfers nor restores",
        ),
        ({"owner_change": {"way": "collections", "send_email": True}}, "sends no mail"),
        ({"strict": True, "owner_change": {"way": "soap"}}, "strict"),
        ({"strict": True, "owner_change": {"send_email": True}}, "strict"),
        ({"api_version": "44.0"}, "45.0 or later"),
    ],
)
def test_a_config_that_contradicts_itself_says_what_to_do(
    world: SalesforceWorld, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        world.settings(**settings)


@pytest.mark.parametrize("settings", [{"owner_change": {"way": "collections"}}, {"strict": True}])
def test_teams_are_not_lost_without_a_word_in_the_config(
    world: SalesforceWorld, settings: dict[str, Any]
) -> None:
    ana, lee = world.owners()[:2]
    id = account(world, ana)
    connector = world.connect(**settings)
    with pytest.raises(Refused, match="may_lose_teams_and_shares"):
        connector.write([move(id, ana, lee)])
    assert connector.write([Write(id, {"score": 2.0}, {"score": None})])[0].outcome is Outcome.WRITTEN
    connector.close()


def test_an_org_without_account_teams_takes_collections_for_all_pairs_at_once(world: SalesforceWorld) -> None:
    ana, lee, kim = world.owners()[:3]
    writes = [move(account(world, ana), ana, new) for new in (lee, kim)]
    world.crm.settings(account_teams=False)
    connector = world.connect()
    try:
        assert [r.outcome for r in connector.write(writes)] == [Outcome.WRITTEN] * 2
        assert (connector.calls()["write"], "soap" in connector.calls()) == (1, False)
    finally:
        connector.close()
        world.crm.settings(account_teams=True)


@pytest.mark.parametrize("restore", [True, False])
def test_members_that_salesforce_drops_though_the_team_is_kept_are_put_back_if_asked(
    world: SalesforceWorld, restore: bool
) -> None:
    """Whoever was added by a user with group-based access goes in any case (doc)."""
    ana, lee, kim = world.owners()[:3]
    family = Family(world, ana, kim)
    [member] = find(world, "AccountTeamMember", AccountId=family.id)
    world.crm.settings(group_access_users=member["CreatedById"])
    try:
        written(world, [move(family.id, ana, lee)], restore=restore)
    finally:
        world.crm.settings(group_access_users="")
    assert family.team() == ([(kim, "Sales Rep")] if restore else [])
