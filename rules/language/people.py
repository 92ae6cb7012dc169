"""Reps and pods: who can take accounts, how many, and from when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.language.place import Source


@dataclass(frozen=True, slots=True)
class Absence:
    """Days out of office, both included: no new accounts, and those that are there stay."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Ramp:
    """Shares of a full load in the months after `start`: (0.25, 0.5) is a quarter in the first month, half in
    the second, all of it from the third on; nothing before `start`."""

    start: date
    months: tuple[float, ...]

    def share_on(self, day: date) -> float:
        """Share of a full load on the day, 0..1."""
        if day < self.start:
            return 0.0
        passed = (day.year - self.start.year) * 12 + day.month - self.start.month - (day.day < self.start.day)
        return self.months[passed] if passed < len(self.months) else 1.0


@dataclass(frozen=True, slots=True)
class Rep:
    """What holds of one person in every pod and rule."""

    email: str
    cap: int | None = None
    """Accounts per role, from whatever rule or pod, beyond which pods give no new ones; those that are held stay.

    A family goes as one, so the last one may lead beyond it."""
    floor: int = 0
    """Accounts per role up to which pods fill this rep first."""
    ramp: Ramp | None = None
    absences: tuple[Absence, ...] = ()
    last_day: date | None = None
    """After it the rep has left: owns nothing, as an inactive user."""
    source: Source | None = None

    def has_left(self, day: date) -> bool:
        """The last day is over."""
        return self.last_day is not None and day > self.last_day

    def is_away(self, day: date) -> bool:
        """Out of office: keeps what is held and takes nothing new."""
        return any(absence.first <= day <= absence.last for absence in self.absences)

    def share_on(self, day: date) -> float:
        """Share of a full load on the day by the ramp, 0..1."""
        return self.ramp.share_on(day) if self.ramp else 1.0


@dataclass(frozen=True, slots=True)
class Member:
    """A rep in a pod; `capacity` is the relative weight of the rep's share, 1.0 for full time."""

    email: str
    capacity: float = 1.0


class PodBy(StrEnum):
    """How a pod shares accounts among its eligible members."""

    REMAINING_CAPACITY = "remaining_capacity"
    """So that all loads, held accounts counted, come near the proportion of the weights."""
    EQUAL = "equal"
    """The same with equal weights."""
    ROUND_ROBIN = "round_robin"
    """New accounts in turn: only accounts created inside the pod's window count as load, weights are equal."""


@dataclass(frozen=True, slots=True)
class Pod:
    """Reps who share the accounts of the rules that name the pod."""

    name: str
    members: tuple[Member, ...]
    by: PodBy
    source: Source
    window_days: int = 30
    """For round robin: how far back accounts count."""
