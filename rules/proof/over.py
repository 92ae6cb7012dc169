"""`over` where it says nothing: rules that cannot meet, or that stand in the other order."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.ruleset import Rule
from rules.proof.codes import ProofCode, Severity
from rules.proof.findings import Finding
from rules.proof.solver import Impossible
from rules.proof.world import World


def needless(world: World) -> Iterator[Finding]:
    """One finding for each name in an `over` that could be left out or cannot be meant."""
    numbers = {rule.id: number for number, rule in enumerate(world.rules.rules)}
    for number, rule in enumerate(world.rules.rules):
        for name in rule.over:
            other = numbers.get(name)
            if other is None:
                continue
            if other < number:
                yield _finding(
                    rule, name, f"comes after it, so that {name} wins", f"put {rule.id} before {name}"
                )
            elif isinstance(world.show([world.takes[number], world.takes[other]], ()), Impossible):
                why = "but no account can match both"
                yield _finding(rule, name, why, "leave it out")


def _finding(rule: Rule, other: str, why: str, advice: str) -> Finding:
    sentence = f"rule {rule.id} says it is over {other}, {why}"
    return Finding(
        ProofCode.NEEDLESS_OVER,
        Severity.WARNING,
        (rule.id, other),
        rule.source,
        sentence,
        advice,
        role=rule.role,
    )
