"""What a plan says before anybody approves: the calls it takes, and what hangs on accounts that change hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.base import Forecast, Load, Quota, Settings
from sync.report.page import render as page
from sync.report.plan_text import render as text
from sync.stakes import told_quota
from tests.sync.world import LOOSE, NOON, World, make_world


@pytest.fixture
def told() -> list[Load]:
    return []


@pytest.fixture
def world(tmp_path: Path, told: list[Load]) -> World:
    """Twelve accounts of Ana's, of which eight go to Lee and Kim."""
    made = make_world(tmp_path)

    def forecast(settings: Settings, load: Load) -> Forecast:
        told.append(load)
        moved = sum(load.owner_groups)
        return Forecast(
            {"write": moved, "verify": 1}, ("Owners go one by one.",), (f"{moved} moves <b>seen</b>.",)
        )

    made.project = replace(made.project, plugin=replace(made.project.plugin, forecast=forecast))
    for account in made.crm.accounts.values():
        account["owner_id"] = "U-ana"
    return made


def test_moves_are_counted_by_pair_of_owners_and_the_rest_apart(world: World, told: list[Load]) -> None:
    """Four US accounts stay Ana's and only get their fields; four go to each of the others."""
    world.crm.accounts["A01"]["owner_id"] = "U-kim"
    world.plan()
    [load] = told
    assert (load.records, sorted(load.owner_groups)) == (4, [1, 3, 4])


def test_with_owners_last_a_record_that_moves_and_gets_fields_counts_twice(
    world: World, told: list[Load]
) -> None:
    """All twelve get their fields, of which eight move in a write of their own."""
    config = world.project.config
    last = config.apply.model_copy(update={"order": "kpis_first"})
    world.project = replace(world.project, config=config.model_copy(update={"apply": last}))
    world.plan()
    assert (told[-1].records, sum(told[-1].owner_groups)) == (12, 8)


def test_what_hangs_on_an_account_counts_where_the_account_moves_and_the_old_owner_has_it(
    world: World, told: list[Load]
) -> None:
    """A00 stays, A01 moves from Ana to Lee."""
    crm = world.crm
    for number, account in enumerate(("A00", "A01", "A01")):
        crm.members += [
            {"id": f"T{number}", "kind": "account_team", "account_id": account, "user_id": "U-kim"},
            {"id": f"S{number}", "kind": "manual_share", "account_id": account, "user_id": "U-kim"},
        ]
    opportunity = {"account_id": "A01", "owner_id": "U-ana", "closed": False}
    crm.opportunities = [
        {"id": "O1", **opportunity},
        {"id": "O2", **opportunity, "closed": True},
        {"id": "O3", **opportunity, "owner_id": "U-kim"},
        {"id": "O4", **opportunity, "account_id": "A00"},
    ]
    crm.members += [
        {"id": f"M{o['id']}", "kind": "opportunity_team", "opportunity_id": o["id"], "user_id": "U-kim"}
        for o in crm.opportunities
    ]
    task = {"account_id": "A01", "owner_id": "U-ana", "type": "task"}
    crm.activities = [
        {"id": "K1", **task},
        {"id": "K2", **task, "occurred_at": NOON - timedelta(days=1)},
        {"id": "K3", **task, "occurred_at": NOON + timedelta(days=1)},
        {"id": "K4", **task, "owner_id": "U-lee"},
    ]
    crm.children = [
        {"id": "1", "kind": "contact", "account_id": "A01", "owner_id": "U-ana", "count": 7},
        {"id": "2", "kind": "contact", "account_id": "A01", "owner_id": "U-lee", "count": 5},
        {"id": "3", "kind": "contact", "account_id": "A00", "owner_id": "U-ana", "count": 3},
        {"id": "4", "kind": "open_case", "account_id": "A01", "owner_id": "U-ana", "count": 2},
        {"id": "5", "kind": "closed_case", "account_id": "A01", "owner_id": "U-ana", "count": 9},
        {"id": "6", "kind": "open_task", "account_id": "A01", "owner_id": "U-ana", "count": 4},
        {"id": "7", "kind": "open_task", "account_id": "A01", "owner_id": "U-kim", "count": 1},
    ]
    world.plan()
    assert told[-1].at_stake == {
        "account_teams": 1,
        "account_team_members": 2,
        "opportunity_team_members": 1,
        "manual_shares": 2,
        "open_opportunities": 1,
        "open_activities": 2,
        "contacts": 7,
        "open_cases": 2,
        "open_tasks": 4,
        "all_contacts": 12,
        "all_opportunities": 3,
        "all_tasks": 4,
    }


