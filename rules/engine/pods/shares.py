"""Who in a pod may take accounts on a day, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules.engine.pods.owners import Owners, email_of
from rules.language.people import Pod, PodBy, Rep


@dataclass(frozen=True, slots=True)
class Share:
    """A member of a pod who is an active person; `key` seeds the choice and outlives a change of CRM."""

    owner: int
    key: str
    weight: float
    """Relative; 0.0 keeps what is held and takes nothing new."""
    cap: int | None = None
    floor: int = 0

    @property
    def takes(self) -> bool:
        """Whether new accounts can come to the member, but for the cap."""
        return self.weight > 0


@dataclass(frozen=True, slots=True)
class Team:
    """A pod on a day: its members, each once, in the order of their CRM ids; `waits` says who takes nothing."""

    pod: Pod
    shares: tuple[Share, ...]
    waits: tuple[str, ...]
    """Why members who are active persons take nothing new: "ana@example.com is out of office until 2027-01-03"."""

    @property
    def takes(self) -> bool:
        """Whether anybody can get a new account, but for caps."""
        return any(share.takes for share in self.shares)


def team_of(pod: Pod, owners: Owners, reps: Mapping[str, Rep], day: date) -> Team:
    """The pod's members who are active persons and have capacity at all."""
    shares: dict[int, Share] = {}
    waits = []
    for member in pod.members:
        owner = owners.resolve(member.email).owner
        if owner is None or member.capacity <= 0 or owner in shares:
            continue
        rep = reps.get(owners.all[owner].email or "") or Rep(member.email)
        why = _waits(rep, day)
        waits += [f"{member.email} {why}"] if why else []
        capacity = member.capacity if pod.by is PodBy.REMAINING_CAPACITY else 1.0
        weight = 0.0 if why else capacity * rep.share_on(day)
        shares[owner] = Share(owner, email_of(member.email), weight, rep.cap, rep.floor)
    return Team(pod, tuple(shares[owner] for owner in sorted(shares)), tuple(waits))


def _waits(rep: Rep, day: date) -> str | None:
    """Why the rep takes nothing new on the day, None where new accounts may come."""
    for absence in rep.absences:
        if absence.first <= day <= absence.last:
            return f"is out of office until {absence.last.isoformat()}"
    if rep.share_on(day) > 0:
        return None
    if rep.ramp is not None and day < rep.ramp.start:
        return f"starts on {rep.ramp.start.isoformat()}"
    return "has a ramp of 0 this month"
