"""Who in the pod got an account, and how the members stood in the latest plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.engine.pods.shares import Share, Team, team_of

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rules.engine.pods.owners import Owners
    from rules.language.ruleset import RuleSet
    from sync.answers.account import Row, Rows


@dataclass(frozen=True, slots=True)
class Standing:
    """One member of the pod on the day of the explanation, with the accounts of the latest plan in the role."""

    email: str
    owner_id: str
    weight: float
    """Relative; 0.0 takes nothing new."""
    accounts: int | None
    """None where there is no plan yet."""
    cap: int | None
    floor: int
    choice: int | None
    """The account's order of preference, 1 first; None for a member who takes nothing new."""
    picked: bool
    """Who owns the account in the latest plan."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The pod of the winning rule."""

    pod: str
    by: str
    members: tuple[Standing, ...]
    absent: tuple[str, ...]
    """Members of the pod who are no active person in the CRM."""
    waits: tuple[str, ...]
    """Why a member takes nothing new: "ana@example.com is out of office until 2027-01-03"."""
    why: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What the latest plan decided for the account in the role, and the file that says it of all."""

    row: Row | None
    file: Path | None


def pick_of(
    pod: str,
    role: str,
    account_id: str,
    planned: Planned,
    rules: RuleSet,
    owners: Owners,
    rows: Rows,
    day: date,
) -> Pick:
    """Members, loads and the account's own order of preference; the pick itself is the latest plan's."""
    team = team_of(rules.pods[pod], owners, rules.reps, day)
    ids = [owners.all[share.owner].id for share in team.shares]
    loads = _loads(rows, planned.file, role, ids)
    choices = _choices(rows, role, account_id, team.shares)
    given = planned.row["owner_id"] if planned.row else None
    members = tuple(
        Standing(
            share.key,
            id_,
            share.weight,
            loads.get(id_, 0) if planned.file is not None else None,
            share.cap,
            share.floor,
            choices.get(position),
            id_ == given,
        )
        for position, (share, id_) in enumerate(zip(team.shares, ids, strict=True))
    )
    known = {share.key for share in team.shares}
    absent = tuple(m.email for m in team.pod.members if m.email.strip().casefold() not in known)
    why = _why(planned.row, team, members)
    return Pick(pod, str(team.pod.by.value), members, absent, team.waits, why)


def _loads(rows: Rows, file: Path | None, role: str, owners: Sequence[str]) -> Mapping[str, int]:
    if file is None or not owners:
        return {}
    marks = ", ".join("?" for _ in owners)
    query = (
        "SELECT owner_id, count(*) AS accounts FROM read_parquet(?) "
        f"WHERE role = ? AND owner_id IN ({marks}) GROUP BY 1"
    )
    return {row["owner_id"]: row["accounts"] for row in rows.all(query, str(file), role, *owners)}


def _choices(rows: Rows, role: str, account_id: str, shares: Sequence[Share]) -> dict[int, int]:
    """Rank of each member by position."""
    from rules.engine.pods.distribute import preferences

    [found] = rows.all("SELECT md5_number_lower(?) AS hash", account_id)
    order = preferences(role, int(found["hash"]), shares)
    return {position: rank for rank, position in enumerate(order, start=1)}


def _why(row: Row | None, team: Team, members: Sequence[Standing]) -> str:
    if row is None:
        return 'there is no plan yet that picks a member; make one with "territory plan"'
    picked = next((member for member in members if member.picked), None)
    if picked is None:
        return f"nobody was picked: {row['reason']}" if row["owner_id"] is None else "the owner is no member"
    if row["reason_code"] == "sticky" or row["decision"] == "kept":
        return f"{picked.email} owned the account already and is a member, so it stays"
    if picked.choice == 1:
        return f"{picked.email} is the account's first choice and had room"
    ahead = ", ".join(m.email for m in members if m.choice and picked.choice and m.choice < picked.choice)
    return f"{picked.email} is the account's choice number {picked.choice}: {ahead} had no room"
