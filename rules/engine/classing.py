"""First part of the relational plan: accounts in, the class of every field out."""

from __future__ import annotations

from collections.abc import Sequence

from rules.engine.columns import ClassColumn
from rules.engine.sql import name


def classed(columns: Sequence[ClassColumn], holders: Sequence[str | None]) -> str:
    """The query of all accounts: id, the class `c<n>` of the n-th field, issues, the present owner per role."""
    taken = [f"CAST({column.expression} AS INTEGER) AS c{number}" for number, column in enumerate(columns)]
    taken.append(f"{_issues([column.issue for column in columns if column.issue])} AS issues")
    taken += [
        f"{name(holder) if holder else 'NULL::VARCHAR'} AS holder_{role}"
        for role, holder in enumerate(holders)
    ]
    return f"SELECT id, {', '.join(taken)} FROM accounts {' '.join(column.join for column in columns)}"


def _issues(issues: Sequence[str]) -> str:
    """All of them in one text; put together only for the few rows that have one."""
    if not issues:
        return "NULL::VARCHAR"
    return (
        f"CASE WHEN coalesce({', '.join(issues)}) IS NOT NULL THEN concat_ws('; ', {', '.join(issues)}) END"
    )
