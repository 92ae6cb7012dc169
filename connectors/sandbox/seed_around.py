"""Sample data around accounts and deals: contacts, cases, and who else may see or works on a record.

As in `seed`, records come in columns and name companies, deals and people by number.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from connectors.sandbox import seed_words as words
from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.seed import Integers, Seed, busy, mostly, owners
from connectors.sandbox.seed_company import DAY, Columns

_CHUNK = 20_000
ROLES = ("Account Manager", "Executive Sponsor", "Pre-Sales Consultant", "Sales Manager", "Sales Rep")
ACCESS = ("Read", "Edit")
_LARGEST_TEAM = 4


def contacts(seed: Seed, now: Milliseconds) -> Iterator[Columns]:
    """Chunks of: number, company, owner, first_name, last_name, email, created."""
    random, owner = seed.random("contacts"), owners(seed)
    for numbers in _chunks(round(seed.accounts * seed.contacts_per_account)):
        count = len(numbers)
        company = busy(random, seed.accounts, count)
        first, last = (random.integers(len(n), size=count) for n in (words.FIRST_NAMES, words.LAST_NAMES))
        yield {
            "number": list(numbers),
            "company": company.tolist(),
            "owner": mostly(random, owner[company], seed.reps),
            "first_name": [words.FIRST_NAMES[i] for i in first],
            "last_name": [words.LAST_NAMES[i] for i in last],
            "email": [f"contact{n}@example.com" for n in numbers],
            "created": (now - (random.random(count) * 700 * DAY).astype(np.int64) - DAY).tolist(),
        }


def cases(seed: Seed, now: Milliseconds) -> Iterator[Columns]:
    """Chunks of: number, company, owner, closed, subject, created; two of three are closed."""
    random, owner = seed.random("cases"), owners(seed)
    for numbers in _chunks(round(seed.accounts * seed.cases_per_account)):
        count = len(numbers)
        company = busy(random, seed.accounts, count)
        yield {
            "number": list(numbers),
            "company": company.tolist(),
            "owner": mostly(random, owner[company], seed.reps),
            "closed": (random.random(count) < 2 / 3).tolist(),
            "subject": [f"Case {n}" for n in numbers],
            "created": (now - (random.random(count) * 400 * DAY).astype(np.int64) - DAY).tolist(),
        }


def teams(seed: Seed) -> Iterator[Columns]:
    """Chunks of: number, of (company), person, role, access: nobody is on one team twice, the owner on none."""
    return _people_on(seed, "teams", owners(seed), seed.with_team, _LARGEST_TEAM)


def shares(seed: Seed) -> Iterator[Columns]:
    """Chunks of: number, of (company), person, role, access: accounts given to colleagues by hand."""
    return _people_on(seed, "shares", owners(seed), seed.with_manual_share, 2)


def deal_teams(seed: Seed) -> Iterator[Columns]:
    """Chunks of: number, of (deal), person, role, access."""
    total = round(seed.accounts * seed.deals_per_account) if seed.accounts else 0
    return _people_on(seed, "deal teams", np.full(total, -1, dtype=np.int64), seed.deals_with_team, 3)


def _people_on(seed: Seed, part: str, owner: Integers, share: float, most: int) -> Iterator[Columns]:
    """People on a share of records: from a random one on, every next rep, but never the record's owner."""
    if not share:
        return
    random = seed.random(part)
    most = min(most, seed.reps - 1) or 1
    of = np.flatnonzero(random.random(len(owner)) < share)
    size = random.integers(1, most + 1, len(of))
    first = random.integers(seed.reps, size=len(of))
    record = np.repeat(of, size)
    place = np.arange(len(record)) - np.repeat(np.cumsum(size) - size, size)
    person = (np.repeat(first, size) + place) % seed.reps
    kept = person != owner[record]
    record, person = record[kept], person[kept]
    role, access = random.integers(len(ROLES), size=len(record)), random.integers(2, size=len(record))
    for numbers in _chunks(len(record)):
        part_of = slice(numbers.start, numbers.stop)
        yield {
            "number": list(numbers),
            "of": record[part_of].tolist(),
            "person": person[part_of].tolist(),
            "role": [ROLES[i] for i in role[part_of]],
            "access": [ACCESS[i] for i in access[part_of]],
        }


def _chunks(total: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, total)) for start in range(0, total, _CHUNK))
