"""What the pages on rules say is what the language does."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from rules.language.codes import meanings
from rules.language.conditions.operators import OPERATORS
from rules.language.load import load_rules
from rules.testing import run_tests
from tests.rules.language.worlds import write_rules

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "rules.md").read_text(encoding="utf-8")
CODES = (DOCS / "rules-codes.md").read_text(encoding="utf-8")


def test_the_example_loads_and_its_tests_pass(tmp_path: Path) -> None:
    [_editor, example] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    ran = run_tests(load_rules(write_rules(tmp_path, example)), date(2026, 11, 23))
    assert ran.results and ran.passed, str(ran)


def test_every_code_and_every_operator_is_documented_as_it_is() -> None:
    codes = "\n".join(f"| {code} | {meaning} |" for code, meaning in meanings().items())
    operators = "\n".join(f"| {kind.value} | {', '.join(known)} |" for kind, known in OPERATORS.items())
    assert codes in CODES
    assert operators in TEXT
