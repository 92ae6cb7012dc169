"""Sample data for any CRM: the same seed gives the same companies to every vendor.

Records come in columns (name → list), a chunk at a time, and name each other by number: company 0, 1, 2 …,
person 0, 1, 2 …; a vendor turns numbers into its ids and columns into its fields. Sizes are heavy-tailed, some
companies form families three deep, and the data is as dirty as real data is. Everything depends on the seed and,
for instants, on the `now` that is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from connectors.sandbox import seed_words as words
from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.seed_company import DAY, Columns, companies_of

_CHUNK = 20_000
__all__ = [
    "Columns", "Person", "Seed", "activities", "busy", "companies", "deals", "mostly", "owners", "parents", "people",
]  # fmt: skip
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Seed:
    """How much sample data, and which. Activities and deals are averages; a few accounts have most of them.

    Contacts, cases, teams and shares are made where they are asked for, by CRMs that have them; shares are of all
    accounts, or of all deals, from 0.0 to 1.0.
    """

    accounts: int = 500
    reps: int = 12
    seed: int = 1
    activities_per_account: float = 4.0
    deals_per_account: float = 0.6
    contacts_per_account: float = 0.0
    cases_per_account: float = 0.0
    with_team: float = 0.0
    """Share of accounts that have a team of one to four people."""
    with_manual_share: float = 0.0
    """Share of accounts that somebody gave a colleague access to by hand."""
    deals_with_team: float = 0.0
    """Share of deals that have a team."""

    def __post_init__(self) -> None:
        averages = (
            self.activities_per_account,
            self.deals_per_account,
            self.contacts_per_account,
            self.cases_per_account,
        )
        if self.accounts < 0 or self.reps < 1 or min(averages) < 0:
            raise ValueError(f"{self}: counts are not negative and there is at least one rep")
        if not all(0 <= s <= 1 for s in (self.with_team, self.with_manual_share, self.deals_with_team)):
            raise ValueError(f"{self}: shares lie between 0.0 and 1.0")

    def random(self, part: str) -> np.random.Generator:
        """The randomness of one part of the data; parts do not disturb each other."""
        return np.random.default_rng([self.seed, *part.encode()])


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or something, that can own records."""

    number: int
    first_name: str
    last_name: str
    email: str
    role: str
    """rep, admin, integration or queue."""
    active: bool

    @property
    def name(self) -> str:
        """As shown in the CRM."""
        return f"{self.first_name} {self.last_name}".strip()


