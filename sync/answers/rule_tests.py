"""Runs the tests that stand beside the rules, golden accounts of the last snapshot among them."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from typing import TYPE_CHECKING

from rules.testing import TestRun, run_tests
from sync.answers.explanation import Teller, telling
from sync.snapshot import load
from sync.today import today_of

if TYPE_CHECKING:
    from rules.explanation.explain import Explanation
    from sync.session import Session


def run(session: Session, as_of: date | None = None) -> TestRun:
    """All tests on a day; golden accounts fail with a sentence where there is no snapshot or no such account."""
    rules = session.project.rules()
    day = as_of or today_of(session, rules)
    golden = any(test.account for test in rules.tests) and load(session.snapshots) is not None
    with telling(session, rules, day) if golden else nullcontext() as teller:
        if teller is None:
            return run_tests(rules, day)
        return run_tests(rules, day, lambda account: _explained(teller, account))


def _explained(teller: Teller, account: str) -> tuple[Explanation, ...] | None:
    found = teller.rows.by_id(teller.snapshot.tables.accounts, [account])
    return teller.explained(found[account]) if account in found else None
