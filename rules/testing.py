"""Runs the tests that stand beside the rules, and says which rules no test reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.decisions import Decision
from rules.explain import Explanation, explain, render
from rules.language.ruleset import Mode, Rule, RuleSet, RuleTest


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met."""

    what: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        return f"{self.what}: expected {_shown(self.expected)}, found {_shown(self.found)}"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: passed where `differences` is empty; `explanation` says how the account came out."""

    __test__ = False

    test: RuleTest
    differences: tuple[Difference, ...]
    explanation: Explanation

    @property
    def passed(self) -> bool:
        """Every expectation was met."""
        return not self.differences

    def __str__(self) -> str:
        if self.passed:
            return f"ok {self.test.name}"
        lines = [f"FAILED {self.test.name} ({self.test.source})"]
        lines += [f"  {difference}" for difference in self.differences]
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


def run_tests(rules: RuleSet) -> TestRun:
    """Runs every test of the rule set; nothing outside the rules is asked, so the answer never varies.

    A present owner (`owner_id`) counts as active. Whom a pod picks depends on all accounts, so a test names
    the pod, or as `owner` one of its members.
    """
    results = tuple(_run(test, rules) for test in rules.tests)
    reached = {result.explanation.winner.id for result in results if result.explanation.winner is not None}
    ids = [rule.id for rule in rules.rules]
    return TestRun(
        results,
        covered=tuple(id_ for id_ in ids if id_ in reached),
        uncovered=tuple(id_ for id_ in ids if id_ not in reached),
    )


def _run(test: RuleTest, rules: RuleSet) -> TestResult:
    found = next(e for e in explain(test.given, rules) if e.role == test.expected.role)
    return TestResult(test, tuple(_differences(test, found, rules)), found)


def _differences(test: RuleTest, found: Explanation, rules: RuleSet) -> Iterator[Difference]:
    has_owner = not found.is_review and decision_of(found, test) in (Decision.ASSIGNED, Decision.KEPT)
    winner = found.winner
    actual: dict[str, str | None] = {
        "decision": decision_of(found, test).value,
        "rule": winner.id if winner else None,
        "territory": winner.territory if winner else None,
        "pod": winner.pod if winner else None,
        "owner": winner.owner if winner and has_owner else None,
        "reason": found.reason,
    }
    for what, expected in test.expected.values.items():
        if what == "reason" and expected is not None and expected in found.reason:
            continue
        if what == "owner" and expected is not None and _is_member(expected, winner, rules):
            continue
        if expected != actual[what]:
            yield Difference(what, expected, actual[what] or _pod_note(what, winner))


def _is_member(email: str, winner: Rule | None, rules: RuleSet) -> bool:
    if winner is None or winner.pod is None:
        return False
    return email.casefold() in {member.email.casefold() for member in rules.pods[winner.pod].members}


def _pod_note(what: str, winner: Rule | None) -> str | None:
    return f"one of pod {winner.pod}" if what == "owner" and winner is not None and winner.pod else None


def decision_of(found: Explanation, test: RuleTest) -> Decision:
    """The decision as far as the rules alone make it: owners are taken to be known and active."""
    if found.winner is None:
        return Decision.UNASSIGNED
    if found.is_review:
        return Decision.REVIEW
    if found.winner.owner is None and found.winner.pod is None:
        return Decision.UNASSIGNED
    has_owner = bool((test.given.get("owner_id") or "").strip())
    keeps = found.winner.mode is Mode.ONLY_UNASSIGNED and has_owner
    return Decision.KEPT if keeps else Decision.ASSIGNED


def _shown(value: str | None) -> str:
    return "none" if value is None else repr(value)
