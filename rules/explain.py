"""Why one account goes where it goes: every rule in order, and the test at which each one ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.evaluate import Record, Truth, evaluate, matches
from rules.language.condition import All, Any, Condition, Constant, Not
from rules.language.normalise import Raw, quoted
from rules.language.record import normalise_record
from rules.language.ruleset import IfUnknown, Rule, RuleSet, ValueList
from rules.reasons import label, reason_of, value_of, words_of

__all__ = ["Comparison", "Explanation", "Tried", "explain", "first_match", "reason_of", "render"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field of a test: what the CRM holds, what rules compare, and why it could not be read, if so."""

    field: str
    raw: Raw
    value: Constant | None
    issue: str | None

    def __str__(self) -> str:
        if self.issue is not None:
            return self.issue
        if self.value is None:
            return f"{label(self.field)} is missing" + (
                f" ({quoted(self.raw)})" if self.raw is not None else ""
            )
        shown = value_of(self.value)
        same = self.raw is not None and str(self.raw) in (shown, str(self.value))
        return f"{label(self.field)} is {shown}" + ("" if same else f" (from {quoted(self.raw)})")


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule and the account: whether it holds, and the first test that is not true with what it compared."""

    rule: Rule
    truth: Truth
    wins: bool
    """It is the first that takes the account in its role."""
    failed: str | None
    compared: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One account, one role: the rules in the order in which they are tried, and the one that takes it."""

    role: str
    tried: tuple[Tried, ...]
    winner: Rule | None
    truth: Truth
    """The winner's; None for a rule that takes accounts of which it does not know (`if_unknown`)."""
    reason: str
    issues: tuple[str, ...]
    """A sentence for each field that could not be read."""

    @property
    def is_review(self) -> bool:
        """The account waits for a person: the winner asks for it where its condition is unknown."""
        return self.winner is not None and self.truth is None and self.winner.if_unknown is IfUnknown.REVIEW


def explain(raw: Mapping[str, Raw], rules: RuleSet) -> tuple[Explanation, ...]:
    """One explanation for each role; `raw` holds the account's values as the CRM has them, by our field names."""
    record = normalise_record(raw, rules)
    views = {f: Comparison(f, raw.get(f), v, record.issues.get(f)) for f, v in record.values.items()}
    issues = tuple(record.issues.values())
    return tuple(_explain(role, record.values, views, issues, rules) for role in rules.roles)


def first_match(values: Record, rules: RuleSet, role: str) -> tuple[Rule | None, Truth]:
    """The rule that takes an account of these normalised values in a role, and its truth; None where none does."""
    for rule in rules.rules:
        if rule.role == role:
            truth = evaluate(rule.when, values, rules.lists)
            if matches(truth, rule.if_unknown):
                return rule, truth
    return None, False


def _explain(
    role: str, values: Record, views: Mapping[str, Comparison], issues: tuple[str, ...], rules: RuleSet
) -> Explanation:
    winner, won = first_match(values, rules, role)
    tried = []
    for rule in (rule for rule in rules.rules if rule.role == role):
        truth = evaluate(rule.when, values, rules.lists)
        failed = first_failure(rule.when, values, rules.lists)
        compared = tuple(views[field] for field in fields_of(failed)) if failed is not None else ()
        words = words_of(failed) if failed is not None else None
        tried.append(Tried(rule, truth, rule is winner, words, compared))
    return Explanation(role, tuple(tried), winner, won, _reason(winner, won), issues)


def _reason(winner: Rule | None, truth: Truth) -> str:
    if winner is None:
        return "no rule matches"
    if truth is True:
        return reason_of(winner)
    what = "review" if winner.if_unknown is IfUnknown.REVIEW else "match"
    return f"{reason_of(winner)} (unknown, and the rule says {what})"


def first_failure(condition: Condition, values: Record, lists: Mapping[str, ValueList]) -> Condition | None:
    """The first part of a conjunction that is not true, as deep as conjunctions go; None where all is true.

    A part that is false comes before one that is unknown: the false one decides.
    """
    truth = evaluate(condition, values, lists)
    if truth is True:
        return None
    if isinstance(condition, All):
        for part in condition.parts:
            if evaluate(part, values, lists) is truth:
                return first_failure(part, values, lists)
    return condition


def fields_of(condition: Condition) -> tuple[str, ...]:
    """The fields that a condition asks for, each once, in order."""
    return tuple(dict.fromkeys(_fields(condition)))


def _fields(condition: Condition) -> Iterator[str]:
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _fields(part)
        case Not(part):
            yield from _fields(part)
        case _:
            yield condition.field


def render(explanation: Explanation, every_rule: bool = False) -> str:
    """The explanation as plain text for a terminal: rules up to the winner, or every rule.

    Values of the CRM are shown without control and bidirectional characters.
    """
    lines = [f"{explanation.role}: {_outcome(explanation)}", f"  {explanation.reason}"]
    lines += [f"  ! {issue}" for issue in explanation.issues]
    lines += [_line(tried) for tried in _shown(explanation, every_rule)]
    return "\n".join(lines)


def _shown(explanation: Explanation, every_rule: bool) -> Iterator[Tried]:
    for tried in explanation.tried:
        yield tried
        if tried.wins and not every_rule:
            return


def _outcome(explanation: Explanation) -> str:
    winner = explanation.winner
    if winner is None:
        return "unassigned"
    if explanation.is_review:
        return f"review, at rule {winner.id}"
    to = f"pod {winner.pod}" if winner.pod else winner.owner or "no owner"
    return f"{winner.territory}, {to}"


_MARKS = {True: "✓", False: "✗", None: "?"}


def _line(tried: Tried) -> str:
    mark = "→" if tried.wins else _MARKS[tried.truth]
    head = f"  {mark} {tried.rule.level} {tried.rule.id}"
    if tried.failed is None:
        return head if tried.wins else f"{head}: matches, but an earlier rule won"
    compared = "; ".join(str(comparison) for comparison in tried.compared)
    word = "unknown" if tried.truth is None else "not"
    return f"{head}: {word} {tried.failed}: {compared}" if compared else f"{head}: {word} {tried.failed}"
