"""Rules whose days are over or nearly so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rules.language.ruleset import Rule, RuleSet
from rules.proof.codes import ProofCode, Severity
from rules.proof.findings import Finding


def ending(rules: RuleSet, as_of: date, soon_days: int) -> Iterator[Finding]:
    """Exceptions that end within so many days, and what ended before the day."""
    for rule in rules.rules:
        until = rule.active.until
        if until is None:
            continue
        left = (until - as_of).days
        if rule.exception is not None and 0 <= left <= soon_days:
            yield _ends_soon(rule, until, left)
        elif left < 0:
            yield _ended(rule, until, -left)


def _ends_soon(rule: Rule, until: date, left: int) -> Finding:
    assert rule.exception is not None
    when = "today" if left == 0 else f"in {_days(left)}"
    sentence = f"exception {rule.id} of {rule.exception.author} ends {when}, on {until.isoformat()}"
    return Finding(
        ProofCode.ENDS_SOON, Severity.NOTE, (rule.id,), rule.source, sentence, "ask whether it is to go on",
        role=rule.role,
    )  # fmt: skip


def _ended(rule: Rule, until: date, ago: int) -> Finding:
    is_exception = rule.exception is not None
    what = "exception" if is_exception else "rule"
    sentence = (
        f"{what} {rule.id} ended on {until.isoformat()}, {_days(ago)} ago, and decides nothing any more"
    )
    code = ProofCode.ENDED if is_exception else ProofCode.PAST
    return Finding(
        code, Severity.NOTE if is_exception else Severity.WARNING, (rule.id,), rule.source, sentence,
        "remove it", role=rule.role,
    )  # fmt: skip


def _days(count: int) -> str:
    return f"{count:,} {'day' if count == 1 else 'days'}"
