"""Accounts that no rule takes."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.place import Source
from rules.language.ruleset import Action
from rules.proof.account import Account
from rules.proof.codes import ProofCode, Severity
from rules.proof.findings import Finding
from rules.proof.solver import Undecided
from rules.proof.world import World


def gaps(world: World, place: Source) -> Iterator[Finding]:
    """For each role the accounts that no rule takes, or none but the catch-all; `place` is of the document."""
    for number, role in enumerate(world.rules.roles):
        yield from _gap(world, role, Severity.NOTE if number else Severity.WARNING, place)


def _gap(world: World, role: str, severity: Severity, place: Source) -> Iterator[Finding]:
    rules = [n for n in world.of_role(role) if world.rules.rules[n].action is not Action.KEEP]
    last = next((n for n in rules if world.is_trivial(n)), None)
    others = [n for n in rules if last is None or n < last]
    answer = world.show([-world.takes[number] for number in others], others, by_samples=False)
    if isinstance(answer, Undecided):
        sentence = f"whether rules of the role {role} leave accounts to nobody could not be worked out"
        yield Finding(ProofCode.UNDECIDED, Severity.NOTE, (), place, sentence, role=role)
    elif isinstance(answer, Account) and last is None:
        sentence = f"there are accounts that no rule of the role {role} takes"
        advice = "add a catch-all: a rule at the last level with 'when: {}'"
        yield Finding(ProofCode.GAP, severity, (), place, sentence, advice, answer, role=role)
    elif isinstance(answer, Account) and last is not None:
        rule = world.rules.rules[last]
        sentence = f"there are accounts that only the catch-all {rule.id} takes in the role {role}"
        yield Finding(
            ProofCode.CATCH_ALL, Severity.NOTE, (rule.id,), rule.source, sentence, "", answer, role=role
        )
