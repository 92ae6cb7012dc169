"""One command's work on one project: its clock, its ledger, its lock, and whom it tells about progress."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import Busy, Stopped

if TYPE_CHECKING:
    from connectors.records import RecordKind
    from sync.config import Project
    from sync.ledger import Ledger


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """One command's work on one project: its clock, who asks, and whom to tell about progress."""

    project: Project
    now: Callable[[], datetime] = _utc_now
    actor: str = field(default_factory=getpass.getuser)
    stage: Callable[[str], AbstractContextManager[object]] = lambda name: nullcontext()
    """Entered around every stage of the flow, for progress bars and measurements."""
    on_rows: Callable[[RecordKind, int], None] = lambda kind, rows: None
    on_writes: Callable[[int], None] = lambda decided: None
    stopping: Callable[[], bool] = lambda: False

    def go_on(self) -> None:
        """Stopped where the process was asked to end; called wherever nothing would be left half done."""
        if self.stopping():
            raise Stopped("stopped as asked; nothing is lost: the same command goes on from there")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A stage of the flow, begun only if nobody asked to stop."""
        self.go_on()
        with self.stage(name):
            yield

    @property
    def plans(self) -> Path:
        """The folder of plans."""
        return self.project.state / "plans"

    @property
    def snapshots(self) -> Path:
        """The folder of snapshots."""
        return self.project.state / "snapshots"

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger of the state folder."""
        from sync.ledger import Ledger

        ledger = Ledger(self.project.state / "ledger.sqlite")
        try:
            yield ledger
        finally:
            ledger.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The one right to change this state folder or its CRM; Busy when another process has it."""
        import filelock

        self.project.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = filelock.FileLock(self.project.state / "lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise Busy(f"another run is at work on {self.project.state}; try again when it is done") from None
        try:
            yield
        finally:
            lock.release()
