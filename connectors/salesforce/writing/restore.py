"""Team members and manual shares that an owner change drops: kept before it, put back after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import ConnectorError
from connectors.salesforce.fields import Fields
from connectors.salesforce.ids import full_id
from connectors.salesforce.writing.records import Beside, final

ATTEMPTS = 3
"""Times that what is missing is created; each time only after it was read back."""
_WHO = {"AccountTeamMember": "UserId", "AccountShare": "UserOrGroupId"}
_WHAT = {"AccountTeamMember": "team member", "AccountShare": "manual share"}
_MANUAL = "RowCause = 'Manual'"


@dataclass(frozen=True, slots=True)
class Kept:
    """One record as it was; `values` holds every field that may be given when it is made anew."""

    sobject: str
    values: Mapping[str, Any]

    @property
    def account(self) -> str:
        """Whose it is."""
        return str(self.values["AccountId"])

    @property
    def who(self) -> str:
        """The user or group that it gives access to."""
        return full_id(str(self.values[_WHO[self.sobject]]))

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other one."""
        return self.sobject, self.account, self.who

    def __str__(self) -> str:
        told = [f"{name} {value}" for name, value in self.values.items() if value and name != "AccountId"]
        return f"{_WHAT[self.sobject]} ({', '.join(told)})"


@dataclass(frozen=True, slots=True)
class Restore:
    """Reads and re-creates the two kinds of records; an org without account teams has shares alone."""

    beside: Beside
    fields: Fields

    def read(self, accounts: Sequence[str]) -> list[Kept]:
        """The team members and manual shares of these accounts, as they are now."""
        found: list[Kept] = []
        for sobject, who in _WHO.items():
            if accounts and self.fields.has_object(sobject):
                names = [n for n in self._given(sobject) if n != "AccountId"]
                where = _MANUAL if sobject == "AccountShare" else ""
                for record in self.beside.of(
                    sobject, "AccountId", accounts, [*dict.fromkeys([who, *names])], where
                ):
                    values = {name: record[name] for name in ("AccountId", *dict.fromkeys([who, *names]))}
                    found.append(Kept(sobject, values))
        return found

    def put_back(self, kept: Sequence[Kept], owners: Mapping[str, str]) -> dict[str, str]:
        """What could not be put back, in words, by account; `owners` are the accounts that did change hands.

        Raises where it cannot be read now what is there, and a later try may.
        """
        wanted = [one for one in kept if one.account in owners and not _needless(one, owners)]
        said: set[str] = set()
        try:
            for _ in range(ATTEMPTS):
                wanted = self._missing(wanted)
                if not wanted:
                    return {}
                said = self.beside.send("restore", "POST", [_record(one) for one in wanted])
            wanted = self._missing(wanted)
        except ConnectorError as error:
            said = {final(error)}
        return dict(_told(wanted, "; ".join(sorted(said))))

    def _missing(self, wanted: Sequence[Kept]) -> list[Kept]:
        there = {one.key for one in self.read(sorted({one.account for one in wanted}))}
        return [one for one in wanted if one.key not in there]

    def _given(self, sobject: str) -> list[str]:
        return sorted(field.name for field in self.fields.of(sobject).values() if field.createable)


def _needless(one: Kept, owners: Mapping[str, str]) -> bool:
    """Whether Salesforce would refuse it: an owner has all access and no share of their own."""
    return one.sobject == "AccountShare" and one.who == owners[one.account]


def _record(one: Kept) -> dict[str, Any]:
    given = {name: value for name, value in one.values.items() if value is not None}
    return {"attributes": {"type": one.sobject}, **given}


def _told(left: Sequence[Kept], why: str) -> Iterator[tuple[str, str]]:
    for account in dict.fromkeys(one.account for one in left):
        lost = "; ".join(str(one) for one in left if one.account == account)
        yield account, f"not put back: {lost}" + (f" ({why})" if why else "")
