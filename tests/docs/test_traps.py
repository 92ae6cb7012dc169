"""A trap that a page says we handle has a test that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.traps import TRAPS

ROOT = Path(__file__).parents[2]
HEADING = "## Traps, and what becomes of them"


def rows(page: str) -> list[str]:
    """The first cells of the page's table of traps."""
    _, found, rest = (ROOT / "docs" / page).read_text(encoding="utf-8").partition(HEADING)
    assert found, f"docs/{page} has no table of traps"
    table = rest.partition("\n## ")[0]
    cells = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| ")]
    return cells[1:]


@pytest.mark.parametrize("page", sorted(TRAPS))
def test_each_trap_of_the_page_is_shown_by_a_test_and_no_other_is(page: str) -> None:
    assert rows(page) == list(TRAPS[page])


@pytest.mark.parametrize(("page", "trap"), [(page, trap) for page in sorted(TRAPS) for trap in TRAPS[page]])
def test_the_test_that_shows_it_is_there(page: str, trap: str) -> None:
    folder, _, name = TRAPS[page][trap].partition("::")
    files = sorted((ROOT / "tests" / folder).glob("test_*.py"))
    found = [f for f in files if re.search(rf"^ *def {name}\(", f.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(found) == 1, [f.name for f in found]