def people(seed: Seed) -> list[Person]:
    """`seed.reps` active reps, a tenth as many inactive ones (at least one), then admin, integration, two queues."""
    random = seed.random("people")
    left = max(1, seed.reps // 10)
    made = []
    for number in range(seed.reps + left):
        first = words.FIRST_NAMES[int(random.integers(len(words.FIRST_NAMES)))]
        last = words.LAST_NAMES[int(random.integers(len(words.LAST_NAMES)))]
        made.append(Person(number, first, last, f"rep{number}@example.com", "rep", number < seed.reps))
    others = (("Ada", "Admin", "admin"), ("Integration", "User", "integration"))
    for first, last, role in others:
        made.append(Person(len(made), first, last, f"{role}@example.com", role, True))
    for name in ("Inbound Leads", "Unassigned Accounts"):
        made.append(Person(len(made), "", name, f"queue{len(made)}@example.com", "queue", True))
    return made


def owners(seed: Seed) -> Integers:
    """The person who owns each company, -1 for nobody: books differ in size, some belong to who has left."""
    random = seed.random("owners")
    left = max(1, seed.reps // 10)
    share = random.lognormal(0, 0.7, seed.reps)
    owner = random.choice(seed.reps, seed.accounts, p=share / share.sum())
    luck = random.random(seed.accounts)
    gone = luck < 0.06
    owner[gone] = seed.reps + random.integers(left, size=int(gone.sum()))
    owner[(luck >= 0.06) & (luck < 0.14)] = -1
    return owner.astype(np.int64)


def companies(seed: Seed, now: Milliseconds) -> Iterator[Columns]:
    """Chunks of: number, name, parent (number or None), owner (number or None), country, country_code, state, city,
    postal_code, street, website, phone, industry, employees, annual_revenue, type, created, modified."""
    random, owner, parent = seed.random("companies"), owners(seed), parents(seed)
    for start in range(0, seed.accounts, _CHUNK):
        numbers = range(start, min(start + _CHUNK, seed.accounts))
        chunk = companies_of(random, numbers, now)
        chunk["owner"] = [None if o < 0 else int(o) for o in owner[start : numbers.stop]]
        chunk["parent"] = [None if p < 0 else int(p) for p in parent[start : numbers.stop]]
        yield chunk


def parents(seed: Seed) -> Integers:
    """The parent of each company, -1 for most: a tenth are children of a root, a fortieth are grandchildren."""
    random = seed.random("families")
    level = random.choice(3, seed.accounts, p=(0.875, 0.1, 0.025))
    parent = np.full(seed.accounts, -1, dtype=np.int64)
    for above, below in ((0, 1), (1, 2)):
        candidates, children = np.flatnonzero(level == above), np.flatnonzero(level == below)
        if len(candidates) and len(children):
            chosen = (random.pareto(1.2, len(children)) * len(candidates) / 50).astype(np.int64)
            parent[children] = candidates[np.minimum(chosen, len(candidates) - 1)]
    return parent


def deals(seed: Seed, now: Milliseconds) -> Iterator[Columns]:
    """Chunks of: number, company, owner, name, stage, probability (share), closed, won, amount, close_day (days since
    1970), created, modified."""
    random, owner = seed.random("deals"), owners(seed)
    total = round(seed.accounts * seed.deals_per_account) if seed.accounts else 0
    weights = np.array([stage[4] for stage in words.STAGES])
    for start in range(0, total, _CHUNK):
        count = min(_CHUNK, total - start)
        company = busy(random, seed.accounts, count)
        stage = [words.STAGES[i] for i in random.choice(len(words.STAGES), count, p=weights / weights.sum())]
        closed = np.array([s[2] for s in stage])
        created = now - (random.random(count) * 700 * DAY).astype(np.int64) - DAY
        days = np.where(closed, -random.integers(1, 500, count), random.integers(-30, 200, count))
        yield {
            "number": list(range(start, start + count)),
            "company": company.tolist(),
            "owner": mostly(random, owner[company], seed.reps),
            "name": [f"Deal {start + i}" for i in range(count)],
            "stage": [s[0] for s in stage],
            "probability": [s[1] for s in stage],
            "closed": [s[2] for s in stage],
            "won": [s[3] for s in stage],
            "amount": _amounts(random, count),
            "close_day": (now // DAY + days).tolist(),
            "created": created.tolist(),
            "modified": (created + ((now - created) * random.random(count) ** 0.5).astype(np.int64)).tolist(),
        }


def activities(seed: Seed, now: Milliseconds) -> Iterator[Columns]:
    """Chunks of: number, company, owner, type, direction (inbound, outbound or None), done, minutes (or None),
    occurred, subject, modified; all of the last 180 days, but for a few tasks that are still to come."""
    random, owner = seed.random("activities"), owners(seed)
    total = round(seed.accounts * seed.activities_per_account) if seed.accounts else 0
    kinds = [kind for kind, _ in words.ACTIVITIES]
    weights = np.array([weight for _, weight in words.ACTIVITIES])
    for start in range(0, total, _CHUNK):
        count = min(_CHUNK, total - start)
        company = busy(random, seed.accounts, count)
        kind = [kinds[i] for i in random.choice(len(kinds), count, p=weights / weights.sum())]
        occurred = now - (random.random(count) ** 1.3 * 180 * DAY).astype(np.int64) - 60_000
        late = random.random(count)
        occurred = np.where(
            (late < 0.3) & np.array([k == "task" for k in kind]), occurred + 190 * DAY, occurred
        )
        inbound = (random.random(count) < 0.35).tolist()
        length = (random.gamma(2.0, 11.0, count).round() + 1).tolist()
        pick = random.integers(60, size=count).tolist()
        yield {
            "number": list(range(start, start + count)),
            "company": company.tolist(),
            "owner": mostly(random, owner[company], seed.reps),
            "type": kind,
            "direction": [
                ("inbound" if i else "outbound") if k in ("call", "email") else None
                for i, k in zip(inbound, kind, strict=True)
            ],
            "done": (occurred <= now).tolist(),
            "minutes": [m if k in ("call", "meeting") else None for m, k in zip(length, kind, strict=True)],
            "occurred": occurred.tolist(),
            "subject": [
                words.SUBJECTS[k][p % len(words.SUBJECTS[k])] for k, p in zip(kind, pick, strict=True)
            ],
            "modified": np.minimum(occurred + random.integers(0, DAY, count), now - 60_000).tolist(),
        }


def _amounts(random: np.random.Generator, count: int) -> list[float | None]:
    """Heavy-tailed amounts of money; one in twenty is missing."""
    amounts = random.lognormal(9.8, 1.3, count).round(2).tolist()
    return [
        None if luck < 0.05 else a for a, luck in zip(amounts, random.random(count).tolist(), strict=True)
    ]


def busy(random: np.random.Generator, accounts: int, count: int) -> Integers:
    """Companies drawn so that a few have most: the square of a uniform draw, spread over the numbers by a stride."""
    rank = (random.random(count) ** 2.2 * accounts).astype(np.int64)
    return rank * 7919 % accounts if accounts % 7919 else rank


def mostly(random: np.random.Generator, owner: Integers, reps: int) -> list[int]:
    """The account's owner four times in five, else any rep, who is also the one where nobody owns the account."""
    anyone = random.integers(reps, size=len(owner))
    return np.where((owner < 0) | (random.random(len(owner)) < 0.2), anyone, owner).tolist()  # type: ignore[no-any-return]
