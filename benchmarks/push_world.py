"""A local Salesforce with teams, shares and children, and plans against it, carried out as a night does.

The org is asked afterwards what became of everything: its records and its change history, never our ledger.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.base import Connector
from connectors.mapping import FieldRole, FieldType, MappedField
from connectors.records import RecordKind
from connectors.salesforce import SalesforceSettings, plugin
from connectors.salesforce.connector import SalesforceConnector
from connectors.sandbox import Seed, running
from sync.apply import Applier, Verified
from sync.diff import COLUMNS
from sync.ledger import Ledger, WriteState
from sync.plan import Plan, store

SCORE = MappedField("score", "Score__c", FieldType.NUMBER, FieldRole.OUTPUT)
Change = tuple[str, str, str | None, str]
"""Record, column, before, after."""


@contextmanager
def org(accounts: int, reps: int) -> Iterator[Any]:
    """An org in which every second account has a team; contacts, cases, deals and manual shares abound."""
    seed = Seed(
        accounts=accounts,
        reps=reps,
        seed=7,
        activities_per_account=0.5,
        contacts_per_account=1.0,
        cases_per_account=0.5,
        with_team=0.5,
        with_manual_share=0.2,
    )
    with running("salesforce", seed=seed, fields=[("Account", "Score__c", "Number")]) as crm:
        for name in ("client_id", "client_secret"):
            os.environ[f"PUSH_{name.upper()}"] = crm.credentials[name]
        yield crm


def connect(crm: Any, **changes: Any) -> SalesforceConnector:
    """A connection of its own, with the defaults but for these settings."""
    secrets = {name: {"env": f"PUSH_{name.upper()}"} for name in ("client_id", "client_secret")}
    settings = SalesforceSettings.model_validate(
        {
            "org_id": crm.credentials["org_id"],
            "instance_url": crm.url,
            "local": True,
            "login": {"method": "client_credentials", **secrets},
            **changes,
        }
    )
    return SalesforceConnector(settings, plugin.default_fields().with_fields(RecordKind.ACCOUNTS, [SCORE]))


@dataclass(frozen=True, slots=True)
class Pushed:
    """What carrying out one plan took; the calls are all that were made after logging in."""

    calls: Mapping[str, int]
    seconds: float
    states: Mapping[WriteState, int]
    verified: Verified

    @property
    def total(self) -> int:
        """HTTP calls that count against the day's limit."""
        return sum(count for kind, count in self.calls.items() if kind != "login")


def push(connector: Connector, changes: Sequence[Change], folder: Path) -> Pushed:
    """Carry out these changes as a run does: through the ledger, in its order and batches, verified."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = _plan(changes, folder)
    ledger = Ledger(folder / "ledger.db")
    applier = Applier(connector, ledger, lambda: datetime.now(UTC))
    try:
        now = datetime.now(UTC)
        planned = applier.plan_writes(plan, owner_last=False)
        ledger.record_plan(plan.id, at=now, author="benchmark", header={})
        ledger.begin_run("run", plan.id, kind="sync", at=now, actor="benchmark", planned=planned)
        began = time.perf_counter()
        applier.run("run", plan)
        verified = applier.verify("run", plan)
        seconds = time.perf_counter() - began
        return Pushed(connector.calls(), seconds, ledger.counts("run"), verified)
    finally:
        ledger.close()


def _plan(changes: Sequence[Change], folder: Path) -> Plan:
    rows = [
        dict.fromkeys(COLUMNS)
        | {
            "record_id": record,
            "field": field,
            "before": before,
            "after": after,
            "action": "change",
            "family": record,
        }
        for record, field, before, after in changes
    ]
    fields = {field for _, field, _, _ in changes}
    types = {"owner_id": str(FieldType.TEXT), "score": str(FieldType.NUMBER)}
    header: dict[str, Any] = {
        "kind": "sync",
        "crm": "salesforce",
        "org": "",
        "as_of": "2026-03-01",
        "bindings": {"snapshot": "", "rules": "", "config": "", "ledger": ""},
        "fields": {name: types[name] for name in fields},
        "targets": {},
        "breaches": [],
        "forecast": {},
        "summary": {"records": len({record for record, *_ in changes})},
    }
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    return store(folder, header, pa.Table.from_pylist(rows, schema))


# -- owner changes


def handed_on(crm: Any, count: int) -> list[Change]:
    """`count` accounts of active reps, each to one of the two reps that follow its owner."""
    people = sorted(r["Id"] for r in crm.records("User") if r["IsActive"] and r["Email"].startswith("rep"))
    place = {id: number for number, id in enumerate(people)}
    changes: list[Change] = []
    for number, record in enumerate(crm.records("Account")):
        if record["OwnerId"] in place and len(changes) < count:
            heir = people[(place[record["OwnerId"]] + 1 + number % 2) % len(people)]
            changes.append((record["Id"], "owner_id", record["OwnerId"], heir))
    return changes


def cheapest(changes: Sequence[Change]) -> int:
    """The fewest calls that keep teams: 200 accounts of one old and one new owner a call."""
    pairs = Counter((before, after) for _, _, before, after in changes)
    return sum(-(-size // 200) for size in pairs.values())


class Belongings:
    """What hangs on accounts, as the org holds it at one moment."""

    def __init__(self, crm: Any) -> None:
        self.accounts = {r["Id"]: r["OwnerId"] for r in crm.records("Account")}
        self.teams = {
            (m["AccountId"], m["UserId"], m["TeamMemberRole"]) for m in crm.records("AccountTeamMember")
        }
        self.shares = {r["AccountId"] for r in crm.records("AccountShare") if r["RowCause"] == "Manual"}
        self.children = {
            (kind, r["Id"]): (r[link], r["OwnerId"], bool(r.get("IsClosed")))
            for kind, link in (
                ("Opportunity", "AccountId"),
                ("Contact", "AccountId"),
                ("Case", "AccountId"),
                ("Task", "WhatId"),
            )
            for r in crm.records(kind)
        }


def broken(
    before: Belongings, after: Belongings, changes: Sequence[Change], moving: Sequence[str]
) -> list[str]:
    """Every way in which the org is not as the policy says: teams kept, open children of these objects moved."""
    pairs = {record: (old, new) for record, _, old, new in changes}
    wrong = [
        f"account {id} is with {after.accounts[id]}"
        for id, (_, new) in pairs.items()
        if after.accounts[id] != new
    ]
    wrong += [f"team member lost or gained: {one}" for one in before.teams ^ after.teams]
    wrong += [f"manual share of {id}" for id in after.shares & pairs.keys()]
    wrong += [f"manual share of {id} lost" for id in before.shares - after.shares - pairs.keys()]
    for (kind, id), (account, owner, closed) in before.children.items():
        old, new = pairs.get(account, (None, None))
        goes = kind in moving and owner == old and not (closed and kind != "Contact")
        if after.children[kind, id][1] != (new if goes else owner):
            wrong.append(f"{kind} {id} of {owner} is with {after.children[kind, id][1]}")
    return wrong


def changed_more_than_once(crm: Any, changes: Sequence[Change]) -> list[str]:
    """Accounts whose owner the org's history shows to have changed more often than planned, or never."""
    seen = Counter(
        r["id"] for r in crm.history("Account") if r["field"] == "OwnerId" and r["old"] is not None
    )
    return [record for record, *_ in changes if seen[record] != 1]
