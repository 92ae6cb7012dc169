"""Who may own accounts: the CRM's users, and the owner or pod of a rule resolved to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rules.decisions import ReasonCode
from rules.engine.errors import AssignError
from rules.language.condition import FieldKind
from rules.language.people import Rep
from rules.language.values.normalise import normalise


@dataclass(frozen=True, slots=True)
class Owner:
    """One user of the CRM; `number` is the position among all of them, sorted by id."""

    number: int
    id: str
    email: str | None
    usable: bool
    """An active person, not deleted, who has not left."""
    left: date | None = None
    """The last day of somebody who has left, by the rules' own word."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The owner that a rule names, or why there is none."""

    owner: int | None
    code: ReasonCode
    detail: str = ""


class Owners:
    """All users of one snapshot, found by id or by email (case and blanks aside)."""

    def __init__(self, owners: Iterable[Owner]) -> None:
        self.all: tuple[Owner, ...] = tuple(owners)
        self._by_id: Mapping[str, Owner] = {owner.id: owner for owner in self.all}
        self._by_email: dict[str, list[Owner]] = {}
        for owner in self.all:
            if owner.email:
                self._by_email.setdefault(owner.email, []).append(owner)

    def resolve(self, name: str) -> Resolved:
        """The active person of this id or email; two active ones of one email are nobody, never a guess."""
        found = self._found(name)
        usable = [owner for owner in found if owner.usable]
        if len(usable) == 1:
            return Resolved(usable[0].number, ReasonCode.MATCHED)
        if usable:
            ids = ", ".join(owner.id for owner in usable)
            return Resolved(
                None, ReasonCode.OWNER_UNKNOWN, f"{len(usable)} active users have the email {name} ({ids})"
            )
        if not found:
            return Resolved(None, ReasonCode.OWNER_UNKNOWN, f"{name} is not a user of the CRM")
        left = next((owner.left for owner in found if owner.left), None)
        what = f"left on {left.isoformat()}" if left else "is not an active person in the CRM"
        return Resolved(None, ReasonCode.OWNER_INACTIVE, f"{name} {what}")

    def _found(self, name: str) -> list[Owner]:
        if "@" in name:
            return self._by_email.get(email_of(name), [])
        owner = self._by_id.get(str(normalise(FieldKind.ID, name).value))
        return [owner] if owner else []


def read_owners(path: Path, reps: Mapping[str, Rep], day: date) -> Owners:
    """The owners table of a snapshot as it counts on a day: reps whose last day is over are not usable.

    Raises AssignError where an id is missing or there twice.
    """
    import pyarrow.parquet as pq

    columns = ("id", "email", "active", "person", "deleted")
    absent = [column for column in columns if column not in pq.read_schema(path).names]
    if absent:
        raise AssignError(f"{path} has no column {', '.join(absent)}; pull the owners again")
    with pq.ParquetFile(path) as file:
        found = file.read(columns=list(columns)).to_pylist()
    return owners_of(found, reps, day, path)


def owners_of(found: Iterable[Mapping[str, Any]], reps: Mapping[str, Rep], day: date, path: Path) -> Owners:
    """The same from rows of id, email, active, person and deleted that somebody read from the path."""
    rows = sorted(found, key=lambda row: row["id"] or "")
    for row, before in zip(rows, [None, *rows], strict=False):
        if not row["id"] or (before and before["id"] == row["id"]):
            raise AssignError(
                f"{path} has {'two owners' if row['id'] else 'an owner'} with the id {row['id']!r}"
            )
    return Owners(_owner(number, row, reps, day) for number, row in enumerate(rows))


def _owner(number: int, row: Mapping[str, Any], reps: Mapping[str, Rep], day: date) -> Owner:
    email = email_of(row["email"] or "")
    rep = reps.get(email)
    left = rep.last_day if rep is not None and rep.has_left(day) else None
    usable = bool(row["active"] and row["person"] and not row["deleted"]) and left is None
    return Owner(number, row["id"], email, usable, left)


def email_of(text: str) -> str:
    """An email in the form in which it is compared."""
    return text.strip().casefold()
