"""Progress on a terminal: what is being done, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.records import RecordKind


class Progress:
    """A spinner per stage, with the rows or writes so far."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False, markup=False)
        self._status = self._console.status("", spinner="dots")
        self._stage = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a stage for as long as it lasts."""
        self._stage = name
        self._status.update(name)
        with self._status:
            yield

    def rows(self, kind: RecordKind, count: int) -> None:
        """So many rows of a table have come."""
        self._status.update(f"{self._stage}: {kind} {count:,}")

    def writes(self, decided: int) -> None:
        """So many writes are decided."""
        self._status.update(f"{self._stage}: {decided:,} records")
