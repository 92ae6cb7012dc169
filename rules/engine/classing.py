"""First part of the relational plan: accounts in, the class of every field out."""

from __future__ import annotations

from collections.abc import Sequence

from rules.engine.columns import ClassColumn
from rules.engine.sql import name


def classed(
    columns: Sequence[ClassColumn],
    holders: Sequence[str | None],
    follows: bool,
    source: str = "accounts",
    issues: Sequence[str] = (),
) -> str:
    """The query of all accounts: id, the class `c<n>` of the n-th field, issues, and what decisions look at.

    That is the number of the present owner per role, null unless he is usable, and with `follows` the id of
    the ultimate parent, null for accounts that stand alone or whose parents lead nowhere. `source` is the
    relation of the accounts, and `issues` its columns that have some already.
    """
    taken = [f"CAST({column.expression} AS INTEGER) AS c{number}" for number, column in enumerate(columns)]
    taken.append(f"{_issues([*issues, *(column.issue for column in columns if column.issue)])} AS issues")
    taken += [_holder(role, holder) for role, holder in enumerate(holders)]
    joins = [column.join for column in columns]
    joins += [
        f'LEFT JOIN owners AS holder_of_{role} ON holder_of_{role}."id of owner" = accounts.{name(holder)}'
        for role, holder in enumerate(holders)
        if holder
    ]
    if follows:
        taken.append('above."ultimate parent" AS root')
        joins.append('LEFT JOIN families AS above ON above."id of child" = accounts.id')
    return f"SELECT accounts.id AS id, {', '.join(taken)} FROM {source} AS accounts {' '.join(joins)}"


def _holder(role: int, holder: str | None) -> str:
    found = f'holder_of_{role}."number of owner"' if holder else "CAST(NULL AS INTEGER)"
    return f"{found} AS holder_{role}"


def _issues(issues: Sequence[str]) -> str:
    """All of them in one text; put together only for the few rows that have one."""
    if not issues:
        return "NULL::VARCHAR"
    return (
        f"CASE WHEN coalesce({', '.join(issues)}) IS NOT NULL THEN concat_ws('; ', {', '.join(issues)}) END"
    )
