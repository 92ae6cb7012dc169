"""What a person judges a plan by: who gets what, who loses what, and what was left alone and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.outputs import ROLE_PREFIX

if TYPE_CHECKING:
    import duckdb

    from rules.language.ruleset import RuleSet

SAMPLE = 20
"""Reps, territories or held accounts that are named in the header; the table holds all."""


def summarise(con: duckdb.DuckDBPyConnection, rules: RuleSet) -> dict[str, Any]:
    """Counts over accounts, assignments and changes (see `sync.diff`), in plain values."""
    return {
        "accounts": _one(con, "SELECT count(*) FROM accounts"),
        "owners": _one(con, "SELECT count(*) FROM owners WHERE active AND person"),
        "rules": len(rules.rules),
        "records": _one(con, "SELECT count(DISTINCT record_id) FROM changes WHERE action = 'change'"),
        "owner_changes": _one(
            con, "SELECT count(*) FROM changes WHERE action = 'change' AND field = 'owner_id'"
        ),
        "field_changes": _one(
            con, "SELECT count(*) FROM changes WHERE action = 'change' AND field <> 'owner_id'"
        ),
        "held": _one(con, "SELECT count(*) FROM changes WHERE action = 'held'"),
        "data_issues": _one(con, "SELECT count(*) FROM assignments WHERE data_issues IS NOT NULL"),
        "decisions": _counts(con, "SELECT decision, count(*) FROM assignments GROUP BY 1 ORDER BY 1"),
        "reasons": _counts(con, "SELECT reason_code, count(*) FROM assignments GROUP BY 1 ORDER BY 1"),
        "levels": _counts(
            con, "SELECT level, count(*) FROM assignments WHERE level IS NOT NULL GROUP BY 1 ORDER BY 1"
        ),
        "reps": _reps(con),
        "territories": _territories(con),
        "names": _names(con),
        "held_accounts": _held(con),
    }


def _reps(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The reps whose book changes most: accounts before, gained, lost, after."""
    rows = con.execute(
        """
        WITH book AS (SELECT owner_id AS id, count(*) AS before FROM accounts WHERE owner_id IS NOT NULL GROUP BY 1),
        moves AS (SELECT before, after FROM changes WHERE field = 'owner_id' AND action = 'change'),
        gained AS (SELECT after AS id, count(*) AS n FROM moves GROUP BY 1),
        lost AS (SELECT before AS id, count(*) AS n FROM moves WHERE before IS NOT NULL GROUP BY 1)
        SELECT id, any_value(coalesce(o.name, o.email, id)), any_value(coalesce(o.active AND o.person, false)),
               sum(b), sum(g), sum(l)
        FROM (SELECT id, before AS b, 0 AS g, 0 AS l FROM book UNION ALL SELECT id, 0, n, 0 FROM gained
              UNION ALL SELECT id, 0, 0, n FROM lost)
        LEFT JOIN owners o USING (id) GROUP BY id HAVING sum(g) + sum(l) > 0
        ORDER BY sum(g) + sum(l) DESC, id"""
    ).fetchall()
    return [
        {
            "id": i,
            "name": name,
            "active": active,
            "before": int(b),
            "gained": int(g),
            "lost": int(lost),
            "after": int(b + g - lost),
        }
        for i, name, active, b, g, lost in rows
    ]


def _territories(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every territory with its accounts and how many of them change owner."""
    rows = con.execute(
        """
        SELECT s.territory, count(*), count(c.record_id) FROM assignments s
        LEFT JOIN changes c ON c.record_id = s.account_id AND c.field = 'owner_id' AND c.action = 'change'
        WHERE s.territory IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"""
    ).fetchall()
    return [{"territory": t, "accounts": n, "moves": moves} for t, n, moves in rows]


def _names(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Name of every owner that a change comes from or goes to, by id."""
    rows = con.execute(
        """
        SELECT o.id, coalesce(o.name, o.email) FROM owners o
        WHERE o.id IN (SELECT unnest([before, after]) FROM changes WHERE field = 'owner_id' OR starts_with(field, ?))
        AND coalesce(o.name, o.email) IS NOT NULL ORDER BY 1""",
        [ROLE_PREFIX],
    ).fetchall()
    return dict(rows)


def _held(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = con.execute(
        """
        SELECT c.record_id, c.name, coalesce(b.name, c.before), coalesce(a.name, c.after), c.note
        FROM changes c LEFT JOIN owners b ON b.id = c.before LEFT JOIN owners a ON a.id = c.after
        WHERE c.action = 'held' ORDER BY c.record_id LIMIT ?""",
        [SAMPLE],
    ).fetchall()
    return [{"id": i, "name": n, "owner": b, "wanted": a, "why": why} for i, n, b, a, why in rows]


def _counts(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in con.execute(query).fetchall()}


def _one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
