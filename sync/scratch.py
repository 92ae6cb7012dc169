"""An embedded database for the length of one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

ENOUGH = "400MB"


@contextmanager
def scratch(memory_limit: str = ENOUGH, spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory; with a folder to spill into it may ask for more than its memory."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory_limit}
    if spill is not None:
        settings["temp_directory"] = str(spill)
    with duckdb.connect(":memory:", config=settings) as con:
        # It would draw its bar on standard output, between the lines of a plan.
        con.execute("SET enable_progress_bar = FALSE")
        yield con
