"""Rules that decide nothing: contradictions, and rules that earlier ones leave nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.reading.problems import listing
from rules.proof.account import Account
from rules.proof.codes import ProofCode, Severity
from rules.proof.findings import Finding
from rules.proof.solver import Found, Undecided
from rules.proof.world import World


def dead_rules(world: World) -> Iterator[Finding]:
    """One finding for each rule that takes no account, with the smallest set of rules that is to blame."""
    reached = _reached_by_samples(world)
    for number, rule in enumerate(world.rules.rules):
        if number in reached:
            continue
        before = world.before(number)
        answer = world.solver.ask([world.takes[number], *(-world.takes[earlier] for earlier in before)])
        if isinstance(answer, Found):
            continue
        if isinstance(answer, Undecided):
            sentence = f"whether rule {rule.id} ever takes an account could not be worked out"
            yield Finding(ProofCode.UNDECIDED, Severity.NOTE, (rule.id,), rule.source, sentence)
            continue
        yield _finding(world, number, before)


def _reached_by_samples(world: World) -> set[int]:
    """Rules that some sample gets to."""
    reached = set()
    samples = world.samples
    for role in world.rules.roles:
        open_to_assign = open_to_keep = samples.possible
        for number in world.of_role(role):
            rule, taken = world.rules.rules[number], samples.where(world.takes[number])
            is_keep = rule.action == "keep"
            if taken & (open_to_keep if is_keep else open_to_assign):
                reached.add(number)
            if not is_keep:
                open_to_assign &= ~taken
                open_to_keep &= ~taken
            elif rule.hold_days is None:
                open_to_keep &= ~taken
    return reached


def _finding(world: World, number: int, before: list[int]) -> Finding:
    rule = world.rules.rules[number]
    by_literal = {-world.takes[earlier]: earlier for earlier in reversed(before)}
    least = world.solver.least(list(by_literal), [world.takes[number]])
    if not least:
        sentence = f"no account can meet the condition of rule {rule.id}"
        return Finding(
            ProofCode.CONTRADICTION, Severity.ERROR, (rule.id,), rule.source, sentence,
            "it contradicts itself, or what the domains say; mend or remove it", role=rule.role,
        )  # fmt: skip
    blocking = sorted(by_literal[literal] for literal in least)
    ids = [world.rules.rules[earlier].id for earlier in blocking]
    shown = world.show([world.takes[number]], [number, *blocking])
    witness = shown if isinstance(shown, Account) else None
    word = "rule" if len(ids) == 1 else "rules"
    sentence = f"rule {rule.id} takes no account: {word} {listing(ids)} {'takes' if len(ids) == 1 else 'take'} every one before"
    return Finding(
        ProofCode.SHADOWED, Severity.ERROR, (rule.id, *ids), rule.source, sentence,
        "put it before, or at a higher level, or remove it", witness, role=rule.role,
    )  # fmt: skip
