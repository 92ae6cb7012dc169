"""What an edit of the rules means: proved over every account there could be, and counted on the last snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rules.proof.changed import Differences, differences
from sync.answers.account import Row, Rows
from sync.earlier import earlier_rules
from sync.memory import last
from sync.scratch import scratch
from sync.snapshot import Snapshot, load

if TYPE_CHECKING:
    from rules.language.ruleset import RuleSet
    from sync.session import Session

MOST = 20
"""Ways from territory to territory that are listed."""


@dataclass(frozen=True, slots=True)
class Way:
    """Accounts that go the same way; `example` is the first of them by id."""

    role: str
    from_territory: str | None
    to_territory: str | None
    from_owner: str | None
    to_owner: str | None
    accounts: int
    example: str


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """`moved` is None where there is no snapshot to count on."""

    base: str
    proved: Differences
    moved: int | None
    ways: tuple[Way, ...]


def rule_changes(session: Session, base: str, day: date) -> RuleChanges:
    """From the rules of the base to today's; SyncError or DocumentError where the base has none that load."""
    after = session.project.rules()
    before = earlier_rules(session.project, base)
    proved = differences(before, after, day)
    snapshot = load(session.snapshots)
    if snapshot is None:
        return RuleChanges(base, proved, None, ())
    moved, ways = _counted(session, snapshot, before, after, day)
    return RuleChanges(base, proved, moved, ways)


def _counted(
    session: Session, snapshot: Snapshot, before: RuleSet, after: RuleSet, day: date
) -> tuple[int, tuple[Way, ...]]:
    """Both rule sets on the snapshot; whom pods would pick is part of it."""
    from rules.engine.assign import assign

    tables, limit = replace(snapshot.tables, memory=last(session)), session.project.config.memory_limit
    with TemporaryDirectory(prefix=".changes-", dir=session.project.state) as made:
        files = [Path(made) / f"{name}.parquet" for name in ("before", "after")]
        for rules, file in zip((before, after), files, strict=True):
            assign(rules, tables, file, day, memory_limit=limit)
        with scratch(limit, Path(made)) as con:
            rows = Rows(con)
            paths = [str(file) for file in files]
            [counted] = rows.all(f"SELECT count(DISTINCT id) AS moved FROM ({_DIFFERENT})", *paths)
            owners = str(snapshot.tables.owners)
            found = rows.all(_WAYS, *paths, owners, owners)
    return counted["moved"], tuple(_way(row) for row in found)


def _way(row: Row) -> Way:
    return Way(**row)


_DIFFERENT = """
    SELECT coalesce(b.account_id, a.account_id) AS id, coalesce(b.role, a.role) AS role, b.territory AS t0,
      a.territory AS t1, b.owner_id AS o0, a.owner_id AS o1
    FROM read_parquet(?) AS b FULL JOIN read_parquet(?) AS a ON a.account_id = b.account_id AND a.role = b.role
    WHERE (b.territory, b.owner_id) IS DISTINCT FROM (a.territory, a.owner_id)"""
_WAYS = f"""
    SELECT role, t0 AS from_territory, t1 AS to_territory, coalesce(p.email, o0) AS from_owner,
      coalesce(q.email, o1) AS to_owner, count(*) AS accounts, min(d.id) AS example
    FROM ({_DIFFERENT}) AS d LEFT JOIN read_parquet(?) AS p ON p.id = o0 LEFT JOIN read_parquet(?) AS q ON q.id = o1
    GROUP BY ALL ORDER BY accounts DESC, role, from_territory, to_territory, from_owner, to_owner LIMIT {MOST}"""
