"""What a proof found: which rules, where, in one sentence, and an account that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rules.language.place import Source
from rules.language.reading.problems import safe
from rules.proof.account import Account
from rules.proof.codes import ProofCode, Severity

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, or what is good to know; `rules` begins with the one it is about."""

    code: ProofCode
    severity: Severity
    rules: tuple[str, ...]
    source: Source
    sentence: str
    advice: str = ""
    witness: Account | None = None
    """An account that shows it, checked rule by rule; None where there can be none."""
    winner: str | None = None
    """The rule that takes the witness in `role`, None where none does."""
    role: str = ""

    def __str__(self) -> str:
        sentence = f"{self.sentence}; {self.advice}" if self.advice else self.sentence
        head = f"{self.source}: {self.severity} {self.code.value} {safe(sentence)}"
        return f"{head}\n    for example {self.witness}" if self.witness else head


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by place."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                _ORDER[f.severity],
                f.source.file,
                f.source.line,
                f.source.column,
                f.code,
                f.rules,
            ),
        )
    )
