"""What a rule set would have done on the nights of kept snapshots, each night going on from the one before.

Owners that the rule set moved stay moved in the nights that follow, until the CRM itself changed the owner of
the account: then the CRM's word counts. A rule set's memory goes from night to night as in real nights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rules.engine.assign import assign
from rules.engine.database import open_database
from rules.engine.sql import name, text
from rules.language.ruleset import RuleSet, holders_of
from rules.measure.balance import coefficient_of_variation, gini
from rules.tables import Tables

ACTUAL = name("actual owner")
"""A blank is in no column's name that a CRM or a config has."""
MOST_FLIPS = 10
"""Accounts that are named."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the CRM said on a day."""

    day: date
    snapshot: str
    tables: Tables


@dataclass(frozen=True, slots=True)
class Night:
    """What one rule set would have done on one day."""

    day: date
    snapshot: str
    accounts: int
    moves: int
    """Accounts that would have changed owner."""
    territories: int
    """Accounts whose territory would have changed since the night before; 0 on the first one."""
    held: int
    unassigned: int
    """Unassigned or under review."""
    cv: float | None
    """Coefficient of variation of the accounts per rep, after the moves (σ/μ, population)."""
    gini: float | None

    @property
    def churn(self) -> float:
        """Moves as a share of all accounts, 0..1."""
        return self.moves / self.accounts if self.accounts else 0.0