def test_automations_that_a_change_sets_off_are_told_by_name(world: World, told: list[Load]) -> None:
    """Those that are on, and only for fields that this plan writes."""
    owner = world.project.targets(["owner_id"])["owner_id"]
    row = {"name": "Welcome", "enabled": True, "fields": f"industry;{owner}"}
    world.crm.automations = [
        {"id": "1", **row},
        {"id": "2", **row, "name": "Off", "enabled": False},
        {"id": "3", **row, "name": "Other", "fields": f"{owner}_2;city"},
    ]
    world.plan()
    assert told[-1].automations == ("Welcome",)
    world.crm.automations = [{"id": "unreadable"}]
    world.plan()
    assert told[-1].automations is None


def test_the_forecast_is_part_of_the_plan_and_stands_before_the_gate(world: World) -> None:
    """In the text and on the page, with what the CRM says made harmless."""
    plan = world.plan()
    shown = text(plan)
    assert "Carrying it out\n  about 9 calls: verify 1, write 8\n  Owners go one by one.\n" in shown
    assert shown.index("Carrying it out") < shown.index("The gate")
    assert "About 9 calls: verify 1, write 8." in page(plan)
    assert "8 moves &lt;b&gt;seen&lt;/b&gt;." in page(plan)


def test_a_plan_that_changes_nothing_takes_nothing(world: World, told: list[Load]) -> None:
    world.enact(world.plan())
    again = world.plan()
    assert told[-1] == Load(0, (), told[-1].at_stake)
    assert "Carrying it out" not in text(again)


def test_an_undo_tells_its_calls_too(world: World, told: list[Load]) -> None:
    from sync.undo import plan_undo

    run = world.enact(world.plan()).run
    with world.session().ledger() as ledger:
        undo = plan_undo(world.session(), ledger, run)
    assert sorted(told[-1].owner_groups) == [4, 4]
    assert told[-1].at_stake == {}
    assert undo.forecast["calls"] == {"write": 8, "verify": 1}


@pytest.mark.parametrize(("most", "refused"), [(8, False), (7, True), (None, False)])
def test_an_owner_is_not_crowded_beyond_what_the_crm_bears(
    tmp_path: Path, most: int | None, refused: bool
) -> None:
    """Kim has four and gets four of Lee's: eight."""
    rules = make_world(tmp_path).folder.joinpath("rules.yaml").read_text().replace("lee@", "kim@")
    world = make_world(tmp_path, rules=rules, limits=LOOSE)
    world.project = replace(world.project, plugin=replace(world.project.plugin, crowded_owner=most))
    for account in world.crm.accounts.values():
        account["owner_id"] = {"US": "U-ana", "DE": "U-lee", "FR": "U-kim"}[str(account["country"])]
    found = {b.name: b.message for b in world.plan().breaches}
    assert ("crowded-owner" in found) is refused
    if refused:
        assert "1 owner(s) would gain accounts and have more than 7" in found["crowded-owner"]
        assert "kim@example.com 8" in found["crowded-owner"]


@pytest.mark.parametrize(("most", "warned"), [(8, True), (9, True), (10, False), (7, False)])
def test_who_comes_close_to_what_the_crm_bears_is_told_before_the_gate_stops_it(
    tmp_path: Path, most: int, warned: bool
) -> None:
    """Kim gets to eight, which is more than 80 % of 8 and 9, and not of 10; beyond 7 it is a breach."""
    rules = make_world(tmp_path).folder.joinpath("rules.yaml").read_text().replace("lee@", "kim@")
    world = make_world(tmp_path, rules=rules, limits=LOOSE)
    world.project = replace(world.project, plugin=replace(world.project.plugin, crowded_owner=most))
    for account in world.crm.accounts.values():
        account["owner_id"] = {"US": "U-ana", "DE": "U-lee", "FR": "U-kim"}[str(account["country"])]
    said = f"1 owner(s) come close to the {most:,} accounts that trouble the CRM: kim@example.com 8."
    assert (said in text(world.plan())) is warned


def test_an_owner_who_only_loses_is_never_crowded(tmp_path: Path) -> None:
    """The way out of the crowd is not barred."""
    world = make_world(tmp_path)
    world.project = replace(world.project, plugin=replace(world.project.plugin, crowded_owner=4))
    for account in world.crm.accounts.values():
        account["owner_id"] = "U-ana"
    assert {b.name for b in world.plan().breaches} == set()


@pytest.mark.parametrize(
    ("calls", "quota", "said"),
    [
        (0, Quota(100, 50), ""),
        (10, Quota(), ""),
        (
            30,
            Quota(100, 50),
            "It takes about 30 calls; 50 of the day's 100 calls are left, of which 20% stay untouched",
        ),
        (31, Quota(100, 50), "It takes about 31 calls and may use 30: 50 of the day's 100 calls are left"),
        (1, Quota(100, 10), "It takes about 1 calls and may use 0: 10 of"),
    ],
)
def test_whether_the_day_has_calls_enough_is_said_with_its_arithmetic(
    calls: int, quota: Quota, said: str
) -> None:
    told = told_quota(calls, quota, 0.2)
    assert told.startswith(said) and bool(told) is bool(said)
