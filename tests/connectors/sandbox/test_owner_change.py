"""What an owner change does to teams, shares and children: by itself, and with each of SOAP's options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.sandbox import Crm, Seed, running
from tests.connectors.sandbox.soap import Soap

CHILDREN = ("Opportunity", "Task", "Event", "Case", "Contact")
SAMPLE = Seed(accounts=5, reps=5, activities_per_account=0, deals_per_account=0)


@dataclass(frozen=True)
class World:
    """One account of `old` with a team, shares, and children of the old owner and of somebody else."""

    org: Crm
    soap: Soap
    account: str
    old: str
    new: str
    other: str

    def rows(self, object: str) -> list[dict[str, Any]]:
        return [r for r in self.org.records(object) if not r.get("IsDeleted")]

    def owners(self) -> dict[str, str]:
        """Who owns what, by the children's names: only those that are not where they were."""
        named = [
            (r.get("Name") or r.get("Subject") or "", r["OwnerId"]) for o in CHILDREN for r in self.rows(o)
        ]
        return {name: owner for name, owner in named if owner == self.new}

    def causes(self) -> list[str]:
        return sorted(str(s["RowCause"]) for s in self.rows("AccountShare"))

    def change(self, *options: str) -> None:
        answer = self.soap.update({"Id": self.account, "OwnerId": self.new}, options=options)
        assert answer.rows()[0]["success"] == "true", answer.texts("message")


@pytest.fixture
def world() -> Iterator[World]:
    with running("salesforce", seed=SAMPLE) as org:
        soap = Soap(org)
        account = org.records("Account")[0]
        free = [u["Id"] for u in org.records("User") if u["Username"].startswith("rep") and u["IsActive"]]
        old, other, new, *members = [account["OwnerId"], *(u for u in free if u != account["OwnerId"])]
        yield _filled(World(org, soap, account["Id"], old, new, other), members)
        soap.pool.clear()


def _filled(world: World, members: list[str]) -> World:
    of = {"AccountId": world.account}
    about = {"WhatId": world.account}
    deal = {**of, "CloseDate": "2027-01-31", "StageName": "Prospecting"}
    event = {**about, "DurationInMinutes": 30}
    day = "{}-06-01T10:00:00Z"
    rows: list[tuple[str, dict[str, Any]]] = [
        *(("AccountTeamMember", {**of, "UserId": m, "TeamMemberRole": "Sales Rep"}) for m in members[:2]),
        ("AccountShare", {**of, "UserOrGroupId": world.other, "AccountAccessLevel": "Edit",
                          "OpportunityAccessLevel": "None"}),
    ]  # fmt: skip
    for who, whose in (("owned", world.old), ("others", world.other)):
        own = {"OwnerId": whose}
        rows += [
            ("Opportunity", {**deal, **own, "Name": f"{who} open"}),
            ("Opportunity", {**deal, **own, "Name": f"{who} closed", "StageName": "Closed Won"}),
            ("Task", {**about, **own, "Subject": f"{who} open task"}),
            ("Task", {**about, **own, "Subject": f"{who} done task", "Status": "Completed"}),
            ("Event", {**event, **own, "Subject": f"{who} coming", **_span(day.format(2040))}),
            ("Event", {**event, **own, "Subject": f"{who} past", **_span(day.format(2020))}),
            ("Case", {**of, **own, "Subject": f"{who} open case"}),
            ("Case", {**of, **own, "Subject": f"{who} closed case", "Status": "Closed"}),
            ("Contact", {**of, **own, "LastName": f"{who} contact"}),
        ]
    made = {row.get("Name"): _create(world.soap, object, row) for object, row in rows}
    for name in ("owned open", "others open"):
        _create(world.soap, "OpportunityTeamMember", {"OpportunityId": made[name], "UserId": members[0]})
    return world


def _span(at: str) -> dict[str, str]:
    return {"StartDateTime": at, "ActivityDateTime": at, "EndDateTime": at}


def _create(soap: Soap, object: str, row: dict[str, Any]) -> str:
    answer = soap.call(f"<u:create>{soap.row(row, object)}</u:create>")
    assert answer.rows()[0]["success"] == "true", (object, row, answer.texts("message"))
    return str(answer.rows()[0]["id"])


def test_by_itself_only_the_account_moves_and_its_team_and_manual_shares_are_gone(world: World) -> None:
    assert world.causes() == ["Manual", "Team", "Team"]
    world.soap.update({"Id": world.account, "OwnerId": world.new})
    assert world.owners() == {}
    assert (world.rows("AccountTeamMember"), world.causes()) == ([], [])
    assert len(world.rows("OpportunityTeamMember")) == 2


