"""What an assignment came to, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from rules.engine.outcomes import Outcome
from rules.tables import Decision, ReasonCode


@dataclass(frozen=True, slots=True)
class Tally:
    """How many accounts have one outcome."""

    role: str
    rule_id: str | None
    decision: Decision
    code: ReasonCode
    accounts: int


@dataclass(frozen=True, slots=True)
class AssignSummary:
    """What an assignment came to."""

    as_of: date
    rules_hash: str
    accounts: int
    tallies: tuple[Tally, ...]
    """Outcomes that some account has, sorted by role, rule id, code and decision; each once."""
    data_issues: int
    """Accounts with at least one value that could not be read."""
    expressions: tuple[str, ...]
    """Rules with so many alternatives that masks cannot hold them: evaluated as expressions, which is slower."""

    def count(self, role: str, decision: Decision) -> int:
        """Accounts with this decision for this role."""
        return sum(t.accounts for t in self.tallies if t.role == role and t.decision is decision)


def tallies_of(outcomes: Sequence[Outcome], counts: npt.NDArray[np.int64]) -> tuple[Tally, ...]:
    """`counts` has the number of accounts of every outcome; those that differ in their sentence are one."""
    found: Counter[tuple[str, str, ReasonCode, Decision]] = Counter()
    for outcome, count in zip(outcomes, counts.tolist(), strict=True):
        if count:
            found[outcome.role, outcome.rule_id or "", outcome.code, outcome.decision] += count
    return tuple(
        Tally(role, rule or None, decision, code, count)
        for (role, rule, code, decision), count in sorted(found.items())
    )
