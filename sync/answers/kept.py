"""Which snapshot was pulled when: what back-tests look at. Snapshots are named by content, so one may serve several days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.records import MAIN
from sync.errors import StateDamaged

HISTORY = "history.jsonl"


def remember(folder: Path, snapshot: str, pulled_at: datetime) -> None:
    """Adds a pull to the folder of snapshots."""
    line = json.dumps({"pulled_at": pulled_at.isoformat(), "snapshot": snapshot})
    with (folder / HISTORY).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def kept(folder: Path, timezone: str) -> dict[date, Path]:
    """The folder of the last pull of every day that is still kept, in order of days of that time zone."""
    found: dict[date, Path] = {}
    for pulled_at, snapshot in _pulls(folder):
        tables = folder / snapshot
        if all((tables / f"{kind}.parquet").is_file() for kind in MAIN):
            found[pulled_at.astimezone(ZoneInfo(timezone)).date()] = tables
    return dict(sorted(found.items()))


def _pulls(folder: Path) -> Iterator[tuple[datetime, str]]:
    path = folder / HISTORY
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        try:
            told = json.loads(line)
            yield datetime.fromisoformat(told["pulled_at"]), told["snapshot"]
        except (ValueError, KeyError, TypeError) as error:
            # The last line may be half written where a machine went down.
            if number < len(lines):
                raise StateDamaged(
                    f"{path}:{number} cannot be read ({error}); delete the line, then that day is not back-tested"
                ) from error