def test_a_kept_team_keeps_its_shares_and_manual_shares_go_all_the_same(world: World) -> None:
    before = world.rows("AccountTeamMember")
    world.change("KeepAccountTeam")
    assert world.rows("AccountTeamMember") == before
    assert world.causes() == ["Team", "Team"]
    assert world.owners() == {}


def test_members_whom_somebody_with_group_access_added_are_not_kept(world: World) -> None:
    adder = world.rows("AccountTeamMember")[0]["CreatedById"]
    world.org.settings(group_access_users=adder)
    world.change("KeepAccountTeam")
    assert (world.rows("AccountTeamMember"), world.causes()) == ([], [])


@pytest.mark.parametrize(
    ("options", "moved"),
    [
        (["TransferOwnedOpenOpportunities"], ["owned open"]),
        (
            ["TransferOwnedOpenOpportunities", "TransferOthersOpenOpportunities"],
            ["owned open", "others open"],
        ),
        (["TransferOwnedClosedOpportunities"], ["owned closed"]),
        (["TransferOpenActivities"], ["owned open task", "owned coming"]),
        (["TransferOwnedOpenCases"], ["owned open case"]),
        (["TransferOwnedOpenCases", "TransferAllOwnedCases"], ["owned open case", "owned closed case"]),
        (["TransferContacts"], ["owned contact"]),
        (["TransferContracts", "TransferOrders", "TransferNotesAndAttachments"], []),
    ],
    ids=lambda given: "+".join(given) or "none",
)
def test_each_option_moves_its_own_children(world: World, options: list[str], moved: list[str]) -> None:
    world.change(*options)
    assert sorted(world.owners()) == sorted(moved)
    assert all(row["actor"] != "human" for row in world.org.history("Opportunity"))


@pytest.mark.parametrize(
    ("setting", "option", "moved"),
    [
        ("transferred_activities", "TransferOpenActivities",
         ["others coming", "others open task", "owned coming", "owned open task"]),
        ("transferred_contacts", "TransferContacts", ["others contact", "owned contact"]),
    ],
)  # fmt: skip
def test_an_org_may_move_everybodys(world: World, setting: str, option: str, moved: list[str]) -> None:
    world.org.settings(**{setting: "anyone"})
    world.change(option)
    assert sorted(world.owners()) == moved


@pytest.mark.parametrize(("options", "left"), [((), 1), (("KeepSalesTeam",), 2)])
def test_a_deal_that_moves_loses_its_team_unless_that_is_kept(
    world: World, options: tuple[str, ...], left: int
) -> None:
    world.change("TransferOwnedOpenOpportunities", *options)
    assert len(world.rows("OpportunityTeamMember")) == left


def test_no_mail_is_sent_unless_asked_for(world: World) -> None:
    world.change("KeepAccountTeam")
    assert world.org.history("SentEmail") == []
    world.soap.update({"Id": world.account, "OwnerId": world.old}, options=["SendEmail"])
    sent = {row["field"]: row["new"] for row in world.org.history("SentEmail")}
    assert (sent["RecipientId"], sent["AboutId"]) == (world.old, world.account)


@pytest.mark.parametrize(
    "option",
    [
        "TransferOthersOpenOpportunities",
        "TransferAllOwnedCases",
        "KeepSalesTeamGrantCurrentOwnerReadWriteAccess",
    ],
)
def test_an_option_without_the_one_it_needs_is_refused(world: World, option: str) -> None:
    refused = world.soap.update({"Id": world.account, "OwnerId": world.new}, options=[option])
    assert (refused.status, refused.text("faultcode")) == (500, "sf:INVALID_ARGUMENT")
    assert world.org.history("Account") == []


@pytest.mark.parametrize(("version", "option"), [("44.0", "KeepAccountTeam"), ("62.0", "KeepTeams")])
def test_an_option_that_the_version_does_not_have_is_refused(world: World, version: str, option: str) -> None:
    old = Soap(world.org, version=version)
    refused = old.update({"Id": world.account, "OwnerId": world.new}, options=[option])
    assert (
        refused.text("faultstring") == f"'{option}' is not a valid value for the type OwnerChangeOptionType"
    )