@dataclass(frozen=True, slots=True)
class Flip:
    """An account that would have gone from A to B and back."""

    account_id: str
    owners: tuple[str | None, ...]
    days: tuple[date, ...]
    """Of the moves."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """One rule set over all nights."""

    name: str
    rules_hash: str
    nights: tuple[Night, ...]
    moved_accounts: int
    """Different accounts that moved at least once."""
    flips: int
    """Accounts that came back to an owner whom they had left."""
    examples: tuple[Flip, ...]

    @property
    def moves(self) -> int:
        """Over all nights."""
        return sum(night.moves for night in self.nights)


def backtest(
    label: str, rules: RuleSet, past: Sequence[Past], role: str, folder: Path, memory_limit: str = "400MB"
) -> Backtest:
    """Runs the rule set over the days in their order; `folder` is for what lies between, some hundred MB at 1 M.

    `role` is the one whose owner is looked at. Raises AssignError where the rules do not fit a day's tables.
    """
    holder = holders_of(rules).get(role)
    if holder is None:
        raise ValueError(f"role {role!r} has no field with its present owner, so nothing of it moves")
    nights: list[Night] = []
    for number, day in enumerate(past):
        nights.append(_night(rules, day, number, holder, role, folder, memory_limit))
    moved, flips, examples = _stability(folder, [found.day for found in past], memory_limit)
    return Backtest(label, rules.hash, tuple(nights), moved, flips, examples)


def _night(
    rules: RuleSet, past: Past, number: int, holder: str, role: str, folder: Path, memory_limit: str
) -> Night:
    owned = _carried_on(past, number, holder, folder, memory_limit)
    memory = folder / f"memory-{number - 1}.parquet"
    tables = replace(past.tables, accounts=owned, memory=memory if number and memory.exists() else None)
    decided = folder / "assignments.parquet"
    remembered = folder / f"memory-{number}.parquet"
    assign(rules, tables, decided, past.day, memory_limit=memory_limit, memory_into=remembered)
    with open_database(memory_limit, folder) as con:
        con.execute(
            f"COPY ({_moves(owned, decided, holder, role)}) TO {_file(folder, number)} (FORMAT parquet)"
        )
        [(accounts, moves, held, unassigned)] = con.execute(
            "SELECT count(*), count(*) FILTER (WHERE after IS DISTINCT FROM before), "
            "count(*) FILTER (WHERE decision = 'held'), "
            f"count(*) FILTER (WHERE decision IN ('unassigned', 'review')) FROM {_file(folder, number)}"
        ).fetchall()
        [(territories,)] = con.execute(_territories(folder, number)).fetchall() if number else [(0,)]
        loads = con.execute(
            f"SELECT count(*)::DOUBLE FROM {_file(folder, number)} WHERE after IS NOT NULL "
            "GROUP BY after ORDER BY after"
        ).fetchall()
    books = [load for (load,) in loads]
    balance = (coefficient_of_variation(books), gini(books))
    return Night(past.day, past.snapshot, accounts, moves, territories, held, unassigned, *balance)


def _moves(owned: Path, decided: Path, holder: str, role: str) -> str:
    """Every account: its owner before, after, and in the CRM; territory and decision."""
    before = f"a.{name(holder)}"
    return (
        f"SELECT a.id, {before} AS before, coalesce(s.owner_id, {before}) AS after, a.{ACTUAL} AS actual, "
        f"s.territory, s.decision FROM read_parquet({text(str(owned))}) AS a "
        f"JOIN read_parquet({text(str(decided))}) AS s ON s.account_id = a.id AND s.role = {text(role)} ORDER BY a.id"
    )


def _carried_on(past: Past, number: int, holder: str, folder: Path, memory_limit: str) -> Path:
    """The day's accounts with the owners that they would have had, and the CRM's own in `actual`."""
    into = folder / "accounts.parquet"
    own = name(holder)
    accounts = f"read_parquet({text(str(past.tables.accounts))})"
    if number:
        query = (
            f"SELECT a.* REPLACE (CASE WHEN p.actual IS NOT DISTINCT FROM a.{own} AND p.id IS NOT NULL "
            f"THEN p.after ELSE a.{own} END AS {own}), a.{own} AS {ACTUAL} FROM {accounts} AS a "
            f"LEFT JOIN {_file(folder, number - 1)} AS p ON p.id = a.id ORDER BY a.id"
        )
    else:
        query = f"SELECT a.*, a.{own} AS {ACTUAL} FROM {accounts} AS a ORDER BY a.id"
    with open_database(memory_limit, folder) as con:
        con.execute(f"COPY ({query}) TO {text(str(into))} (FORMAT parquet)")
    return into


def _territories(folder: Path, number: int) -> str:
    here, before = _file(folder, number), _file(folder, number - 1)
    return (
        f"SELECT count(*) FROM {here} AS h JOIN {before} AS b USING (id) "
        "WHERE h.territory IS DISTINCT FROM b.territory"
    )


def _stability(folder: Path, days: Sequence[date], memory_limit: str) -> tuple[int, int, tuple[Flip, ...]]:
    """Accounts that moved, accounts that came back to an owner they had left, and the first of those by id."""
    if not days:
        return 0, 0, ()
    parts = " UNION ALL ".join(
        f"SELECT id, {number} AS night, before, after FROM {_file(folder, number)} "
        "WHERE after IS DISTINCT FROM before"
        for number in range(len(days))
    )
    back = (
        "SELECT DISTINCT later.id FROM moves AS later JOIN moves AS earlier ON earlier.id = later.id "
        "AND earlier.night < later.night AND earlier.before IS NOT DISTINCT FROM later.after"
    )
    with open_database(memory_limit, folder) as con:
        con.execute(f"CREATE TABLE moves AS {parts}")
        [(moved,)] = con.execute("SELECT count(DISTINCT id) FROM moves").fetchall()
        con.execute(f"CREATE TABLE back AS {back}")
        [(flips,)] = con.execute("SELECT count(*) FROM back").fetchall()
        rows = con.execute(
            "SELECT id, list(before ORDER BY night), list(after ORDER BY night), list(night ORDER BY night) "
            f"FROM moves SEMI JOIN (SELECT id FROM back ORDER BY id LIMIT {MOST_FLIPS}) USING (id) "
            "GROUP BY id ORDER BY id"
        ).fetchall()
    return moved, flips, tuple(Flip(i, (b[0], *a), tuple(days[night] for night in n)) for i, b, a, n in rows)


def _file(folder: Path, number: int) -> str:
    """The moves of a night, as DuckDB writes and reads a file."""
    return text(str(folder / f"night-{number}.parquet"))
