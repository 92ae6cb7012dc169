"""Two rules of one level and role that one account can match: order alone decides between them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rules.engine.masking.classes import tests_in
from rules.language.condition import InList
from rules.language.ruleset import EXCEPTIONS, Action, Rule
from rules.proof.account import Account
from rules.proof.circuit import Literal
from rules.proof.codes import ProofCode, Severity
from rules.proof.findings import Finding
from rules.proof.pairs import meeting
from rules.proof.solver import Undecided
from rules.proof.world import World


def overlaps(world: World, most: int, without: Collection[str] = ()) -> Iterator[Finding]:
    """One finding for each pair, at most so many; a rule that takes every account is no party to one.

    `without` has the ids of rules of which something worse is said.
    """
    found = 0
    for (level, role), group in _groups(world, without).items():
        above = _above(world, level, role)
        targets = [target(world.rules.rules[number]) for number in group]
        for one, other in meeting(world, group, targets):
            if _is_meant(world, one, other):
                continue
            finding = _finding(world, one, other, above)
            if finding is not None:
                yield finding
                found += 1
            if found >= most:
                return


def target(rule: Rule) -> tuple[Action, str, str | None, str | None]:
    """What becomes of accounts, apart from the rule's name."""
    return rule.action, rule.territory, rule.owner, rule.pod


def _groups(world: World, without: Collection[str]) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for number, rule in enumerate(world.rules.rules):
        if not world.is_trivial(number) and rule.id not in without:
            groups.setdefault((rule.level, rule.role), []).append(number)
    return groups


def _above(world: World, level: str, role: str) -> Literal:
    """No rule of a higher level takes the account for good."""
    order = world.rules.levels
    higher = set(order[: order.index(level)]) | {EXCEPTIONS} if level in order else set()
    return world.encoding.circuit.both(
        -world.takes[number]
        for number, rule in enumerate(world.rules.rules)
        if rule.role == role and rule.level in higher and rule.action is not Action.KEEP
    )


def _is_meant(world: World, one: int, other: int) -> bool:
    first, second = world.rules.rules[one], world.rules.rules[other]
    return second.id in first.over or first.id in second.over


def _finding(world: World, one: int, other: int, above: Literal) -> Finding | None:
    first, second = world.rules.rules[one], world.rules.rules[other]
    answer = world.show([world.takes[one], world.takes[other], above], [one, other])
    if isinstance(answer, Undecided):
        sentence = f"whether one account can match both {first.id} and {second.id} could not be worked out"
        return Finding(ProofCode.UNDECIDED, Severity.NOTE, (second.id, first.id), second.source, sentence)
    if not isinstance(answer, Account):
        return None
    lists = _lists(first, second)
    code = ProofCode.LISTS if lists else ProofCode.OVERLAP
    is_apart = first.level == EXCEPTIONS and not _fields(first) & _fields(second)
    what = f" by the lists {lists[0]} and {lists[1]}, which share values" if lists else ""
    sentence = (
        f"rules {first.id} ({where(first)}) and {second.id} ({where(second)}) can match one account{what}"
    )
    advice = f"keep them apart, or say 'over: [{second.id}]' in {first.id}"
    if first.level == EXCEPTIONS:
        sentence = f"exceptions {first.id} and {second.id} are both live and can hold of one account"
        advice = "end one of them"
    return Finding(
        code, Severity.NOTE if is_apart else Severity.ERROR, (second.id, first.id), second.source,
        sentence, advice, answer, role=first.role,
    )  # fmt: skip


def _fields(rule: Rule) -> set[str]:
    return {test.field for test in tests_in(rule.when)}


def _lists(first: Rule, second: Rule) -> tuple[str, str] | None:
    """The lists of one field by which both rules go, where each goes by one of its own."""
    one = {test.field: test.list for test in tests_in(first.when) if isinstance(test, InList)}
    other = {test.field: test.list for test in tests_in(second.when) if isinstance(test, InList)}
    for field in one.keys() & other.keys():
        if one[field] != other[field]:
            return one[field], other[field]
    return None


def where(rule: Rule) -> str:
    """Where a rule leads to, in a few words."""
    if rule.action is not Action.ASSIGN:
        return "the present owner stays" if rule.action is Action.KEEP else "the ultimate parent's"
    whom = f"pod {rule.pod}" if rule.pod else rule.owner
    return f"{rule.territory}, {whom}" if whom else rule.territory
