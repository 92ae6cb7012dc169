"""Runs the tests that stand beside the rules, and says which rules no test reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from rules.decisions import Decision
from rules.explanation.explain import Explanation, explain
from rules.explanation.telling import render
from rules.language.ruleset import Rule, RuleSet, RuleTest


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met."""

    what: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        if self.what == "account":
            return f"account {_shown(self.expected)}: {self.found}"
        return f"{self.what}: expected {_shown(self.expected)}, found {_shown(self.found)}"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: passed where `differences` is empty; `explanation` says how the account came out."""

    __test__ = False

    test: RuleTest
    differences: tuple[Difference, ...]
    explanation: Explanation | None
    """None where a golden account is not there."""

    @property
    def passed(self) -> bool:
        """Every expectation was met."""
        return not self.differences

    def __str__(self) -> str:
        if self.passed:
            return f"ok {self.test.name}"
        lines = [f"FAILED {self.test.name} ({self.test.source})"]
        lines += [f"  {difference}" for difference in self.differences]
        if self.explanation is not None:
            lines += [f"  {line}" for line in render(self.explanation).splitlines()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class TestRun:
    """All tests of a rule set; `uncovered` are the rules that decide no test's account, in order."""

    __test__ = False

    results: tuple[TestResult, ...]
    covered: tuple[str, ...]
    uncovered: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Every test passed."""
        return all(result.passed for result in self.results)

    @property
    def coverage(self) -> float:
        """Share of rules that decide at least one test's account, 0..1."""
        return len(self.covered) / max(1, len(self.covered) + len(self.uncovered))

    def __str__(self) -> str:
        failed = [result for result in self.results if not result.passed]
        rules = len(self.covered) + len(self.uncovered)
        lines = [str(result) for result in failed]
        lines.append(
            f"{len(self.results) - len(failed)} of {len(self.results)} tests passed; "
            f"{len(self.covered)} of {rules} rules covered ({self.coverage:.0%})"
        )
        return "\n".join(lines)


Golden = Callable[[str], tuple[Explanation, ...] | None]
"""From the id of an account to its explanations, None where there is no such account."""


def run_tests(rules: RuleSet, as_of: date, explained: Golden | None = None) -> TestRun:
    """Runs every test of the rule set on a day; equal rules, days and golden accounts give equal answers.

    A present owner counts as active in tests that give values. Whom a pod picks depends on all accounts, so a
    test names the pod, or as `owner` one of its members; where the present owner stays, no rule's owner is met.
    `explained` explains a golden account by its id as it is in the last snapshot; such tests fail with a
    difference in `account` where there is none, or no such id.
    """
    results = tuple(_run(test, rules, as_of, explained) for test in rules.tests)
    reached = {id_ for result in results for id_ in _reached(result.explanation)}
    ids = [rule.id for rule in rules.rules]
    return TestRun(
        results,
        covered=tuple(id_ for id_ in ids if id_ in reached),
        uncovered=tuple(id_ for id_ in ids if id_ not in reached),
    )


def _reached(found: Explanation | None) -> Iterator[str]:
    """The rule that decides, and the one beneath that gives a held account its territory."""
    for rule in (found.winner, found.place) if found is not None else ():
        if rule is not None:
            yield rule.id


def _run(test: RuleTest, rules: RuleSet, as_of: date, explained: Golden | None) -> TestResult:
    if test.account is None:
        roles = explain(test.given, rules, as_of)
    elif explained is None:
        return _absent(test, "there is no snapshot to take it from; pull first")
    elif (found := explained(test.account)) is None:
        return _absent(test, "not in the last snapshot")
    else:
        roles = found
    role = next(e for e in roles if e.role == test.expected.role)
    return TestResult(test, tuple(_differences(test, role, rules)), role)


def _absent(test: RuleTest, found: str) -> TestResult:
    return TestResult(test, (Difference("account", test.account, found),), None)


def _differences(test: RuleTest, found: Explanation, rules: RuleSet) -> Iterator[Difference]:
    is_given = found.decision is Decision.ASSIGNED
    winner = found.winner
    actual: dict[str, str | None] = {
        "decision": found.decision.value,
        "rule": winner.id if winner else None,
        "territory": found.territory,
        "pod": winner.pod if winner else None,
        "owner": winner.owner if winner and is_given else None,
        "reason": found.reason,
    }
    for what, expected in test.expected.values.items():
        if what == "reason" and expected is not None and expected in found.reason:
            continue
        if what == "owner" and expected is not None and is_given and _is_member(expected, winner, rules):
            continue
        if expected != actual[what]:
            yield Difference(what, expected, actual[what] or _note(what, found))


def _is_member(email: str, winner: Rule | None, rules: RuleSet) -> bool:
    if winner is None or winner.pod is None:
        return False
    return email.casefold() in {member.email.casefold() for member in rules.pods[winner.pod].members}


def _note(what: str, found: Explanation) -> str | None:
    """Whose name a test cannot know."""
    if what != "owner":
        return None
    if found.decision in (Decision.KEPT, Decision.HELD):
        return "the present owner, who stays"
    winner = found.winner
    return f"one of pod {winner.pod}" if winner is not None and winner.pod else None


def _shown(value: str | None) -> str:
    return "none" if value is None else repr(value)
