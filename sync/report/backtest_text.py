"""Back-tests as a table, two rule sets side by side, and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rules.backtest import Backtest, Night
from sync.log import inert
from sync.report.table import Cell, table

HEAD = ("moves", "churn %", "cv", "held", "unassigned", "gini")
SIDE_BY_SIDE = 3
"""Columns of each of two rule sets: more would not fit into a terminal."""


def backtest_text(tested: Sequence[Backtest]) -> str:
    """A line per night; with two rule sets the columns of the first, then those of the second."""
    first = tested[0]
    lines = [f"{len(first.nights)} nights from {first.nights[0].day} to {first.nights[-1].day}", ""]
    if len(tested) > 1:
        lines += [f"  {letter}: {inert(found.name)}" for letter, found in zip("AB", tested, strict=False)] + [
            ""
        ]
    shown = HEAD if len(tested) == 1 else HEAD[:SIDE_BY_SIDE]
    head = ["day", "accounts"]
    for letter in "AB"[: len(tested)]:
        head += [f"{letter} {name}" if len(tested) > 1 else name for name in shown]
    rows: list[list[Cell]] = []
    for nights in zip(*(found.nights for found in tested), strict=True):
        row: list[Cell] = [nights[0].day.isoformat(), nights[0].accounts]
        for night in nights:
            row += _cells(night)[: len(shown)]
        rows.append(row)
    lines += table(head, rows)
    for letter, found in zip("AB", tested, strict=False):
        label = f"{letter}: " if len(tested) > 1 else ""
        lines += [
            "",
            f"{label}{found.moves:,} moves of {found.moved_accounts:,} accounts, {_flips(found.flips)}",
        ]
        for flip in found.examples:
            way = " → ".join(owner or "nobody" for owner in flip.owners)
            lines.append(f"  {flip.account_id}: {way} ({', '.join(day.isoformat() for day in flip.days)})")
    return "\n".join(lines) + "\n"


def _flips(count: int) -> str:
    if not count:
        return "none of which came back to an owner it had left"
    return f"{count:,} of which came back to an owner they had left"


def _cells(night: Night) -> list[Cell]:
    return [night.moves, round(100 * night.churn, 2), night.cv, night.held, night.unassigned, night.gini]


def backtest_json(tested: Sequence[Backtest]) -> dict[str, Any]:
    """The same as plain values but for dates."""
    return {
        "rule_sets": [
            {**asdict(found), "moves": found.moves, "nights": [_night(night) for night in found.nights]}
            for found in tested
        ]
    }


def _night(night: Night) -> dict[str, Any]:
    return {**asdict(night), "churn": night.churn}
