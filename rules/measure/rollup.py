"""Sums of account measures by present owner, by owner to be, by territory, and over the plan, in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from rules.measure import sql


@dataclass(frozen=True, slots=True)
class Load:
    """What one owner, territory or the plan carries; null sums are unknown."""

    accounts: int = 0
    hours: float | None = 0.0
    """Summed over the accounts whose hours are known; None when there are accounts and none is known."""
    hours_known: int = 0
    potential: float | None = 0.0
    """Likewise; None as well where the accounts' currencies are mixed."""
    potential_known: int = 0
    covered: int | None = 0
    """Accounts with a touch in the window; None where no activities are read."""

    @property
    def coverage(self) -> float | None:
        """Accounts with at least one qualifying touch in 90 days / accounts, 0..1; None without accounts."""
        return self.covered / self.accounts if self.accounts and self.covered is not None else None


EMPTY = Load()


@dataclass(frozen=True, slots=True)
class Loads:
    """The plan, split three ways. An account without the key (no owner, no territory) is only in `plan`."""

    plan: Load = EMPTY
    before: dict[str, Load] = field(default_factory=dict)
    after: dict[str, Load] = field(default_factory=dict)
    territory: dict[str, Load] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """What is rolled up beside the view `accounts`: assignments, and the account KPIs made of them."""

    assignments: Path
    account_kpis: Path
    potential: str
    """The potential of an account, as SQL over `accounts a`."""
    currency: str
    """Its currency, likewise."""


def roll_up(connection: duckdb.DuckDBPyConnection, sources: Sources, role: str) -> Loads:
    """Loads of the role's assignments; an account that they leave alone stays with its present owner."""
    rows = connection.execute(query(sources, role)).fetchall()
    loads = Loads(plan=next((load_of(row) for row in rows if row[0] == "plan"), EMPTY))
    for part, key, *sums in rows:
        if part != "plan" and key is not None:
            getattr(loads, part)[key] = load_of((part, key, *sums))
    return loads


def query(sources: Sources, role: str) -> str:
    """One row per part and key: (part, key, accounts, hours, known, potential, known, currencies, covered)."""
    lines = f"""
        SELECT a.owner_id AS before, coalesce(s.owner_id, a.owner_id) AS after, s.territory,
               {sql.exact("k.workload_hours")} AS hours, {sql.exact(sources.potential)} AS potential,
               coalesce({sources.currency}, '') AS currency, k.covered
        FROM accounts a
        LEFT JOIN (SELECT * FROM {sql.parquet(sources.assignments)} WHERE role = {sql.text(role)}) s
               ON s.account_id = a.id
        LEFT JOIN {sql.parquet(sources.account_kpis)} k ON k.account_id = a.id"""
    return f"""
        SELECT CASE grouping(before, after, territory)
                 WHEN 3 THEN 'before' WHEN 5 THEN 'after' WHEN 6 THEN 'territory' ELSE 'plan' END AS part,
               coalesce(before, after, territory) AS key,
               count(*), CAST(sum(hours) AS DOUBLE) / {sql.NANO}, count(hours),
               CAST(sum(potential) AS DOUBLE) / {sql.NANO}, count(potential),
               min(currency) FILTER (WHERE potential IS NOT NULL)
                 IS DISTINCT FROM max(currency) FILTER (WHERE potential IS NOT NULL) AS mixed,
               CAST(count(*) FILTER (WHERE covered) AS BIGINT), bool_or(covered IS NULL)
        FROM ({lines})
        GROUP BY GROUPING SETS ((before), (after), (territory), ())"""


def load_of(row: Iterable[Any]) -> Load:
    """A result row as a load."""
    _, _, accounts, hours, hours_known, potential, potential_known, mixed, covered, unread = row
    return Load(
        accounts=accounts,
        hours=hours if accounts else 0.0,
        hours_known=hours_known,
        potential=(None if mixed else potential) if accounts else 0.0,
        potential_known=potential_known,
        covered=None if unread else covered,
    )
