"""Decisions of the leading side, carried to the accounts that follow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from rules.decisions import Tables
from sync.files import sha256
from sync.scratch import scratch

_COLUMNS = (
    "account_id", "role", "decision", "territory", "level", "rule_id", "owner_id", "reason_code", "reason", "data_issues"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carry:
    """From one side's decisions to the other's. Owners are the same person where their e-mail is."""

    pairs: Path
    """`lead_id` and `follow_id` of matched accounts."""
    assignments: Path
    """What the leading side decided."""
    owners: Path
    """Who is there."""
    memory_limit: str

    @property
    def digest(self) -> str:
        """Changes with anything that is carried."""
        told = "\n".join(sha256(path) for path in (self.pairs, self.assignments, self.owners))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def over(self, assignments: Path, tables: Tables) -> None:
        """Replace the decisions about matched accounts in the file of the side that follows.

        An owner who is not on this side by e-mail, or twice, or not active, is not set: the account keeps the one
        it has, and the reason says so.
        """
        carried = assignments.with_name("carried.parquet")
        with scratch(self.memory_limit, assignments.parent) as con:
            for name, path in (
                ("own", assignments),
                ("theirs", self.assignments),
                ("pairs", self.pairs),
                ("their_owners", self.owners),
                ("our_owners", tables.owners),
            ):
                con.from_parquet(str(path)).create_view(name)
            con.execute(
                f"COPY ({_CARRIED}) TO '{str(carried).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)"
            )
        carried.replace(assignments)


_CARRIED = f"""
    WITH people AS (
        SELECT lower(trim(email)) AS email, any_value(id) AS id, count(*) AS n FROM our_owners
        WHERE active AND nullif(trim(email), '') IS NOT NULL GROUP BY 1
    ),
    brought AS (
        SELECT p.follow_id AS account_id, t.role, t.decision, t.territory, t.level, t.rule_id, t.owner_id AS theirs,
               lower(trim(o.email)) AS email, t.reason_code, t.reason, t.data_issues
        FROM pairs p JOIN theirs t ON t.account_id = p.lead_id LEFT JOIN their_owners o ON o.id = t.owner_id
    ),
    translated AS (
        SELECT b.*, CASE WHEN q.n = 1 THEN q.id END AS ours
        FROM brought b LEFT JOIN people q ON q.email = b.email
    )
    SELECT {", ".join(_COLUMNS)} FROM (
        SELECT * FROM own WHERE account_id NOT IN (SELECT follow_id FROM pairs)
        UNION ALL BY NAME
        SELECT account_id, role,
               CASE WHEN theirs IS NOT NULL AND ours IS NULL THEN 'unassigned' ELSE decision END AS decision,
               territory, level, rule_id, ours AS owner_id,
               CASE WHEN theirs IS NOT NULL AND ours IS NULL THEN 'owner_unknown' ELSE reason_code END AS reason_code,
               CASE WHEN theirs IS NOT NULL AND ours IS NULL
                    THEN reason || '; decided on the other side for ' || coalesce(email, 'somebody without an e-mail')
                         || ', of whom there is not exactly one active here'
                    ELSE reason END AS reason,
               data_issues
        FROM translated
    ) ORDER BY account_id, role"""
