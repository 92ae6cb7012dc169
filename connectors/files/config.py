"""The section `crm:` of a config that works on exported files."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import field_validator

from connectors.base import Settings
from connectors.records import RecordKind


class FilesSettings(Settings):
    """Where the exports lie and how to read them. A path ends in .csv or .parquet; relative ones are below `folder`.

    `changes` is the CSV file that writes go to, for a person to load into the CRM; what was written is
    remembered beside it, in `NAME.pending.parquet`, until an export shows it.
    """

    kind: Literal["files"] = "files"
    folder: Path = Path()
    accounts: Path
    owners: Path | None = None
    opportunities: Path | None = None
    activities: Path | None = None
    changes: Path = Path("changes.csv")
    encoding: str | None = None
    """None: by the byte order mark, else UTF-8."""
    delimiter: str | None = None
    """None: by the header line, one of , ; tab | ^."""
    timezone: str = "UTC"
    """Of times that name none."""
    date_formats: tuple[str, ...] = ()
    """Further forms of dates and times beside ISO 8601, as strptime writes them ("%d.%m.%Y")."""
    probability: Literal["share", "percent"] = "share"
    """Whether a 60 % chance stands as 0.6 or as 60 in the opportunities."""
    cleared: str = "#N/A"
    """What stands in the change file for a field to be emptied, as empty cells mean "leave as it is"."""
    block_bytes: int = 4 << 20
    """How much of a CSV file is decoded at a time."""

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError as error:
                raise ValueError(f"no encoding is called {value!r}; try cp1252 or utf-8") from error
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"no time zone is called {value!r}; write one like Europe/Berlin") from error
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value in '"\r\n'):
            raise ValueError("the delimiter is one character")
        return value

    def path(self, kind: RecordKind) -> Path | None:
        """The file of one table; None where the config names none."""
        named: Path | None = getattr(self, kind.value)
        return None if named is None else self.folder / named

    def beside(self, folder: Path) -> Self:
        """The same exports, found from the folder in which the config lies."""
        return self.model_copy(update={"folder": folder / self.folder})

    @property
    def changes_path(self) -> Path:
        """The change file."""
        return self.folder / self.changes
