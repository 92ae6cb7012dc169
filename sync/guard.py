"""What is too much for one run: each limit exceeded becomes a breach, with its arithmetic.

The limits and their defaults are goals of safety, not of taste: a wrong edit of one rule moves thousands
of accounts, and the people concerned find out the next morning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sync.plan import Breach

if TYPE_CHECKING:
    import duckdb

    from sync.config import LimitsConfig

MANY_HOLDS = 10
"""Holds that do not all end in one night by themselves."""
NEARLY = 0.8
"""Share of the accounts that trouble a CRM, above which a plan warns."""
SHOWN = 5
"""Reps or rules named in one message; the rest is counted."""


def guard(
    con: duckdb.DuckDBPyConnection,
    limits: LimitsConfig,
    *,
    levels: Sequence[str],
    holding: Collection[str] = (),
    previous: Mapping[str, Any] | None,
    crowded: int | None = None,
) -> tuple[Breach, ...]:
    """Every limit that the changes exceed.

    `con` shows accounts, owners, assignments and changes (see `sync.diff`); `levels` are those that have
    rules, in order, `holding` those of them that only keep owners; `previous` is the summary of the last plan that was applied.
    More accounts than `crowded` under one owner trouble the CRM.
    """
    accounts = _number(con, "SELECT count(*) FROM accounts")
    found = [
        _moves(con, limits, accounts),
        _moved_share(con, limits, accounts),
        _rep_lost(con, limits),
        _rep_gained(con, limits, accounts),
        _inactive(con),
        _unassigned(con, limits, accounts),
        _empty_levels(con, limits, [level for level in levels if not _may_end(level, holding, previous)]),
        _catch_all(con, limits, levels, accounts, previous),
        None if crowded is None else _crowded(con, crowded),
    ]
    return tuple(breach for breach in found if breach is not None)


MOVES = "FROM changes WHERE field = 'owner_id' AND action = 'change'"


def _moves(con: duckdb.DuckDBPyConnection, limits: LimitsConfig, accounts: int) -> Breach | None:
    moves = _number(con, f"SELECT count(*) {MOVES}")
    if moves <= limits.moves:
        return None
    return Breach("moves", f"{moves:,} of {accounts:,} accounts change owner (limit {limits.moves:,})")


def _moved_share(con: duckdb.DuckDBPyConnection, limits: LimitsConfig, accounts: int) -> Breach | None:
    moves = _number(con, f"SELECT count(*) {MOVES}")
    if moves <= limits.moved_share * accounts:
        return None
    return Breach(
        "moved-share",
        f"{moves:,} of {accounts:,} accounts change owner: {moves / accounts:.1%} (limit {limits.moved_share:.0%})",
    )


def _rep_lost(con: duckdb.DuckDBPyConnection, limits: LimitsConfig) -> Breach | None:
    # Accounts that leave an inactive owner, a queue or an integration user are nobody's loss.
    rows = con.execute(
        f"""WITH lost AS (SELECT before AS id, count(*) AS n {MOVES} AND before IS NOT NULL GROUP BY before),
                 book AS (SELECT owner_id AS id, count(*) AS n FROM accounts GROUP BY owner_id)
            SELECT coalesce(o.email, o.id), lost.n, book.n FROM lost JOIN book USING (id) JOIN owners o USING (id)
            WHERE o.active AND o.person AND lost.n > ? * book.n ORDER BY lost.n / book.n DESC, o.id""",
        [limits.rep_lost_share],
    ).fetchall()
    return _reps("rep-lost", "lose", "of their book", rows, limits.rep_lost_share)


def _rep_gained(con: duckdb.DuckDBPyConnection, limits: LimitsConfig, accounts: int) -> Breach | None:
    rows = con.execute(
        f"""SELECT coalesce(o.email, c.after), count(*), ? {MOVES.replace("changes", "changes c LEFT JOIN owners o ON o.id = c.after")}
            GROUP BY ALL HAVING count(*) > ? ORDER BY 2 DESC, 1""",
        [accounts, limits.rep_gained_share * accounts],
    ).fetchall()
    return _reps("rep-gained", "gain", "of all accounts", rows, limits.rep_gained_share)


def _reps(name: str, verb: str, of: str, rows: Sequence[tuple[str, int, int]], limit: float) -> Breach | None:
    if not rows:
        return None
    shown = ", ".join(f"{rep} {n:,} of {book:,} ({n / book:.0%})" for rep, n, book in rows[:SHOWN])
    rest = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return Breach(name, f"{len(rows)} rep(s) {verb} more than {limit:.0%} {of}: {shown}{rest}")


def _inactive(con: duckdb.DuckDBPyConnection) -> Breach | None:
    rows = con.execute(
        f"""SELECT coalesce(o.email, c.after), count(*) {MOVES.replace("changes", "changes c LEFT JOIN owners o ON o.id = c.after")}
            AND NOT coalesce(o.active AND o.person, false) GROUP BY ALL ORDER BY 2 DESC, 1"""
    ).fetchall()
    if not rows:
        return None
    shown = ", ".join(f"{rep} ({n:,})" for rep, n in rows[:SHOWN])
    return Breach(
        "inactive-owner",
        f"{sum(n for _, n in rows):,} accounts would go to owners who are not active people: {shown}",
    )


def _unassigned(con: duckdb.DuckDBPyConnection, limits: LimitsConfig, accounts: int) -> Breach | None:
    rows = con.execute(
        "SELECT reason_code, count(*) FROM assignments WHERE decision IN ('unassigned', 'review') GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    count = sum(n for _, n in rows)
    if count <= limits.unassigned_share * accounts:
        return None
    why = ", ".join(f"{code} {n:,}" for code, n in rows[:SHOWN])
    return Breach(
        "unassigned",
        f"{count:,} of {accounts:,} accounts get no owner: {count / accounts:.1%} (limit {limits.unassigned_share:.0%}): {why}",
    )


def _may_end(level: str, holding: Collection[str], previous: Mapping[str, Any] | None) -> bool:
    """Holds end one by one, so a level of holds that few accounts had may well be empty the night after."""
    return level in holding and (previous or {}).get("levels", {}).get(level, 0) < MANY_HOLDS


def _empty_levels(
    con: duckdb.DuckDBPyConnection, limits: LimitsConfig, levels: Sequence[str]
) -> Breach | None:
    if limits.empty_levels:
        return None
    used = {
        row[0]
        for row in con.execute("SELECT DISTINCT level FROM assignments WHERE level IS NOT NULL").fetchall()
    }
    empty = [level for level in levels if level not in used]
    if not empty:
        return None
    return Breach(
        "empty-level",
        f"no account matches any rule of level {', '.join(empty)}: is a field no longer filled or readable? "
        "Where that is right for good, set empty_levels: true under limits: in the config",
    )


def _catch_all(
    con: duckdb.DuckDBPyConnection,
    limits: LimitsConfig,
    levels: Sequence[str],
    accounts: int,
    previous: Mapping[str, Any] | None,
) -> Breach | None:
    if not levels or not accounts or previous is None:
        return None
    last = levels[-1]
    before = previous.get("levels", {}).get(last, 0) / max(previous.get("accounts", 0), 1)
    count = _number(con, "SELECT count(*) FROM assignments WHERE level = ?", [last])
    growth = count / accounts - before
    if growth <= limits.catch_all_growth:
        return None
    return Breach(
        "catch-all-growth",
        f"level {last} takes {count:,} of {accounts:,} accounts ({count / accounts:.1%}), {growth:.1%} of all accounts more than in "
        f"the last applied plan (limit {limits.catch_all_growth:.0%})",
    )


def _crowded(con: duckdb.DuckDBPyConnection, limit: int) -> Breach | None:
    over = [(rep, n) for rep, n in books(con, limit) if n > limit]
    if not over:
        return None
    shown = ", ".join(f"{rep} {n:,}" for rep, n in over[:SHOWN])
    rest = f" and {len(over) - SHOWN} more" if len(over) > SHOWN else ""
    return Breach(
        "crowded-owner",
        f"{len(over)} owner(s) would gain accounts and have more than {limit:,}, which slows the CRM and locks "
        f"records: {shown}{rest}",
    )


def nearly_crowded(con: duckdb.DuckDBPyConnection, limit: int) -> str:
    """A sentence for those who read the plan: owners who would come close to that many accounts; "" for none."""
    near = [(rep, n) for rep, n in books(con, NEARLY * limit) if n <= limit]
    if not near:
        return ""
    shown = ", ".join(f"{rep} {n:,}" for rep, n in near[:SHOWN])
    rest = f" and {len(near) - SHOWN} more" if len(near) > SHOWN else ""
    return f"{len(near)} owner(s) come close to the {limit:,} accounts that trouble the CRM: {shown}{rest}."


def books(con: duckdb.DuckDBPyConnection, above: float) -> list[tuple[str, int]]:
    """E-mail or id of the owners who gain accounts and would then have more than this, with how many."""
    rows = con.execute(
        f"""WITH moves AS (SELECT before, after {MOVES}),
                 book AS (SELECT owner_id AS id, count(*) AS n FROM accounts GROUP BY owner_id
                          UNION ALL SELECT after, count(*) FROM moves GROUP BY after
                          UNION ALL SELECT before, -count(*) FROM moves GROUP BY before)
            SELECT coalesce(o.email, b.id), sum(b.n) FROM book b LEFT JOIN owners o ON o.id = b.id
            WHERE b.id IN (SELECT after FROM moves) GROUP BY ALL HAVING sum(b.n) > ? ORDER BY 2 DESC, 1""",
        [above],
    ).fetchall()
    return [(rep, int(n)) for rep, n in rows]


def _number(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> int:
    row = con.execute(query, list(parameters)).fetchone()
    return int(row[0]) if row else 0
