"""Touches: what was done with an account, and by a rep, up to and including the run's day.

An activity counts on its local day in the rule set's time zone; one that lies after the run's day, or has not
taken place, counts nowhere. The snapshot holds one row per activity and account, so an activity linked to
three accounts counts once for each of them, and once for the rep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rules.language.ruleset import Workload
from rules.measure import sql
from rules.measure.window import days_to, end_of, start_of

TYPES = ("call", "email", "meeting")
"""Activity types that have counts of their own, singular as in the snapshot."""
SHORT, LONG = 30, 90
"""Days of the two windows; coverage looks at the long one."""

UNDECLARED = Workload("", (), (), None)
"""What counts as a touch where the rules declare no workload."""


@dataclass(frozen=True, slots=True)
class Counting:
    """Which activities are touches, and the instants that bound the windows."""

    qualifying: tuple[str, ...]
    directions: tuple[str, ...]
    short: str
    """The first instant of the short window, as a literal; `long` likewise, and `end` is the first one after it."""
    long: str
    end: str
    timezone: str

    @property
    def counted(self) -> str:
        """Condition: it took place, by the end of the run's day, in a direction that counts."""
        taken_place = f"NOT deleted AND occurred_at < {self.end}"
        # A missing direction is unknown, so it is not one of those asked for.
        return (
            f"{taken_place} AND direction IN {sql.texts(self.directions)}" if self.directions else taken_place
        )

    @property
    def touch(self) -> str:
        """Condition on a counted activity: its type counts as a touch."""
        return f"type IN {sql.texts(self.qualifying)}"


def counting(workload: Workload, as_of: date, timezone: str) -> Counting:
    """The rule set's own definition of a touch, for one run's day."""
    return Counting(
        qualifying=workload.qualifying,
        directions=workload.directions,
        short=sql.instant(start_of(days_to(as_of, SHORT).first, timezone)),
        long=sql.instant(start_of(days_to(as_of, LONG).first, timezone)),
        end=sql.instant(end_of(as_of, timezone)),
        timezone=timezone,
    )


def per_account(activities: Path, counts: Counting) -> str:
    """A query of one row per account that was ever touched, with its counts and the local day of its last touch."""
    columns = [
        f"{counted(f'{counts.touch} AND {since(days, counts)}')} AS touches_{days}d" for days in (SHORT, LONG)
    ] + [
        f"{counted(f'type = {sql.text(kind)} AND {since(days, counts)}')} AS {kind}s_{days}d"
        for days in (SHORT, LONG)
        for kind in TYPES
    ]
    last = f"max(occurred_at) FILTER (WHERE {counts.touch})"
    columns.append(f"CAST({last} AT TIME ZONE {sql.text(counts.timezone)} AS DATE) AS last_touch")
    return (
        f"SELECT account_id, {', '.join(columns)} FROM {sql.parquet(activities)} "
        f"WHERE account_id IS NOT NULL AND {counts.counted} AND {relevant(counts.qualifying)} GROUP BY account_id"
    )


def per_rep(activities: Path, counts: Counting) -> str:
    """A query of (owner_id, touches_30d, touches_90d): distinct activities; a null owner is nobody's."""
    distinct = (
        f"SELECT DISTINCT owner_id, id, {since(SHORT, counts)} AS recent FROM {sql.parquet(activities)} "
        f"WHERE {counts.counted} AND {counts.touch} AND {since(LONG, counts)}"
    )
    return (
        "SELECT owner_id, count(*) FILTER (WHERE recent) AS touches_30d, count(*) AS touches_90d "
        f"FROM ({distinct}) GROUP BY owner_id"
    )


def counted(condition: str) -> str:
    """How many rows meet the condition."""
    return f"count(*) FILTER (WHERE {condition})"


def since(days: int, counts: Counting) -> str:
    """Condition on a counted activity: it lies in the window of this many days."""
    return f"occurred_at >= {counts.short if days == SHORT else counts.long}"


def relevant(qualifying: Sequence[str]) -> str:
    """Condition: of a type that any count here looks at."""
    return f"type IN {sql.texts(sorted({*qualifying, *TYPES}))}"
