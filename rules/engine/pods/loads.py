"""What the rules send to every pod, against what its members may take: a fact of one night's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rules.engine.pods.owners import Owners
from rules.engine.pods.shares import team_of
from rules.engine.summary import AssignSummary
from rules.language.ruleset import Rule, RuleSet
from rules.tables import ReasonCode

SENT = frozenset({ReasonCode.MATCHED, ReasonCode.STICKY, ReasonCode.POD_FULL, ReasonCode.NO_ELIGIBLE_MEMBER})
"""Outcomes of accounts that a rule sends to its pod, whether somebody there took them or not."""


@dataclass(frozen=True, slots=True)
class PodLoad:
    """One pod in one role."""

    pod: str
    role: str
    rules: tuple[str, ...]
    """Ids of the rules that send accounts there, in order."""
    accounts: int
    """Accounts that they sent, held ones among them; without those who follow an ultimate parent."""
    left_over: int
    """Of them, those that nobody could take."""
    members: int
    """Members who are active persons."""
    room: int | None
    """The caps of the members together; None where one of them has none, 0 where there is nobody."""

    @property
    def is_too_small(self) -> bool:
        """The members cannot hold what the rules send: by their caps, or because there is nobody."""
        return self.left_over > 0 or (self.room is not None and self.accounts > self.room)


def pod_loads(rules: RuleSet, owners: Owners, summary: AssignSummary) -> tuple[PodLoad, ...]:
    """Every pod that some rule of the role names, by pod and role; `owners` as read for the summary's day."""
    pairs = sorted({(rule.pod, rule.role) for rule in rules.rules if rule.pod})
    return tuple(_load(pod, role, rules, owners, summary) for pod, role in pairs)


def _load(pod: str, role: str, rules: RuleSet, owners: Owners, summary: AssignSummary) -> PodLoad:
    senders = [rule for rule in rules.rules if rule.pod == pod and rule.role == role]
    sent = {rule.id: _sent(rule, summary) for rule in senders}
    room, members = _room(pod, rules, owners, summary.as_of)
    accounts, left = (sum(pair[part] for pair in sent.values()) for part in (0, 1))
    return PodLoad(pod, role, tuple(sent), accounts, left, members, room)


def _sent(rule: Rule, summary: AssignSummary) -> tuple[int, int]:
    """Accounts that the rule sent to its pod, and those of them that nobody took."""
    mine = [tally for tally in summary.tallies if tally.rule_id == rule.id and tally.role == rule.role]
    sent = sum(tally.accounts for tally in mine if tally.code in SENT or tally.code is ReasonCode.EXCEPTION)
    none = (ReasonCode.POD_FULL, ReasonCode.NO_ELIGIBLE_MEMBER)
    return sent, sum(tally.accounts for tally in mine if tally.code in none)


def _room(pod: str, rules: RuleSet, owners: Owners, day: date) -> tuple[int | None, int]:
    shares = team_of(rules.pods[pod], owners, rules.reps, day).shares
    caps = [share.cap for share in shares]
    return (None if None in caps else sum(cap for cap in caps if cap is not None)), len(shares)
