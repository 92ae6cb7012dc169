"""A project whose rules hold, follow, except, band and share, and a snapshot of odd accounts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.records import RecordKind
from connectors.tables import SCHEMAS
from sync.config import load_project
from sync.session import Session

DAY = date(2026, 11, 23)
RULES = """\
version: 1
as_of: {timezone: UTC}
missing_values: ["", "N/A"]
levels: [named, holdout, family, segment, geography, catch_all]
family: {parent_field: parent_id, most_levels: 4}
pods:
  us: {members: [ana@example.com, lee@example.com, gone@example.com]}
reps:
  lee@example.com: {away: [{from: 2026-11-20, until: 2026-12-01}]}
derived:
  open_deals: {opportunities: count, where: {closed: false}}
  size: {of: employees, bands: [{name: small}, {name: mid, from: 200, up: 220, down: 180}, {name: large, from: 2000}]}
  family_employees: {family: sum, field: employees}
exceptions:
  - account: "0010000000000000A5"
    keep: true
    author: vp@example.com
    reason: Merger talks
    from: 2026-11-01
    until: 2026-12-31
rules:
  - {id: strategic, level: named, when: {annual_revenue: {from: 1000000000}}, assign: {territory: strategic, owner: kim@example.com}}
  - {id: hot-deal, level: holdout, when: {open_deals: {from: 2}}, keep: {at_most_days: 30}}
  - {id: with-parent, level: family, when: {}, follow: ultimate_parent}
  - {id: huge, level: segment, when: {family_employees: {from: 5000}}, assign: {territory: huge, owner: kim@example.com}}
  - {id: mid, level: segment, when: {size: mid, country: DE}, if_unknown: review, assign: {territory: de.mid, owner: ana@example.com}}
  - {id: us, level: geography, when: {country: US}, mode: only_unassigned, assign: {territory: us, pod: us}}
  - {id: de, level: geography, when: {country: DE}, assign: {territory: de, owner: ana@example.com}}
  - {id: rest, level: catch_all, when: {}, assign: {territory: rest}}
"""
CONFIG = "version: 1\ncrm: {kind: files, folder: exports, accounts: accounts.csv, owners: owners.csv}\n"
OWNERS = [
    {"id": "U1", "name": "Ana Silva", "email": "ana@example.com", "active": True},
    {"id": "U2", "name": "Lee Chen", "email": "lee@example.com", "active": True},
    {"id": "U3", "name": "Kim Berg", "email": "kim@example.com", "active": True},
    {"id": "U4", "name": "Gone", "email": "gone@example.com", "active": False},
]


def account_id(number: int) -> str:
    """Eighteen characters, as Salesforce has them."""
    return f"0010000000000000A{number}" if number < 10 else f"00100000000000{number:04}"


def made(folder: Path, accounts: int = 240, rules: str = RULES) -> Session:
    """The session of a project in the folder, at noon of the day."""
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    (folder / "exports").mkdir(exist_ok=True)
    snapshot = folder / "state" / "snapshots" / "made"
    snapshot.mkdir(parents=True)
    random = Random(11)
    rows = {
        RecordKind.ACCOUNTS: [_account(random, number, accounts) for number in range(accounts)],
        RecordKind.OWNERS: [{**owner, "person": True, "deleted": False} for owner in OWNERS],
        RecordKind.OPPORTUNITIES: [_deal(random, number, accounts) for number in range(accounts)],
        RecordKind.ACTIVITIES: [],
    }
    for kind, found in rows.items():
        found.sort(key=lambda row: str(row["id"]))
        pq.write_table(
            pa.Table.from_pylist(found, SCHEMAS[kind]), snapshot / f"{kind}.parquet", row_group_size=50
        )
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    told = {"id": "made", "rows": {}, "watermarks": {}, "pulled_at": noon.isoformat(), "whole_at": noon.isoformat(),
            "mapping": "", "source": "files"}  # fmt: skip
    (snapshot.parent / "latest.json").write_text(json.dumps(told), encoding="utf-8")
    return Session(load_project(folder / "config.yaml"), now=lambda: noon, actor="tester")


def _account(random: Random, number: int, accounts: int) -> dict[str, object]:
    circle = {10: account_id(11), 11: account_id(10)}
    parent = circle.get(number) or random.choice(
        [None, None, None, "N/A", account_id(random.randrange(accounts)), "lost"]
    )
    return {
        "id": account_id(number),
        "name": f"Company {number}",
        "owner_id": "U1" if number == 5 else random.choice([None, "U1", "U2", "U3", "U4", "stranger"]),
        "parent_id": parent,
        "country": random.choice(["USA", "Deutschland", "DE", "Atlantis", None, "FR"]),
        "employees": random.choice([None, 0, 150, 190, 200, 210, 219, 220, 1999, 2000, 40]),
        "annual_revenue": 1.0 if number in circle else random.choice([None, 5e6, 1e9, 2e9, 1.0, 2.0]),
        "deleted": False,
    }


def _deal(random: Random, number: int, accounts: int) -> dict[str, object]:
    return {
        "id": f"D{number:05}",
        "account_id": account_id(random.randrange(accounts // 3)),
        "closed": random.choice([True, False, False, None]),
        "won": False,
        "amount": 100.0,
        "deleted": False,
    }
