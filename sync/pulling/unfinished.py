"""What an interrupted pull leaves for the next one: tables that were read whole, and what connectors keep of one.

Everything lies in one folder that belongs to one question: which CRM, read how, beside which snapshot. Another
question, or a day later, and it is thrown away.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from connectors.records import RecordKind, Watermark
from sync.files import sha256, write_text

log = structlog.get_logger()
TOO_OLD = timedelta(hours=24)
_NOTES = "unfinished.json"


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that an earlier try read whole."""

    file: Path
    watermark: Watermark
    came: int
    """Rows that came for it."""


class Unfinished:
    """The folder of one pull; `began` is when its first try did."""

    def __init__(self, folder: Path, question: Mapping[str, str], now: datetime) -> None:
        self._folder, self._question = folder, dict(question)
        told = self._told()
        age = None if told is None else now - datetime.fromisoformat(told["began"])
        if (
            told is None
            or age is None
            or told["question"] != self._question
            or not timedelta() <= age < TOO_OLD
        ):
            self.clear()
            self.began: datetime = now
            self._tables: dict[str, Any] = {}
        else:
            self.began, self._tables = datetime.fromisoformat(told["began"]), told["tables"]
            log.info("an interrupted pull goes on", began=told["began"], tables=sorted(self._tables))

    def place(self, kind: RecordKind) -> Path:
        """Where the connector may keep what it has downloaded of a table."""
        if not (self._folder / _NOTES).exists():
            self._note()
        return self._folder / kind.value

    def was_begun(self, kind: RecordKind) -> bool:
        """Whether a connector left something of this table."""
        return (self._folder / kind.value).exists()

    def table(self, kind: RecordKind) -> ReadTable | None:
        """What an earlier try read of this table, if it is as it was stored."""
        noted, file = self._tables.get(kind.value), self._file(kind)
        if noted is None or not file.exists() or sha256(file) != noted["sha256"]:
            return None
        return ReadTable(file, Watermark(noted["watermark"]), noted["came"])

    def keep(self, kind: RecordKind, file: Path, watermark: Watermark, came: int) -> None:
        """A table is read: remember it, and forget what its connector kept."""
        kept = self._file(kind)
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept.unlink(missing_ok=True)
        os.link(file, kept)
        self._tables[kind.value] = {"watermark": watermark, "came": came, "sha256": sha256(kept)}
        self._note()
        shutil.rmtree(self._folder / kind.value, ignore_errors=True)

    def clear(self) -> None:
        """Nothing is left to go on with."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, kind: RecordKind) -> Path:
        return self._folder / "read" / f"{kind.value}.parquet"

    def _note(self) -> None:
        told = {"question": self._question, "began": self.began.isoformat(), "tables": self._tables}
        write_text(self._folder / _NOTES, json.dumps(told))

    def _told(self) -> dict[str, Any] | None:
        try:
            told: dict[str, Any] = json.loads((self._folder / _NOTES).read_text(encoding="utf-8"))
            datetime.fromisoformat(told["began"])
            return told if isinstance(told["tables"], dict) and "question" in told else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
