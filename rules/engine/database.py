"""One run's own DuckDB, with as many threads as its memory can feed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb

from rules.engine.errors import AssignError

PER_THREAD = 150 * 10**6
"""Bytes that a thread of the plan may need: every operator holds vectors for all of its columns."""
_UNITS = {"MB": 10**6, "GB": 10**9}


def open_database(memory_limit: str, spill: Path, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that spills into the folder; `memory_limit` is like "400MB" or "2GB"."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(spill / "duckdb"),
        "preserve_insertion_order": True,
        "threads": threads or threads_for(memory_limit),
    }
    con = duckdb.connect(":memory:", config=config)
    # It would be written to standard output, between the lines of whoever asked.
    con.execute("SET enable_progress_bar = FALSE")
    return con


def threads_for(memory_limit: str) -> int:
    """At least one, at most the processors that there are."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(MB|GB)\s*", memory_limit, re.IGNORECASE)
    if found is None:
        raise AssignError(f"memory limit {memory_limit!r} is not an amount like 400MB or 2GB")
    size = float(found[1]) * _UNITS[found[2].upper()]
    return max(1, min(os.cpu_count() or 1, int(size // PER_THREAD)))
