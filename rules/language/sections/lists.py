"""Lists of values."""

from __future__ import annotations

from pydantic import Field

from rules.language.condition import FieldKind
from rules.language.sections.base import Section


class ListSection(Section):
    """A list of values: in a file beside the rules, or written here."""

    file: str | None = Field(None, min_length=1)
    """A CSV or Parquet file, seen from the folder of the rules."""
    column: str | None = Field(None, min_length=1)
    """The file's column with the values; may be left out where it has one."""
    values: tuple[str, ...] | None = None
    type: FieldKind = FieldKind.TEXT
    country: str | None = None
    """The country of states and postal codes."""
