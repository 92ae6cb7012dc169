"""Reps and pods."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from rules.language.people import PodBy
from rules.language.sections.base import Day, Name, Positive, Section, Share


class RampSection(Section):
    """A new rep's shares of a full load, month by month from the start; a full load after the last one."""

    start: Day
    months: tuple[Share, ...] = Field(min_length=1, max_length=36)


class AbsenceSection(Section):
    """Days out of office, both included: the rep keeps what is there and takes nothing new."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="until")


class RepSection(Section):
    """What holds of one person in every pod and rule."""

    cap: int | None = Field(None, ge=0)
    """Accounts per role beyond which pods give no new ones; those that are held stay."""
    floor: int = Field(0, ge=0)
    """Accounts per role up to which pods fill this rep first."""
    ramp: RampSection | None = None
    away: tuple[AbsenceSection, ...] = ()
    last_day: Day | None = None
    """After it the rep has left and owns nothing."""


class MemberSection(Section):
    """A rep in a pod, with the weight of the rep's share (1.0 is full time)."""

    email: Name
    capacity: Positive = 1.0


def _member(value: Any) -> Any:
    return {"email": value} if isinstance(value, str) else value


MemberEntry = Annotated[MemberSection, BeforeValidator(_member, json_schema_input_type=Name | MemberSection)]
"""A member's email alone stands for a full-time member."""


class PodSection(Section):
    """Reps who share accounts."""

    members: tuple[MemberEntry, ...] = Field(min_length=1)
    by: PodBy = PodBy.REMAINING_CAPACITY
    """Near the weights, near equal, or new accounts in turn."""
    window_days: int | None = Field(None, ge=1, le=3660)
    """For round_robin: how many days back accounts count as a rep's turn (30 where nothing is said)."""
