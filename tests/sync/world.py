"""A project of three reps and a dozen accounts on the CRM in memory, for tests of the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.base import Plugin, Settings
from connectors.mapping import FieldMap, MappedField
from connectors.records import RecordKind
from sync.config import Config, Project
from sync.ledger import Ledger
from sync.plan import Plan
from sync.run import Enacted, enact, propose, pull
from sync.session import Session
from tests.sync.fake_crm import FakeCrm

RULES = """
version: 1
as_of: {timezone: UTC}
levels: [geography, catch_all]
rules:
  - {id: us, level: geography, when: {country: US}, assign: {territory: us, owner: ana@example.com}}
  - {id: de, level: geography, when: {country: DE}, assign: {territory: de, owner: lee@example.com}}
  - {id: rest, level: catch_all, when: {country: {is_missing: false}}, assign: {territory: rest, owner: kim@example.com}}
workload:
  tier: {field: employees, bands: [{tier: A, from: 100}, {tier: B, below: 100}]}
  tiers: {A: {touches: 12, hours_per_touch: 1}, B: {touches: 2, hours_per_touch: 1}}
  default_tier: B
"""
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class FakeSettings(Settings):
    """The fake CRM has nothing to set but its name."""

    @property
    def expected_id(self) -> str:
        return "fake"


def fake_fields() -> FieldMap:
    """The standard columns that the fake CRM has."""
    return FieldMap({RecordKind.ACCOUNTS: (MappedField("id", "id"), MappedField("owner_id", "owner"))})


@dataclass
class World:
    """A folder, a CRM and a clock that moves when it is told."""

    folder: Path
    crm: FakeCrm
    project: Project
    time: datetime = NOON
    options: Mapping[str, object] = field(default_factory=dict)

    def session(self) -> Session:
        return Session(self.project, now=lambda: self.time, actor="tester")

    def ledger(self) -> Ledger:
        return Ledger(self.project.state / "ledger.sqlite")

    def plan(self) -> Plan:
        """Pull and propose."""
        with self.session().ledger() as ledger:
            return propose(self.session(), ledger, pull(self.session(), self.crm).snapshot)

    def enact(self, plan: Plan) -> Enacted:
        """Carry a plan out."""
        with self.session().ledger() as ledger:
            return enact(self.session(), ledger, plan, self.crm)

    def later(self, **much: float) -> None:
        """Move the clock."""
        self.time += timedelta(**much)

    def owner(self, account: str) -> object:
        """Who owns an account in the CRM now."""
        return self.crm.accounts[account].get("owner_id")


LOOSE = {
    "moves": 1000,
    "moved_share": 1,
    "rep_lost_share": 1,
    "rep_gained_share": 1,
    "unassigned_share": 1,
    "catch_all_growth": 1,
    "empty_levels": True,
}
"""Limits that never refuse, for tests of everything but the gate."""


def make_world(
    folder: Path, *, rules: str = RULES, limits: Mapping[str, object] = LOOSE, **options: object
) -> World:
    """Twelve accounts in three countries that nobody owns, three reps."""
    (folder / "rules.yaml").write_text(rules)
    plugin = Plugin("fake", FakeSettings, fake_fields, lambda name: name, lambda settings, fields: crm)
    config = Config.model_validate(
        {"version": 1, "crm": {"kind": "fake"}, "writes": "enabled", "limits": dict(limits), **options}
    )
    project = Project(config, folder / "config.yaml", plugin, FakeSettings(kind="fake"))
    crm = FakeCrm(project.field_map())
    for name in ("ana", "lee", "kim"):
        crm.owners[f"U-{name}"] = {"name": name.title(), "email": f"{name}@example.com"}
    for number in range(12):
        crm.accounts[f"A{number:02}"] = {
            "name": f"Account {number}",
            "country": ("US", "DE", "FR")[number % 3],
            "employees": number * 20,
        }
    return World(folder, crm, project)
