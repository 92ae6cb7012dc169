"""The outcomes that rules can lead to, each written once; accounts only carry their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from rules.language.ruleset import Rule
from rules.tables import Decision, ReasonCode

NO_TERRITORY = 0
OF_THE_PARENT = 1
"""Number of the territory that is the ultimate parent's, until that one is known."""
FIRST_TERRITORY = 2
DECISIONS = {
    ReasonCode.MATCHED: Decision.ASSIGNED,
    ReasonCode.STICKY: Decision.ASSIGNED,
    ReasonCode.ONLY_UNASSIGNED: Decision.KEPT,
    ReasonCode.HELD: Decision.HELD,
    ReasonCode.UNKNOWN_FIELD: Decision.REVIEW,
    ReasonCode.FAMILY: Decision.ASSIGNED,
    ReasonCode.FAMILY_BROKEN: Decision.REVIEW,
}
"""Every other code leaves the account unassigned."""
GIVES = frozenset({ReasonCode.MATCHED, ReasonCode.STICKY, ReasonCode.ONLY_UNASSIGNED, ReasonCode.HELD})
"""Codes in whose place an exception has its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the assignments say of all accounts with this outcome, apart from the owner.

    `territory` is a number of the catalogue; a hold and a family have it from elsewhere, account by account.
    """

    role: str
    decision: Decision
    code: ReasonCode
    rule_id: str | None
    level: str | None
    territory: int
    reason: str


class Catalogue:
    """Outcomes and territories by number."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.territories: list[str | None] = [None, None]
        self._numbers: dict[Outcome, int] = {}
        self._places: dict[str, int] = {"": NO_TERRITORY}

    def number_of(self, outcome: Outcome) -> int:
        """The number of this outcome."""
        if outcome not in self._numbers:
            self._numbers[outcome] = len(self.outcomes)
            self.outcomes.append(outcome)
        return self._numbers[outcome]

    def outcome(self, role: str, rule: Rule, code: ReasonCode, reason: str) -> int:
        """The number of what a rule says with this code; an exception's own code stands before the usual ones."""
        shown = ReasonCode.EXCEPTION if rule.exception is not None and code in GIVES else code
        decision = DECISIONS.get(code, Decision.UNASSIGNED)
        place = self.territory(rule.territory)
        return self.number_of(Outcome(role, decision, shown, rule.id, rule.level, place, reason))

    def nothing(self, role: str) -> int:
        """The number of the outcome of accounts that no rule takes."""
        decision, code = Decision.UNASSIGNED, ReasonCode.NO_RULE
        return self.number_of(Outcome(role, decision, code, None, None, NO_TERRITORY, "no rule matches"))

    def territory(self, name: str) -> int:
        """The number of a territory, `NO_TERRITORY` for ""."""
        if name not in self._places:
            self._places[name] = len(self.territories)
            self.territories.append(name)
        return self._places[name]

    def columns(self) -> dict[str, pa.DictionaryArray]:
        """One value per outcome for the columns of the assignments that it alone decides: all but the territory."""
        if not self.outcomes:
            return {}
        found: dict[str, list[str | None]] = {
            "role": [outcome.role for outcome in self.outcomes],
            "decision": [str(outcome.decision) for outcome in self.outcomes],
            "level": [outcome.level for outcome in self.outcomes],
            "rule_id": [outcome.rule_id for outcome in self.outcomes],
            "reason_code": [str(outcome.code) for outcome in self.outcomes],
            "reason": [outcome.reason for outcome in self.outcomes],
        }
        return {column: _strings(values) for column, values in found.items()}


def _strings(values: Sequence[str | None]) -> pa.DictionaryArray:
    return pa.array(values, pa.string()).dictionary_encode()
