"""Who may own accounts: the CRM's users, and the owner or pod of a rule resolved to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from rules.engine.errors import AssignError
from rules.language.condition import FieldKind
from rules.language.normalise import normalise
from rules.language.people import Pod, PodBy
from rules.tables import ReasonCode


@dataclass(frozen=True, slots=True)
class Owner:
    """One user of the CRM; `number` is the position among all of them, sorted by id."""

    number: int
    id: str
    email: str | None
    usable: bool
    """An active person, not deleted."""


@dataclass(frozen=True, slots=True)
class Share:
    """A member of a pod who can take accounts; `key` seeds the choice and outlives a change of CRM."""

    owner: int
    key: str
    weight: float


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
            return Resolved(
                None, ReasonCode.OWNER_UNKNOWN, f"{len(usable)} active users have the email {name}"
            )
        if found:
            return Resolved(None, ReasonCode.OWNER_INACTIVE, f"{name} is not an active person in the CRM")
        return Resolved(None, ReasonCode.OWNER_UNKNOWN, f"{name} is not a user of the CRM")

    def shares(self, pod: Pod) -> tuple[Share, ...]:
        """The pod's members who are active persons and have capacity, each once, in the order of their ids."""
        shares: dict[int, Share] = {}
        for member in pod.members:
            owner = self.resolve(member.email).owner
            if owner is not None and member.capacity > 0 and owner not in shares:
                weight = member.capacity if pod.by is PodBy.REMAINING_CAPACITY else 1.0
                shares[owner] = Share(owner, _email(member.email), weight)
        return tuple(shares[owner] for owner in sorted(shares))

    def _found(self, name: str) -> list[Owner]:
        if "@" in name:
            return self._by_email.get(_email(name), [])
        owner = self._by_id.get(str(normalise(FieldKind.ID, name).value))
        return [owner] if owner else []


def read_owners(path: Path) -> Owners:
    """The owners table of a snapshot; raises AssignError where an id is missing or there twice."""
    columns = ("id", "email", "active", "person", "deleted")
    absent = [column for column in columns if column not in pq.read_schema(path).names]
    if absent:
        raise AssignError(f"{path} has no column {', '.join(absent)}; pull the owners again")
    with pq.ParquetFile(path) as file:
        found = file.read(columns=list(columns)).to_pylist()
    rows = sorted(found, key=lambda row: row["id"] or "")
    for row, before in zip(rows, [None, *rows], strict=False):
        if not row["id"] or (before and before["id"] == row["id"]):
            raise AssignError(
                f"{path} has {'two owners' if row['id'] else 'an owner'} with the id {row['id']!r}"
            )
    return Owners(
        Owner(
            number,
            row["id"],
            _email(row["email"] or ""),
            bool(row["active"] and row["person"] and not row["deleted"]),
        )
        for number, row in enumerate(rows)
    )


def _email(text: str) -> str:
    return text.strip().casefold()
