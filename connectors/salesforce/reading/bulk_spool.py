"""What a bulk reading has so far, on disk: a manifest and the pages as they came over the wire."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import structlog

log = structlog.get_logger()
MANIFEST = "manifest.json"
TOO_OLD = timedelta(hours=24)
"""An older reading is begun anew: what it says would be stale, and its job may be gone soon."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of which org; a spool goes on only for the same one."""

    org: str
    api_version: str
    operation: str
    """query or queryAll."""
    query: str


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One page on disk, whole and counted."""

    file: str
    rows: int
    sha256: str
    compressed: bool
    locator: str
    """By which it is asked for; empty for the first of a row of pages."""
    following: str
    """By which the one behind it is asked for; empty for the last."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """How far a reading is."""

    question: Question
    begun: str
    """ISO 8601, UTC."""
    newest: str | None
    """The newest stamp of the object before the job was made: the watermark to be."""
    counted: int | None
    """Rows there were before the job was made."""
    job: str
    rows: int | None = None
    """What the job said that it read; None as long as it is not done."""
    links: tuple[str, ...] | None = None
    """The locators of all pages, where they may be fetched side by side."""
    pages: tuple[StoredPage, ...] = field(default=())

    @property
    def is_whole(self) -> bool:
        """Whether every page is on disk."""
        if not self.rows or not self.pages:
            return self.rows == 0
        return len(self.pages) == len(self.links) if self.links is not None else not self.pages[-1].following


@dataclass(frozen=True, slots=True)
class Spool:
    """A folder of one reading alone. A file is named by the manifest only once it is whole."""

    folder: Path

    def load(self) -> Manifest | None:
        """What is there, without pages that are damaged and those behind them; None where nothing can be used."""
        try:
            told = orjson.loads((self.folder / MANIFEST).read_bytes())
            found = _manifest(told)
        except FileNotFoundError:
            return None
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            log.warning(
                "a spool cannot be read and is begun anew", folder=str(self.folder), error=str(error)[:200]
            )
            return None
        sound = next((n for n, page in enumerate(found.pages) if not self._is_sound(page)), len(found.pages))
        return replace(found, pages=found.pages[:sound])

    def save(self, manifest: Manifest) -> None:
        """Put in the place of the last one at once, or not at all."""
        self.make()
        part = self.folder / f".{MANIFEST}.part"
        part.write_bytes(orjson.dumps(asdict(manifest)))
        part.chmod(0o600)
        part.replace(self.folder / MANIFEST)

    def make(self) -> None:
        """The folder, readable by its owner only."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, page: StoredPage) -> Path:
        """Where its bytes are."""
        return self.folder / page.file

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_sound(self, page: StoredPage) -> bool:
        try:
            with self.path(page).open("rb") as file:
                sound = hashlib.file_digest(file, "sha256").hexdigest() == page.sha256
        except OSError:
            sound = False
        if not sound:
            log.warning("a page of the spool is damaged and is fetched anew", file=str(self.path(page)))
        return sound


def fits(manifest: Manifest, question: Question, now: datetime) -> bool:
    """Whether a reading that was begun may go on for this question."""
    age = now - datetime.fromisoformat(manifest.begun)
    return manifest.question == question and timedelta(0) <= age < TOO_OLD


def _manifest(told: dict[str, Any]) -> Manifest:
    links = told["links"]
    return Manifest(
        **{
            **told,
            "question": Question(**told["question"]),
            "links": None if links is None else tuple(str(link) for link in links),
            "pages": tuple(StoredPage(**page) for page in told["pages"]),
        }
    )
