"""An embedded database for the length of one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

ENOUGH = "400MB"


@contextmanager
def scratch(memory_limit: str = ENOUGH, spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory, which spills into the folder named, or else into one of its own that goes with it.

    Never into `.tmp` of the working directory, DuckDB's own choice: that is the admin's repository.
    """
    import duckdb

    with (
        nullcontext(spill) if spill else TemporaryDirectory(prefix="territory-") as folder,
        duckdb.connect(
            ":memory:", config={"memory_limit": memory_limit, "temp_directory": f"{folder}/spill"}
        ) as con,
    ):
        # It would draw its bar on standard output, between the lines of a plan.
        con.execute("SET enable_progress_bar = FALSE")
        yield con
