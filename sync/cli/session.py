"""What every verb that works on a project begins with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import ConfigProblem, StateDamaged, SyncError

if TYPE_CHECKING:
    from connectors.base import Connector
    from sync.config import Project
    from sync.ledger import Ledger
    from sync.plan import Plan
    from sync.session import Session
    from sync.snapshot import Snapshot

SHORTEST = 4
"""Digits of a plan's id that name it: an empty variable in a script must not mean a plan."""


def open_project(config: Path) -> Project:
    """The project of a config file, all that verbs need that neither ask the CRM nor remember anything."""
    from sync.config import load_project

    if not config.is_file():
        raise ConfigProblem(
            f'there is no config file {config}; make one with "territory init", or name one with --config'
        )
    return load_project(config)


def open_session(config: Path, *, progress: bool = True) -> Session:
    """The session of a config file, with progress on a terminal."""
    from sync.cli.progress import Progress
    from sync.session import Session

    project = open_project(config)
    if not (progress and sys.stderr.isatty()):
        return Session(project)
    shown = Progress()
    return Session(project, stage=shown.stage, on_rows=shown.rows, on_writes=shown.writes)


@contextmanager
def connected(session: Session) -> Iterator[Connector]:
    """The CRM, given back at the end."""
    connector = session.project.connect()
    try:
        yield connector
    finally:
        connector.close()


def find_plan(session: Session, ledger: Ledger, name: str | None) -> Plan:
    """A plan by its file, its id or the beginning of it; the latest when none is named."""
    from sync.plan import load

    if name is not None and Path(name).is_file():
        return load(Path(name))
    if name is None:
        name = ledger.latest_plan()
        if name is None:
            raise SyncError('there is no plan yet; make one with "territory plan"')
    ids = ledger.plan_ids(name) if len(name) >= SHORTEST else []
    if len(ids) != 1:
        found = "no plan" if not ids else f"{len(ids)} plans"
        latest = ledger.latest_plan()
        known = f"the latest is {latest[:12]}" if latest else 'make one with "territory plan"'
        least = "" if len(name) >= SHORTEST else f" (at least {SHORTEST} digits are needed)"
        raise SyncError(f"{found} in {session.plans} with an id that begins with {name!r}{least}; {known}")
    plan = load(session.plans / ids[0][:12] / "plan.parquet")
    if plan.id != ids[0]:
        raise StateDamaged(
            f'the plan file {plan.path} was changed after it was made; make a new one with "territory plan"'
        )
    return plan


def latest_snapshot(session: Session) -> Snapshot:
    """The snapshot that the last pull made."""
    from sync.snapshot import load

    snapshot = load(session.snapshots)
    if snapshot is None:
        raise SyncError('nothing was pulled yet; do so with "territory pull"')
    return snapshot
