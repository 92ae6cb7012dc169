"""Fills an org with contacts, cases, teams and shares, where the sample asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.sandbox import seed as sample
from connectors.sandbox import seed_around as around
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.around import number_of
from connectors.sandbox.tables import Stored

Chunk = Mapping[str, Sequence[Stored]]


def surround(org: Org, seed: sample.Seed) -> None:
    """Loads what hangs on the sample's accounts and deals."""
    now = org.core.clock.now()
    people = {p.number: _id(org, p) for p in sample.people(seed) if p.role != "queue"}

    def load(object: str, chunks: Iterator[Chunk]) -> None:
        for chunk in chunks:
            org.core.state.load(object, list(chunk), zip(*chunk.values(), strict=True))

    with org.core.state.transaction():
        load("Contact", _contacts(seed, people, now))
        load("Case", _cases(seed, people, now))
        load("AccountTeamMember", _members(org, around.teams(seed), people, "01M", "001", "Account"))
        load("AccountShare", _team_shares(org, around.teams(seed), people))
        load("AccountShare", _manual_shares(org, around.shares(seed), people))
        deals = _members(org, around.deal_teams(seed), people, "00q", "006", "Opportunity")
        load("OpportunityTeamMember", deals)


def _id(org: Org, person: sample.Person) -> str:
    known = {"integration": org.user_id, "admin": org.admin_id}
    return known.get(person.role) or ids.make("005", 100 + person.number)


def _stamped(created: Sequence[int], by: Sequence[Stored]) -> dict[str, Sequence[Stored]]:
    at = [moment // 1000 * 1000 for moment in created]
    return {
        "CreatedDate": at, "CreatedById": by, "LastModifiedDate": at, "LastModifiedById": by,
        "SystemModstamp": at, "IsDeleted": [0] * len(at),
    }  # fmt: skip


def _contacts(seed: sample.Seed, people: Mapping[int, str], now: int) -> Iterator[Chunk]:
    for c in around.contacts(seed, now):
        owner = [people[o] for o in c["owner"]]
        yield {
            "Id": [ids.make("003", n) for n in c["number"]],
            "AccountId": [ids.make("001", n) for n in c["company"]],
            "OwnerId": owner,
            "FirstName": c["first_name"],
            "LastName": c["last_name"],
            "Name": [f"{first} {last}" for first, last in zip(c["first_name"], c["last_name"], strict=True)],
            "Email": c["email"],
            **_stamped(c["created"], owner),
        }


def _cases(seed: sample.Seed, people: Mapping[int, str], now: int) -> Iterator[Chunk]:
    for c in around.cases(seed, now):
        owner = [people[o] for o in c["owner"]]
        yield {
            "Id": [ids.make("500", n) for n in c["number"]],
            "CaseNumber": [number_of(n) for n in c["number"]],
            "AccountId": [ids.make("001", n) for n in c["company"]],
            "OwnerId": owner,
            "Subject": c["subject"],
            "Status": ["Closed" if closed else "New" for closed in c["closed"]],
            "Priority": ["Medium"] * len(owner),
            "IsClosed": [int(closed) for closed in c["closed"]],
            "ClosedDate": [
                at // 1000 * 1000 if x else None for at, x in zip(c["created"], c["closed"], strict=True)
            ],
            **_stamped(c["created"], owner),
        }


def _members(
    org: Org, chunks: Iterator[sample.Columns], people: Mapping[int, str], prefix: str, of: str, name: str
) -> Iterator[Chunk]:
    """Team members of accounts or of opportunities, added by the admin."""
    for c in chunks:
        yield {
            "Id": [ids.make(prefix, n) for n in c["number"]],
            f"{name}Id": [ids.make(of, n) for n in c["of"]],
            "UserId": [people[p] for p in c["person"]],
            "TeamMemberRole": c["role"],
            f"{name}AccessLevel": c["access"],
            **_by_admin(org, len(c["of"])),
        }


def _team_shares(org: Org, chunks: Iterator[sample.Columns], people: Mapping[int, str]) -> Iterator[Chunk]:
    """What each member of an account's team may see of it."""
    return _shares(org, chunks, people, "Team", lambda number: number)


def _manual_shares(org: Org, chunks: Iterator[sample.Columns], people: Mapping[int, str]) -> Iterator[Chunk]:
    first = org.core.state.count("AccountShare")
    return _shares(org, chunks, people, "Manual", lambda number: first + number)


def _shares(
    org: Org,
    chunks: Iterator[sample.Columns],
    people: Mapping[int, str],
    cause: str,
    numbered: Callable[[int], int],
) -> Iterator[Chunk]:
    for c in chunks:
        count = len(c["of"])
        yield {
            "Id": [ids.make("00r", numbered(n)) for n in c["number"]],
            "AccountId": [ids.make("001", n) for n in c["of"]],
            "UserOrGroupId": [people[p] for p in c["person"]],
            "AccountAccessLevel": c["access"],
            "OpportunityAccessLevel": ["None"] * count,
            "RowCause": [cause] * count,
            **_by_admin(org, count),
        }


def _by_admin(org: Org, count: int) -> dict[str, Sequence[Stored]]:
    at = org.core.clock.now() - 90 * 24 * 3600 * 1000
    return _stamped([at] * count, [org.admin_id] * count)
