"""What it takes to write fields by ingest jobs, told before anything is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

ROWS = 25_000
"""Writes that go into one job."""
SENT = 200
"""Records of one Collections call (doc)."""
POLLS = 5
"""Looks at a job of 25,000 rows, each after twice the time of the one before: more than two minutes."""
_EACH = {"ingest_create": 1, "ingest_upload": 1, "ingest_close": 1, "ingest_poll": POLLS, "ingest_results": 2}
"""The rows that were written and those that failed are two files."""


@dataclass(frozen=True, slots=True)
class Split:
    """How many jobs, and how many records are left over for Collections."""

    jobs: int
    singly: int
    tried: int = 0
    """Accounts of a first job, whose owners are looked at before and after."""

    @property
    def calls(self) -> Counter[str]:
        """Calls that write them, at most, where no job takes longer than usual."""
        looks = Counter({"retrieve": 2 if self.tried else 0})
        return calls_of(self.jobs + bool(self.tried)) + Counter({"write": -(-self.singly // SENT)}) + looks

    def __str__(self) -> str:
        said = []
        if self.jobs:
            said.append(f"{self.jobs:,} Bulk 2.0 job{'s' if self.jobs > 1 else ''} of up to {ROWS:,}")
        if self.tried:
            said.append(f"one of {self.tried:,} before them")
        if self.singly:
            said.append(f"{f'the last {self.singly:,} by ' if self.jobs else ''}Collections, {SENT} a call")
        return ", ".join(said)


def split(records: int, above: int, probe: int = 0) -> Split:
    """A job for as many as wait above the size that is worth one, like the applier's batches; the first of all is
    one of `probe` accounts, where more follow."""
    tried = probe if records > max(above, probe) else 0
    jobs = 0
    while records > above:
        jobs, records = jobs + 1, max(0, records - ROWS)
    return Split(jobs, records, tried)


def calls_of(jobs: int) -> Counter[str]:
    """Calls of so many jobs."""
    return Counter({kind: calls * jobs for kind, calls in _EACH.items()} if jobs else {})
