"""The outcomes that rules can lead to, each written once; accounts only carry their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from rules.language.ruleset import Rule
from rules.reasons import reason_of
from rules.tables import Decision, ReasonCode

DECISIONS = {
    ReasonCode.MATCHED: Decision.ASSIGNED,
    ReasonCode.STICKY: Decision.ASSIGNED,
    ReasonCode.ONLY_UNASSIGNED: Decision.KEPT,
    ReasonCode.UNKNOWN_FIELD: Decision.REVIEW,
}
"""Every other code leaves the account unassigned."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the assignments say of all accounts with this outcome, apart from the owner."""

    role: str
    rule: Rule | None
    code: ReasonCode
    reason: str

    @property
    def decision(self) -> Decision:
        """The decision that the code stands for."""
        return DECISIONS.get(self.code, Decision.UNASSIGNED)


class Catalogue:
    """Outcomes by number."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self._numbers: dict[tuple[str, str | None, ReasonCode], int] = {}

    def number_of(self, role: str, rule: Rule | None, code: ReasonCode, detail: str = "") -> int:
        """The number of this outcome; the first call writes its reason."""
        key = (role, rule.id if rule else None, code)
        if key not in self._numbers:
            self._numbers[key] = len(self.outcomes)
            self.outcomes.append(Outcome(role, rule, code, _reason(rule, code, detail)))
        return self._numbers[key]

    def columns(self) -> dict[str, pa.DictionaryArray]:
        """One value per outcome for every column of the assignments that the outcome decides."""
        rows = [
            {
                "role": outcome.role,
                "decision": outcome.decision,
                "territory": outcome.rule and outcome.rule.territory,
                "level": outcome.rule and outcome.rule.level,
                "rule_id": outcome.rule and outcome.rule.id,
                "reason_code": outcome.code,
                "reason": outcome.reason,
            }
            for outcome in self.outcomes
        ]
        return {column: _strings([row[column] for row in rows]) for column in rows[0]} if rows else {}


def _strings(values: Sequence[object]) -> pa.DictionaryArray:
    return pa.array(
        [None if value is None else str(value) for value in values], pa.string()
    ).dictionary_encode()


def _reason(rule: Rule | None, code: ReasonCode, detail: str) -> str:
    if rule is None:
        return "no rule matches"
    matched = reason_of(rule)
    match code:
        # One sentence whether the owner was just given or stays: it is written to the CRM, and a reason that
        # changed by itself would be written again the night after.
        case ReasonCode.MATCHED | ReasonCode.STICKY | ReasonCode.ONLY_UNASSIGNED:
            return matched
        case ReasonCode.UNKNOWN_FIELD:
            return f"{rule.id} cannot be decided, as a field that it asks for is missing; a person must look"
        case ReasonCode.NO_OWNER:
            return f"{matched}; the rule names no owner"
        case ReasonCode.NO_ELIGIBLE_MEMBER:
            return f"{matched}; no member of pod {rule.pod} is an active person in the CRM"
        case _:
            return f"{matched}; {detail}"
