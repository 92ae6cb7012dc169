"""What a plan asks of the CRM and what hangs on the accounts that change hands, counted from the snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.base import Load
from connectors.records import UNREADABLE, RecordKind
from sync.territories.breaches import member_counts
from sync.territories.changes import SETS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from connectors.base import Forecast, Quota
    from sync.config import Project
    from sync.snapshot import Snapshot

_TABLES = (
    RecordKind.ACCOUNTS,
    RecordKind.OWNERS,
    RecordKind.OPPORTUNITIES,
    RecordKind.ACTIVITIES,
    RecordKind.MEMBERS,
    RecordKind.CHILDREN,
    RecordKind.AUTOMATIONS,
)
_MOVED = """moved AS (SELECT record_id AS id, before, after FROM changes
             WHERE field = 'owner_id' AND action = 'change')"""
_AT_STAKE = {
    "account_teams": "SELECT count(DISTINCT account_id) FROM members SEMI JOIN moved ON account_id = moved.id "
    "WHERE kind = 'account_team'",
    "account_team_members": "SELECT count(*) FROM members SEMI JOIN moved ON account_id = moved.id "
    "WHERE kind = 'account_team'",
    "opportunity_team_members": "SELECT count(*) FROM members SEMI JOIN "
    "(SELECT o.id FROM opportunities o JOIN moved m ON m.id = o.account_id AND m.before = o.owner_id WHERE NOT coalesce(o.closed, false)) o "
    "ON opportunity_id = o.id WHERE kind = 'opportunity_team'",
    "manual_shares": "SELECT count(*) FROM members SEMI JOIN moved ON account_id = moved.id "
    "WHERE kind = 'manual_share'",
    "open_opportunities": "SELECT count(*) FROM opportunities o JOIN moved m ON m.id = o.account_id AND m.before = o.owner_id "
    "WHERE NOT coalesce(o.closed, false)",
    "open_activities": "SELECT count(DISTINCT a.id) FROM activities a JOIN moved m ON m.id = a.account_id "
    "AND m.before = a.owner_id WHERE a.occurred_at IS NULL OR a.occurred_at > $pulled",
    "contacts": "SELECT coalesce(sum(c.count), 0) FROM children c JOIN moved m ON m.id = c.account_id "
    "AND m.before = c.owner_id WHERE c.kind = 'contact'",
    "open_cases": "SELECT coalesce(sum(c.count), 0) FROM children c JOIN moved m ON m.id = c.account_id "
    "AND m.before = c.owner_id WHERE c.kind = 'open_case'",
    "open_tasks": "SELECT coalesce(sum(c.count), 0) FROM children c JOIN moved m ON m.id = c.account_id "
    "AND m.before = c.owner_id WHERE c.kind = 'open_task'",
    "all_contacts": "SELECT coalesce(sum(c.count), 0) FROM children c SEMI JOIN moved m ON m.id = c.account_id "
    "WHERE c.kind = 'contact'",
    "all_opportunities": "SELECT count(*) FROM opportunities o SEMI JOIN moved m ON m.id = o.account_id",
    "all_tasks": "SELECT count(DISTINCT a.id) FROM activities a SEMI JOIN moved m ON m.id = a.account_id "
    "WHERE a.type = 'task'",
}


def forecast(
    project: Project, snapshot: Snapshot | None, changes: pa.Table, *, also: str = ""
) -> dict[str, Any]:
    """The connector's forecast of these changes (`sync.diff.COLUMNS`), as a plan's header keeps it.

    Without a snapshot (an undo) nothing is known to be at stake, which the connector then says. `also` is an effect
    that the connector cannot know.
    """
    with _database(project, snapshot, changes) as con:
        load = load_of(con, snapshot, owner_last=project.config.apply.order == "kpis_first")
        if load.records or load.owner_groups:
            load = replace(load, automations=_set_off(con, project))
        told: Forecast = project.plugin.forecast(project.settings, load)
    return {
        "calls": dict(told.calls),
        "strategy": list(told.strategy),
        "effects": [*told.effects, *([also] if also else [])],
    }


def load_of(con: duckdb.DuckDBPyConnection, snapshot: Snapshot | None, *, owner_last: bool = False) -> Load:
    """The changes counted; `con` shows them beside the snapshot's tables.

    With `owner_last` a record whose owner and other fields change is written twice, and counted both times.
    """
    kept = "field != 'owner_id'" if owner_last else "record_id NOT IN (SELECT id FROM moved)"
    groups = con.execute(
        f"WITH {_MOVED} SELECT count(*) FROM moved GROUP BY before, after ORDER BY before, after"
    ).fetchall()
    others = con.execute(
        f"WITH {_MOVED} SELECT count(DISTINCT record_id) FROM changes "
        f"WHERE action = 'change' AND field NOT IN {SETS} AND {kept}"
    ).fetchone()
    assert others is not None
    at_stake = {} if snapshot is None else _at_stake(con, snapshot)
    members = member_counts(con)
    return Load(
        int(others[0]), tuple(int(n) for (n,) in groups), at_stake, members if any(members.values()) else {}
    )


def _set_off(con: duckdb.DuckDBPyConnection, project: Project) -> tuple[str, ...] | None:
    """Names of the automations that start when a field changes that these changes write."""
    columns = con.execute("SELECT DISTINCT field FROM changes WHERE action = 'change'").fetchall()
    targets = sorted(project.targets(name for (name,) in columns).values())
    rows = con.execute(
        "SELECT id, name FROM automations WHERE id = $unreadable OR (enabled AND "
        "list_has_any(string_split(fields, ';'), $targets)) ORDER BY name, id",
        {"unreadable": UNREADABLE, "targets": targets},
    ).fetchall()
    if any(id == UNREADABLE for id, _ in rows):
        return None
    return tuple(str(name) for _, name in rows)


def _at_stake(con: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> dict[str, int]:
    found = {}
    for name, query in _AT_STAKE.items():
        given = {"pulled": snapshot.pulled_at} if "$pulled" in query else None
        row = con.execute(f"WITH {_MOVED} {query}", given).fetchone()
        assert row is not None
        found[name] = int(row[0])
    return found


@contextmanager
def _database(
    project: Project, snapshot: Snapshot | None, changes: pa.Table
) -> Iterator[duckdb.DuckDBPyConnection]:
    from connectors.tables import SCHEMAS
    from sync.scratch import scratch

    with scratch(project.config.memory_limit) as con:
        con.register("changes", changes)
        for kind in _TABLES:
            if snapshot is not None and snapshot.path(kind).exists():
                con.from_parquet(str(snapshot.path(kind))).create_view(str(kind))
            else:
                con.register(str(kind), SCHEMAS[kind].empty_table())
        yield con


def free_calls(quota: Quota, reserve: float) -> int:
    """Calls that may still be made today without touching the reserve; 0 where the CRM tells of no quota."""
    if not quota.limit or quota.remaining is None:
        return 0
    return max(0, quota.remaining - int(quota.limit * reserve))


def told_quota(calls: int, quota: Quota, reserve: float) -> str:
    """Whether the day's calls suffice for so many; "" where the CRM tells of no quota."""
    if not calls or not quota.limit or quota.remaining is None:
        return ""
    free = free_calls(quota, reserve)
    left = f"{quota.remaining:,} of the day's {quota.limit:,} calls are left, of which {reserve:.0%} stay untouched"
    if calls <= free:
        return f"It takes about {calls:,} calls; {left}"
    return (
        f"It takes about {calls:,} calls and may use {free:,}: {left}. It stops there, nothing is lost, and the "
        "same command goes on when the quota has returned"
    )
