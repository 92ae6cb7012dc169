"""What a plan tells of memberships, and when the gate stops it for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES
from sync.plan import Breach

if TYPE_CHECKING:
    import duckdb

    from sync.territories.changes import Memberships

SHOWN = 5
_KINDS = {"accounts": CRM_TERRITORIES, "users": CRM_USER_TERRITORIES}


def memberships_summary(con: duckdb.DuckDBPyConnection, wanted: Memberships | None) -> dict[str, Any] | None:
    """Counts of memberships that would be added and taken away; None where none are kept.

    `con` shows `changes` beside the views of `sync.diff.database`.
    """
    if wanted is None:
        return None
    wanted.prepare(con)
    counts = member_counts(con)
    of = {
        kind: {
            "changed": counts[kind],
            "added": counts[f"{kind}_added"],
            "removed": counts[f"{kind}_removed"],
        }
        for kind in _KINDS
    }
    return {"missing": _missing(con), **of}


def member_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """`accounts` and `users` whose sets `changes` changes, and rows `_added` and `_removed` of each."""
    told: dict[str, int] = {}
    for kind, column in _KINDS.items():
        row = con.execute(
            """SELECT count(*), coalesce(sum(len(list_filter(a, lambda n: NOT list_contains(b, n)))), 0),
                      coalesce(sum(len(list_filter(b, lambda n: NOT list_contains(a, n)))), 0)
               FROM (SELECT coalesce(string_split(before, ';'), []) AS b, coalesce(string_split(after, ';'), []) AS a
                     FROM changes WHERE field = ? AND action = 'change')""",
            [column],
        ).fetchone()
        assert row is not None
        told |= dict(zip((kind, f"{kind}_added", f"{kind}_removed"), map(int, row), strict=True))
    return told


def membership_breaches(told: dict[str, Any] | None, limit: int) -> tuple[Breach, ...]:
    """Territories that the CRM lacks, and more changes than the limit."""
    if told is None:
        return ()
    found = []
    if told["missing"]:
        found.append(_lacking(told["missing"]))
    accounts, users = told["accounts"], told["users"]
    changed = accounts["changed"] + users["changed"]
    if changed > limit:
        found.append(
            Breach(
                "territory-changes",
                f"{accounts['changed']:,} accounts and {users['changed']:,} users change territories in the CRM: "
                f"{accounts['added'] + users['added']:,} memberships more, {accounts['removed'] + users['removed']:,} "
                f"fewer (limit {limit:,} records)",
            )
        )
    return tuple(found)


def _lacking(missing: list[dict[str, Any]]) -> Breach:
    shown = ", ".join(
        f"{m['territory']} as {m['name']} ({m['accounts']:,} accounts)" for m in missing[:SHOWN]
    )
    rest = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return Breach(
        "territory-missing",
        f"the CRM's territory model lacks {len(missing)} of the rules' territories: {shown}{rest}. Create them there, or "
        "name the right ones under outputs.territories.names; accepted, these accounts are left out of them",
    )


def _missing(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = con.execute(
        """SELECT p.territory, p.wanted, count(DISTINCT c.account_id) FROM places p
           LEFT JOIN counted c ON c.territory = p.territory WHERE p.number IS NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1"""
    ).fetchall()
    return [{"territory": t, "name": name, "accounts": int(n)} for t, name, n in rows]