def other_accounts(world: World, owner: str) -> str:
    """An account of another owner than the world's."""
    rows = world.org.records("Account")
    found = next(r for r in rows if r["OwnerId"] != world.old)
    return str(found["Id"]) if owner != found["OwnerId"] else ""


@pytest.mark.parametrize("how", ["refuse", "rows", "ignore"])
def test_accounts_of_other_owners_do_not_share_a_call_with_options(world: World, how: str) -> None:
    world.org.settings(mixed_owner_changes=how)
    stranger = other_accounts(world, world.new)
    rows = [{"Id": id, "OwnerId": world.new} for id in (world.account, stranger)]
    answer = world.soap.update(*rows, options=["KeepAccountTeam"])
    owners = {r["Id"]: r["OwnerId"] for r in world.org.records("Account")}
    if how == "refuse":
        assert answer.text("faultcode") == "sf:INVALID_ARGUMENT"
        assert "same old owner and the same new owner" in answer.text("faultstring")
    else:
        assert [r["success"] for r in answer.rows()] == ["true", str(how == "ignore").lower()]
    assert (owners[world.account] == world.new) is (how != "refuse")
    assert (owners[stranger] == world.new) is (how == "ignore")


def test_an_owner_change_to_the_same_owner_drops_nothing(world: World) -> None:
    world.soap.update({"Id": world.account, "OwnerId": world.old})
    assert world.causes() == ["Manual", "Team", "Team"]


def test_an_org_without_teams_does_not_know_the_object(world: World) -> None:
    world.org.settings(account_teams=False)
    refused = world.soap.call(
        f"<u:create>{world.soap.row({'AccountId': world.account, 'UserId': world.new}, 'AccountTeamMember')}</u:create>"
    )
    assert refused.text("faultcode") == "sf:INVALID_TYPE"


def test_a_row_that_is_added_twice_is_one_row(world: World) -> None:
    [first, *_] = world.rows("AccountTeamMember")
    row = {"AccountId": world.account, "UserId": first["UserId"], "TeamMemberRole": "Sales Manager"}
    assert _create(world.soap, "AccountTeamMember", row) == first["Id"]
    assert len(world.rows("AccountTeamMember")) == 2
    assert world.rows("AccountTeamMember")[0]["TeamMemberRole"] == "Sales Manager"


def test_only_a_hand_makes_and_takes_back_shares(world: World) -> None:
    share = {"AccountId": world.account, "UserOrGroupId": world.new, "AccountAccessLevel": "Read",
             "OpportunityAccessLevel": "None", "RowCause": "Team"}  # fmt: skip
    [refused] = world.soap.call(f"<u:create>{world.soap.row(share, 'AccountShare')}</u:create>").rows()
    assert refused["errors"][0]["statusCode"] == "FIELD_INTEGRITY_EXCEPTION"
    team = next(s["Id"] for s in world.rows("AccountShare") if s["RowCause"] == "Team")
    manual = next(s["Id"] for s in world.rows("AccountShare") if s["RowCause"] == "Manual")
    kept, gone = world.soap.call(f"<u:delete><u:ids>{team}</u:ids><u:ids>{manual}</u:ids></u:delete>").rows()
    assert (kept["errors"][0]["statusCode"], gone["success"]) == ("INSUFFICIENT_ACCESS_OR_READONLY", "true")


def test_samples_hold_what_they_are_asked_for_and_nobody_is_twice_on_a_team() -> None:
    seed = Seed(
        accounts=400, reps=20, activities_per_account=0, contacts_per_account=1.5, cases_per_account=0.5,
        with_team=0.5, with_manual_share=0.25, deals_with_team=1.0,
    )  # fmt: skip
    with running("salesforce", seed=seed) as org:
        accounts = {a["Id"]: a["OwnerId"] for a in org.records("Account")}
        members = org.records("AccountTeamMember")
        pairs = {(m["AccountId"], m["UserId"]) for m in members}
        assert len(pairs) == len(members)
        assert 120 < len({account for account, _ in pairs}) < 280
        assert all(accounts[account] != user for account, user in pairs)
        causes = [s["RowCause"] for s in org.records("AccountShare")]
        assert causes.count("Team") == len(members)
        assert 60 < causes.count("Manual") < 200
        assert (len(org.records("Contact")), len(org.records("Case"))) == (600, 200)
        assert len(org.records("OpportunityTeamMember")) >= len(org.records("Opportunity"))
    with running("salesforce", seed=Seed(accounts=20)) as org:
        assert org.records("AccountTeamMember") == org.records("AccountShare") == org.records("Contact") == []
