"""Nights that keep the CRM's own territories: what is ours follows the rules, what is a person's stays."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sync.errors import ConfigProblem, GateRefused
from sync.ledger import WriteState
from sync.plan import Plan
from sync.report import page, plan_text
from sync.run import Enacted, night, propose, pull, resume
from sync.undo import plan_undo
from tests.e2e.killed_apply import apply_and_die
from tests.e2e.projects import Site, site

ASSOCIATION, MEMBER = "ObjectTerritory2Association", "UserTerritory2Association"
RULES = """
version: 1
as_of: {timezone: UTC}
levels: [geography, catch_all]
pods:
  east: {members: [rep3@example.com, rep4@example.com], by: equal}
rules:
  - {id: us, level: geography, when: {country: US}, assign: {territory: us.east, role: AE, pod: east}}
  - {id: rest, level: catch_all, when: {country: {is_missing: false}}, assign: {territory: rest, role: AE, owner: rep5@example.com}}
"""
OUTPUTS = """
outputs:
  owner: false
  fields: {}
  territories: {names: {rest: Worldwide}, users: USERS}
limits: {territory_changes: 100000, unassigned_share: 1, empty_levels: true, catch_all_growth: 1, unsound_rules: true}
"""


class Territories:
    """A project that keeps territories in a local org, and the person who works there too."""

    def __init__(self, made: Site) -> None:
        self.site, self.crm = made, made.crm
        [model] = [m["Id"] for m in self.crm.records("Territory2Model") if m["State"] == "Active"]
        self.ids = {
            t["DeveloperName"]: t["Id"]
            for t in self.crm.records("Territory2")
            if t["Territory2ModelId"] == model
        }

    def rows(self, object: str = ASSOCIATION) -> list[dict[str, Any]]:
        names = {id: name for name, id in self.ids.items()}
        return [
            {**row, "name": names[row["Territory2Id"]]}
            for row in self.crm.records(object)
            if not row.get("IsDeleted")
        ]

    def where(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in self.rows():
            found.setdefault(row["ObjectId"], set()).add(row["name"])
        return found

    def members(self) -> set[tuple[str, str]]:
        mails = {user["Id"]: user["Email"] for user in self.crm.records("User")}
        return {(mails[row["UserId"]], row["name"]) for row in self.rows(MEMBER)}

    def by_hand(self, account: str, territory: str) -> None:
        values = {
            "ObjectId": account,
            "Territory2Id": self.ids[territory],
            "AssociationCause": "Territory2Manual",
        }
        self.crm.edit(ASSOCIATION, "new", values)

    def take_out(self, account: str, territory: str) -> None:
        [row] = [r for r in self.rows() if (r["ObjectId"], r["name"]) == (account, territory)]
        self.crm.edit(ASSOCIATION, row["Id"], {"IsDeleted": True})

    def night(self) -> tuple[Plan, Enacted | None]:
        with self.site.open() as (session, ledger, connector):
            return night(session, ledger, connector, write=True)

    def rename(self, old: str, new: str) -> None:
        rules = self.site.folder / "rules.yaml"
        rules.write_text(rules.read_text().replace(old, new))

    def changed(self) -> int:
        return len(self.crm.history(ASSOCIATION)) + len(self.crm.history(MEMBER))


@contextmanager
def territories(folder: Path, *, users: bool = False, accounts: int = 60) -> Iterator[Territories]:
    with site("salesforce", folder, accounts=accounts, activities=0.1) as made:
        made.crm.settings(territory_management=True)
        (made.folder / "rules.yaml").write_text(RULES)
        config = made.config.read_text() + OUTPUTS.replace("USERS", str(users).lower())
        made.config.write_text(config)
        yield Territories(made)


@pytest.fixture
def etm(tmp_path: Path) -> Iterator[Territories]:
    with territories(tmp_path, users=True) as made:
        yield made


def test_a_night_puts_everybody_where_the_rules_say_and_the_next_one_writes_nothing(etm: Territories) -> None:
    plan, enacted = etm.night()
    assert enacted is not None
    assert set(enacted.counts) == {WriteState.APPLIED}
    assert enacted.verified.differing == ()
    placed = plan.summary["memberships"]
    where = etm.where()
    assert placed["accounts"] == {"changed": len(where), "added": len(where), "removed": 0}
    assert set().union(*where.values()) == {"US_East", "Worldwide"}
    assert etm.members() == {
        ("rep3@example.com", "US_East"),
        ("rep4@example.com", "US_East"),
        ("rep5@example.com", "Worldwide"),
    }
    text = plan_text.render(plan)
    assert "Territories in the CRM" in text
    assert "Territories in the CRM" in page.render(plan)
    assert f"Territories of {len(where):,} accounts and 3 users" in text
    calls = plan.forecast["calls"]
    assert (calls["territory_create"], calls["query"]) == (2, 8)
    before = etm.changed()
    again, second = etm.night()
    assert again.is_empty
    assert second is None
    assert etm.changed() == before


def test_a_plan_without_a_pull_knows_what_the_run_before_it_wrote(etm: Territories) -> None:
    etm.night()
    from sync import snapshot as snapshots

    with etm.site.open() as (session, ledger, _):
        kept = snapshots.load(session.snapshots)
        assert kept is not None
        plan = propose(session, ledger, kept)
    assert plan.is_empty
    assert plan.summary["held"] == 0


def test_a_persons_membership_survives_moves_and_counts_where_the_rules_want_it(etm: Territories) -> None:
    etm.night()
    where = etm.where()
    east = sorted(id for id, names in where.items() if names == {"US_East"})
    etm.by_hand(east[0], "Strategic")
    etm.by_hand(east[1], "US_West")
    etm.rename("us.east", "us.west")
    plan, enacted = etm.night()
    assert enacted is not None
    assert set(enacted.counts) == {WriteState.APPLIED}
    assert plan.summary["memberships"]["accounts"]["removed"] == len(east)
    now = etm.where()
    assert now[east[0]] == {"US_West", "Strategic"}
    assert all(now[id] == {"US_West"} for id in east[1:])
    mine = {
        r["ObjectId"] for r in etm.rows() if r["name"] == "US_West" and r["LastModifiedById"] != _admin(etm)
    }
    assert mine == set(east) - {east[1]}, "where a person put it already, nothing of ours is needed"


def _admin(etm: Territories) -> str:
    return str(next(u["Id"] for u in etm.crm.records("User") if u["Email"] == "admin@example.com"))


def test_what_a_person_took_away_is_held_until_it_is_released(etm: Territories) -> None:
    etm.night()
    account = min(id for id, names in etm.where().items() if names == {"US_East"})
    etm.take_out(account, "US_East")
    plan, enacted = etm.night()
    assert enacted is None
    [held] = [row for row in plan.changes().to_pylist() if row["action"] == "held"]
    assert held["record_id"] == account
    assert "taken out of US_East" in held["note"]
    assert account not in etm.where()
    with etm.site.open() as (session, ledger, _):
        ledger.release([account], at=session.now(), by="tester")
    etm.night()
    assert etm.where()[account] == {"US_East"}


def test_a_run_is_taken_back_and_other_peoples_rows_stay(etm: Territories) -> None:
    etm.night()
    account = min(etm.where())
    etm.by_hand(account, "Strategic")
    with etm.site.open() as (session, ledger, _):
        undo = plan_undo(session, ledger, ledger.last_runs(1)[0])
    done = etm.site.enact(undo)
    assert set(done.counts) == {WriteState.APPLIED}
    assert etm.where() == {account: {"Strategic"}}
    assert etm.members() == set()


def test_a_territory_that_the_org_lacks_stops_the_night_and_says_which(etm: Territories) -> None:
    etm.rename("us.east", "us.south")
    with pytest.raises(GateRefused, match="territory-missing"):
        etm.night()
    plan = etm.site.plan()
    [breach] = plan.breaches
    assert "us.south as us_south" in breach.message
    etm.site.accept(plan)
    etm.site.enact(plan)
    assert set().union(*etm.where().values()) == {"Worldwide"}, "accepted, the others are placed"


def test_many_changes_stop_the_night(etm: Territories) -> None:
    config = etm.site.config
    config.write_text(config.read_text().replace("territory_changes: 100000", "territory_changes: 5"))
    with pytest.raises(GateRefused, match="territory-changes"):
        etm.night()
    assert etm.where() == {}


def test_an_account_that_no_rule_places_any_more_stays_where_it_is(etm: Territories) -> None:
    etm.night()
    before = etm.where()
    etm.rename("country: {is_missing: false}", "country: JP")
    plan, _ = etm.night()
    assert plan.summary["decisions"]["unassigned"] > 0
    assert etm.where() == before


def test_a_crm_without_territories_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with site("hubspot", tmp_path, accounts=20, activities=0.1) as made:
        made.config.write_text(made.config.read_text() + "outputs: {territories: {}}\n")
        with made.open() as (session, _, connector), pytest.raises(ConfigProblem, match="hubspot keeps none"):
            pull(session, connector)


CHILDREN = multiprocessing.get_context("forkserver")


def die_and_resume(etm: Territories, point: int) -> bool:
    """Move everybody, die at that point, resume by one command; False when no such point is left."""
    plan = etm.site.plan()
    etm.site.accept(plan)
    assert not plan.is_empty
    arguments = (etm.site.config, dict(os.environ), plan.id, point, True)
    child = CHILDREN.Process(target=apply_and_die, args=arguments)
    child.start()
    child.join(120)
    if child.exitcode == 0:
        return False
    assert child.exitcode == -9
    with etm.site.open() as (session, ledger, connector):
        resume(session, ledger, connector)
        run = ledger.run_of_plan(plan.id)
        assert ledger.unfinished() is None
    if run is None:
        etm.site.enact(plan)
    return True


def _move_and_die(etm: Territories, point: int) -> bool:
    names = (
        ("us.east", "us.west")
        if "us.east" in (etm.site.folder / "rules.yaml").read_text()
        else ("us.west", "us.east")
    )
    placed = {
        id for id, found in etm.where().items() if "Strategic" not in found and "Worldwide" not in found
    }
    etm.rename(*names)
    first = len(etm.crm.history(ASSOCIATION))
    died = die_and_resume(etm, point)
    wanted = {"us.east": "US_East", "us.west": "US_West"}[names[1]]
    where = etm.where()
    assert all(where[id] == {wanted} for id in placed), f"point {point}: not where the rules say"
    made = [
        row["id"]
        for row in etm.crm.history(ASSOCIATION)[first:]
        if row["field"] == "Id" and row["old"] is None
    ]
    assert len(made) == len(placed), f"point {point}: made twice or not at all"
    return died


def test_killed_between_create_and_delete_everybody_still_ends_in_the_right_set(tmp_path: Path) -> None:
    """Points inside the one batch: before and after the call that creates, and the one that deletes."""
    with territories(tmp_path) as etm:
        etm.night()
        for point in (7, 8, 9, 10):
            assert _move_and_die(etm, point)


@pytest.mark.slow
def test_killed_at_every_point_of_moving_everybody_ends_in_the_right_set(tmp_path: Path) -> None:
    with territories(tmp_path, users=True) as etm:
        etm.night()
        point = 1
        while _move_and_die(etm, point):
            point += 1
        assert point > 12
