"""Why one account is where it is: the rules tried on its values, and what the latest plan does with it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rules.explain import Explanation, explain
from rules.telling import render
from sync.errors import SyncError
from sync.log import inert
from sync.outputs import PREFIX
from sync.scratch import scratch
from sync.snapshot import Snapshot
from sync.snapshot import load as load_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from rules.language.ruleset import RuleSet
    from sync.session import Session

MOST = 10
"""Accounts that are named where a search finds several."""


def find_account(snapshot: Snapshot, wanted: str) -> dict[str, Any]:
    """The account's row, by id (15 or 18 characters), website domain or name; SyncError where it is none or several."""

    query = """
        SELECT *, lower(name) = lower($wanted) AS by_name FROM read_parquet($path)
        WHERE id = $wanted OR (length($wanted) = 15 AND left(id, 15) = $wanted)
           OR lower(name) = lower($wanted) OR lower(website) IN (lower($wanted), 'www.' || lower($wanted))
        ORDER BY id LIMIT $most"""
    parameters = {"wanted": wanted, "path": str(snapshot.tables.accounts), "most": MOST + 1}
    with scratch() as con:
        rows = con.sql(query, params=parameters).to_arrow_table().to_pylist()
    if len(rows) == 1:
        return {k: v for k, v in rows[0].items() if k != "by_name"}
    if not rows:
        raise SyncError(
            f"the snapshot has no account with id, domain or name {wanted!r}; it is as of the last pull"
        )
    shown = "\n".join(f"  {row['id']}  {inert(row['name'] or '')}" for row in rows[:MOST])
    more = "\n  ..." if len(rows) > MOST else ""
    raise SyncError(f"{wanted!r} is the name or domain of several accounts; give the id:\n{shown}{more}")


def explain_account(
    session: Session, wanted: str
) -> tuple[dict[str, Any], tuple[Explanation, ...], list[dict[str, Any]]]:
    """The account's row, how the rules decide about it per role, and its rows in the latest plan's assignments."""
    snapshot = load_snapshot(session.snapshots)
    if snapshot is None:
        raise SyncError('nothing was pulled yet; do so with "territory pull"')
    row = find_account(snapshot, wanted)
    rules = session.project.rules()
    raw = {name: row.get(name) for name in rules.fields}
    return row, explain(raw, rules, today_of(session, rules)), _assigned(session, row["id"])


def today_of(session: Session, rules: RuleSet) -> date:
    """The day that it is now in the rule set's time zone."""
    return session.now().astimezone(ZoneInfo(rules.timezone)).date()


def explain_text(session: Session, wanted: str, *, every_rule: bool = False) -> str:
    """The explanation as text."""
    row, explanations, assigned = explain_account(session, wanted)
    owners = _owners(session)
    lines = [
        f"{inert(row['name'] or row['id'])} ({row['id']}), owned by {owners.get(row['owner_id'], 'nobody')}"
    ]
    for explanation in explanations:
        lines += ["", render(explanation, every_rule)]
    for found in assigned:
        owner = owners.get(found["owner_id"], "nobody")
        lines += [
            "",
            f"In the latest plan, as {found['role']}: {found['decision']} ({found['reason_code']}), owner {owner}",
        ]
    return "\n".join(lines) + "\n"


def explain_json(session: Session, wanted: str) -> dict[str, Any]:
    """The same as plain values."""
    row, explanations, assigned = explain_account(session, wanted)
    return {
        "account": {k: v for k, v in row.items() if not k.startswith(PREFIX)},
        "roles": [_plain(e) for e in explanations],
        "latest_plan": assigned,
    }


def _plain(explanation: Explanation) -> dict[str, Any]:
    return {
        "role": explanation.role,
        "rule": explanation.winner.id if explanation.winner else None,
        "territory": explanation.winner.territory if explanation.winner else None,
        "reason": explanation.reason,
        "data_issues": list(explanation.issues),
        "tried": [
            {
                "rule": tried.rule.id,
                "level": tried.rule.level,
                "truth": {True: "true", False: "false", None: "unknown"}[tried.truth],
                "wins": tried.wins,
                "failed": tried.failed,
                "compared": [asdict(comparison) for comparison in tried.compared],
            }
            for tried in explanation.tried
        ],
    }


def _assigned(session: Session, account_id: str) -> list[dict[str, Any]]:
    with session.ledger() as ledger:
        plan_id = ledger.latest_plan()
    path = session.plans / (plan_id or "none")[:12] / "assignments.parquet"
    return _rows(path, account_id) if path.is_file() else []


def _rows(path: Path, account_id: str) -> list[dict[str, Any]]:

    query = "SELECT * FROM read_parquet($path) WHERE account_id = $id"
    with scratch() as con:
        found = con.sql(query, params={"path": str(path), "id": account_id}).to_arrow_table()
    return list(found.to_pylist())


def _owners(session: Session) -> dict[str | None, str]:
    import pyarrow.parquet as pq

    snapshot = load_snapshot(session.snapshots)
    assert snapshot is not None
    table = pq.read_table(snapshot.tables.owners, columns=["id", "name", "email"])
    return {row["id"]: inert(row["name"] or row["email"] or row["id"]) for row in table.to_pylist()}
