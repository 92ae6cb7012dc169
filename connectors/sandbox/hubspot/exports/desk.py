"""The account's exports: at most one is made at a time, the others wait for their turn."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import weakref
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from connectors.sandbox.clock import Milliseconds
from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.exports.asked import Asked
from connectors.sandbox.hubspot.exports.file import members, write
from connectors.sandbox.hubspot.limits import DAY, Rolling
from connectors.sandbox.hubspot.portal import Portal

_FIRST = 84_000_001


@dataclass(slots=True)
class Export:
    """One export; `status` is PENDING, PROCESSING, COMPLETE or CANCELED."""

    id: int
    asked: Asked
    requested: Milliseconds
    status: str = "PENDING"
    fails: bool = False
    sticks: bool = False
    started: Milliseconds | None = None
    due: Milliseconds = 0
    completed: Milliseconds | None = None
    rows: int = 0
    file: Path | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ("COMPLETE", "CANCELED")


@dataclass(frozen=True, slots=True)
class _Link:
    export: Export
    until: Milliseconds


@dataclass(slots=True)
class Desk:
    """Takes exports in, makes them in turn, and gives their files out; it forgets them at a restart."""

    portal: Portal
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="exports-")))
    _exports: dict[int, Export] = field(default_factory=dict)
    _links: dict[str, _Link] = field(default_factory=dict)
    _day: Rolling = field(default_factory=lambda: Rolling(DAY))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def sweep_with(self, owner: object) -> None:
        """The files go when their owner goes."""
        weakref.finalize(owner, shutil.rmtree, str(self.folder), ignore_errors=True)

    def take(self, asked: Asked, *, fails: bool, sticks: bool) -> Export:
        """A new export; Refused beyond the account's limit of 24 hours."""
        now = self.portal.core.clock.now()
        limit = self.portal.core.settings["exports_limit"]
        if not self._day.admits(now, limit):
            raise errors.exports_spent(limit)
        export = Export(_FIRST + len(self._exports), asked, now, fails=fails, sticks=sticks)
        self._exports[export.id] = export
        self.go_on()
        return export

    def find(self, id: str) -> Export:
        """The export of that id, as it stands now; Refused where there is none."""
        self.go_on()
        export = self._exports.get(int(id)) if id.isdecimal() else None
        if export is None:
            raise errors.nothing_here()
        return export

    def link(self, export: Export) -> str:
        """The end of a new link to the file."""
        token = secrets.token_urlsafe(24)
        until = self.portal.core.clock.now() + self.portal.core.settings["export_link_seconds"] * 1000
        self._links[token] = _Link(export, until)
        return token

    def file(self, token: str) -> Path | None:
        """The file behind a link; None where it expired or never was."""
        link = self._links.get(token)
        return None if link is None or link.until <= self.portal.core.clock.now() else link.export.file

    def go_on(self) -> None:
        """Lets happen what is due: the running export ends, the next one begins."""
        now, free_since = self.portal.core.clock.now(), 0
        for export in self._exports.values():
            if export.status == "PENDING":
                self._begin(export, max(export.requested, free_since))
            if export.status == "PROCESSING":
                self._end(export, now)
            if not export.is_over:
                return
            free_since = export.completed or free_since

    def _begin(self, export: Export, at: Milliseconds) -> None:
        ids = members(self.portal, export.asked)
        settings = self.portal.core.settings
        seconds = settings["export_seconds"] + len(ids) / settings["export_rows_per_second"]
        export.status, export.started, export.rows = "PROCESSING", at, len(ids)
        export.due = at + round(seconds * 1000)
        if not export.fails and not export.sticks:
            task = asyncio.get_running_loop().create_task(self._make(export, ids))
            self._tasks.add(task)
            task.add_done_callback(self._made)

    def _end(self, export: Export, now: Milliseconds) -> None:
        if now < export.due or export.sticks:
            return
        if export.fails:
            export.status, export.completed = "CANCELED", export.due
        elif export.file is not None:
            export.status, export.completed = "COMPLETE", export.due

    async def _make(self, export: Export, ids: array[int]) -> None:
        folder = self.folder / str(export.id)
        folder.mkdir()
        export.file = await write(self.portal, export.asked, ids, folder)

    def _made(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.portal.core.crashed(error)
