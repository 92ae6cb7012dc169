"""Whether the rules say what they mean is asked before anything moves: proofs that fail are a breach."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sync.plan import Breach

if TYPE_CHECKING:
    from rules.language.ruleset import RuleSet

SHOWN = 3
"""Findings named in the message; `territory lint` shows all of them."""


def unsound(rules: RuleSet, as_of: date) -> tuple[Breach, ...]:
    """One breach where a proof of the rules fails (`rules.proof`), with the arithmetic; none where all hold."""
    from rules.proof.codes import Severity
    from rules.proof.lint import prove

    errors = [found for found in prove(rules, as_of) if found.severity is Severity.ERROR]
    if not errors:
        return ()
    shown = ". ".join(f"{found.source}: {found.code.value} {found.sentence}" for found in errors[:SHOWN])
    rest = f" and {len(errors) - SHOWN:,} more" if len(errors) > SHOWN else ""
    count = f"{len(errors):,} {'proof' if len(errors) == 1 else 'proofs'}"
    return (
        Breach(
            "unsound-rules", f'{count} of the rules failed ("territory lint" shows accounts): {shown}{rest}'
        ),
    )
