"""All proofs over one rule set on one day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rules.language.place import Source
from rules.language.ruleset import RuleSet
from rules.language.today import on_day
from rules.proof.alive import dead_rules
from rules.proof.calendar import ending
from rules.proof.check import checked
from rules.proof.codes import ProofCode
from rules.proof.findings import Finding, in_order
from rules.proof.gaps import gaps
from rules.proof.over import needless
from rules.proof.overlap import overlaps
from rules.proof.world import World

MOST = 500
"""Overlaps that are listed; nobody reads more."""
SOON_DAYS = 14


def prove(
    rules: RuleSet, as_of: date, *, soon_days: int = SOON_DAYS, most: int = MOST
) -> tuple[Finding, ...]:
    """Everything that is wrong with the rules as they count on the day, errors first; empty proves that nothing is.

    Every witness was decided by the rules themselves and shows its fault (ProofError where it does not, which is
    a fault of this program). Raises AssignError where a condition uses a field or list that is not declared.
    """
    return in_order(_findings(rules, as_of, soon_days, most))


def _findings(rules: RuleSet, as_of: date, soon_days: int, most: int) -> Iterator[Finding]:
    yield from ending(rules, as_of, soon_days)
    place = Source(rules.files[0] if rules.files else "rules.yaml", 1, 1)
    today = on_day(rules, as_of)
    with World(today) as world:
        dead = tuple(dead_rules(world))
        never = {finding.rules[0] for finding in dead if finding.code is not ProofCode.UNDECIDED}
        others = (*overlaps(world, most, never), *needless(world), *gaps(world, place))
    yield from checked((*dead, *others), today)
