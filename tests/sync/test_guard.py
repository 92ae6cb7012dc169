"""Each limit: what passes it, what exceeds it, and the arithmetic that the message carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sync.approve import approve
from sync.plan import Plan
from tests.sync.world import LOOSE, RULES, World, make_world


def breaches(plan: Plan) -> dict[str, str]:
    return {breach.name: breach.message for breach in plan.breaches}


def owned_world(folder: Path, limits: Mapping[str, object], rules: str = RULES) -> World:
    """A world in which every account has the owner of its rule already."""
    world = make_world(folder, limits={**LOOSE, **limits}, rules=rules)
    for account in world.crm.accounts.values():
        account["owner_id"] = {"US": "U-ana", "DE": "U-lee", "FR": "U-kim"}[str(account["country"])]
    return world


@pytest.mark.parametrize(
    ("moved", "limits", "expected"),
    [
        (2, {"moves": 2}, {}),
        (3, {"moves": 2}, {"moves": "3 of 12 accounts change owner (limit 2)"}),
        (3, {"moved_share": 0.25}, {}),
        (4, {"moved_share": 0.25}, {"moved-share": "4 of 12 accounts change owner: 33.3% (limit 25%)"}),
    ],
)
def test_moves_in_all(
    tmp_path: Path, moved: int, limits: Mapping[str, object], expected: Mapping[str, str]
) -> None:
    world = owned_world(tmp_path, limits)
    for account in list(world.crm.accounts.values())[:moved]:
        account["owner_id"] = None
    assert breaches(world.plan()) == expected


def test_a_small_set_has_no_hole(tmp_path: Path) -> None:
    """One move of two accounts is half of them, however few they are."""
    world = owned_world(tmp_path, {"moved_share": 0.05})
    world.crm.accounts = dict(list(world.crm.accounts.items())[:2])
    world.crm.accounts["A00"]["owner_id"] = None
    assert "1 of 2 accounts change owner: 50.0% (limit 5%)" in breaches(world.plan())["moved-share"]


def test_what_one_rep_loses_is_measured_on_the_reps_own_book(tmp_path: Path) -> None:
    world = owned_world(tmp_path, {"rep_lost_share": 0.25})
    world.crm.accounts["A01"]["owner_id"] = "U-ana"
    assert breaches(world.plan()) == {}
    world.crm.accounts["A04"]["owner_id"] = "U-ana"
    assert "ana@example.com 2 of 6 (33%)" in breaches(world.plan())["rep-lost"]


def test_accounts_that_leave_somebody_inactive_are_nobodys_loss(tmp_path: Path) -> None:
    world = owned_world(tmp_path, {"rep_lost_share": 0.25})
    world.crm.owners["U-gone"] = {"name": "Gone", "email": "gone@example.com", "active": False}
    for account in world.crm.accounts.values():
        account["owner_id"] = "U-gone"
    assert breaches(world.plan()) == {}


def test_what_one_rep_gains_is_measured_on_all_accounts(tmp_path: Path) -> None:
    world = owned_world(tmp_path, {"rep_gained_share": 0.1})
    world.crm.accounts["A00"]["owner_id"] = None
    assert breaches(world.plan()) == {}
    world.crm.accounts["A03"]["owner_id"] = None
    assert "ana@example.com 2 of 12 (17%)" in breaches(world.plan())["rep-gained"]


def test_accounts_without_any_owner_are_too_many(tmp_path: Path) -> None:
    world = owned_world(tmp_path, {"unassigned_share": 0.2})
    for name in ("A00", "A01", "A02"):
        world.crm.accounts[name]["country"] = None
    assert (
        "3 of 12 accounts get no owner: 25.0% (limit 20%): no_rule 3" in breaches(world.plan())["unassigned"]
    )


def test_a_level_that_matches_nothing_is_named(tmp_path: Path) -> None:
    rules = RULES.replace("levels: [geography, catch_all]", "levels: [named, geography, catch_all]").replace(
        "rules:\n",
        "rules:\n  - {id: big, level: named, when: {employees: {from: 99999}}, assign: {territory: big, owner: ana@example.com}}\n",
    )
    world = owned_world(tmp_path, {"empty_levels": False}, rules)
    assert "level named" in breaches(world.plan())["empty-level"]


def test_growth_of_the_catch_all_is_measured_from_the_last_applied_plan(tmp_path: Path) -> None:
    world = owned_world(tmp_path, {"catch_all_growth": 0.05})
    world.crm.accounts["A00"]["owner_id"] = None
    first = world.plan()
    assert breaches(first) == {}
    with world.session().ledger() as ledger:
        approve(ledger, first, by="kim", at=world.time, accept=[])
    world.enact(first)
    world.later(hours=24)
    for name in ("A00", "A01"):
        world.crm.accounts[name]["country"] = "PT"
    assert (
        "level catch_all takes 6 of 12 accounts (50.0%), 16.7% of all"
        in breaches(world.plan())["catch-all-growth"]
    )
