"""What proofs claim of every account there could be is what looking at every account shows."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.language.ruleset import Rule, RuleSet
from rules.proof.account import Account
from rules.proof.codes import ProofCode
from rules.proof.lint import prove
from rules.proof.overlap import target
from rules.proof.solver import Impossible
from rules.proof.world import World
from tests.rules.proof.worlds import Record, accounts, rule_sets, takes

DAY = date(2026, 11, 23)
FEW = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


@FEW
@given(rule_sets())
def test_findings_are_those_of_looking_at_every_account(made: tuple[list[str], RuleSet]) -> None:
    fields, rules = made
    every = list(accounts(fields, rules))
    found = prove(rules, DAY)
    assert not [finding for finding in found if finding.code is ProofCode.UNDECIDED]
    dead = {f.rules[0] for f in found if f.code in (ProofCode.SHADOWED, ProofCode.CONTRADICTION)}
    pairs = {frozenset(f.rules) for f in found if f.code in (ProofCode.OVERLAP, ProofCode.LISTS)}
    first = [next((rule for rule in rules.rules if takes(rule, record, rules)), None) for record in every]
    # A rule that wins an account is not dead, and the proofs' witnesses are checked where they are made.
    assert not dead & {rule.id for rule in first if rule}
    meeting = {frozenset((a.id, b.id)) for a, b in _meeting(every, rules)}
    assert {pair for pair in meeting if not pair & dead} <= pairs
    if None in first:
        assert any(finding.code is ProofCode.GAP for finding in found)


def _meeting(every: list[Record], rules: RuleSet) -> set[tuple[Rule, Rule]]:
    """Pairs of one level that both take an account that no higher level takes; what takes all is no party to one."""
    all_taking = {rule.id for rule in rules.rules if all(takes(rule, record, rules) for record in every)}
    found = set()
    for record in every:
        taken = [rule for rule in rules.rules if takes(rule, record, rules)]
        if taken:
            level = [rule for rule in taken if rule.level == taken[0].level and rule.id not in all_taking]
            found |= {(a, b) for a in level for b in level if target(a) != target(b)}
    return found


@FEW
@given(rule_sets(most=3), st.data())
def test_any_question_of_taking_and_not_taking_is_answered_right(
    made: tuple[list[str], RuleSet], data: st.DataObject
) -> None:
    fields, rules = made
    wanted = [data.draw(st.sampled_from([None, True, False])) for _ in rules.rules]

    def fits(record: Record) -> bool:
        return all(
            want is None or takes(rule, record, rules) is want
            for rule, want in zip(rules.rules, wanted, strict=True)
        )

    with World(rules) as world:
        literals = [
            literal if want else -literal
            for literal, want in zip(world.takes, wanted, strict=True)
            if want is not None
        ]
        by_samples = data.draw(st.booleans())
        answer = world.show(literals, range(len(rules.rules)), by_samples=by_samples)
        if isinstance(answer, Account):
            assert fits(answer.values), str(answer)
        else:
            assert isinstance(answer, Impossible)
            assert not any(fits(record) for record in accounts(fields, rules))
