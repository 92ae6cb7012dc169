"""Threads follow memory, so that a machine of many processors does not run out of it."""

from __future__ import annotations

import os

import pytest

from rules.engine.database import threads_for
from rules.engine.errors import AssignError


def test_little_memory_is_one_thread_and_much_is_all_processors() -> None:
    assert threads_for("64MB") == 1
    assert threads_for("1000GB") == os.cpu_count()


@pytest.mark.parametrize("limit", ["", "many", "400", "4 TB", "-1GB"])
def test_a_limit_that_is_no_amount_is_refused(limit: str) -> None:
    with pytest.raises(AssignError, match="not an amount like 400MB"):
        threads_for(limit)
