"""What every test of this room leaves behind: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logging_is_as_it_was() -> Iterator[None]:
    """A command configures logging to its own standard error, which ends with the test that ran it."""
    yield
    structlog.reset_defaults()
