"""Which teams an owner is in: one at most is the primary one."""

from __future__ import annotations

import zlib
from typing import Any

from connectors.sandbox.state import Row


def team_id(name: str) -> str:
    """The id of a team, which is the same wherever its name is."""
    return str(100_000 + zlib.crc32(name.encode()) % 9_000_000)


def secondary(row: Row) -> list[str]:
    """The names of the teams that an owner is in besides the primary one."""
    return [name for name in str(row["secondaryTeams"] or "").split(";") if name]


def teams_of(row: Row) -> list[dict[str, Any]]:
    """The teams of an owner as the owners API writes them."""
    named = [(str(row["team"]), True)] if row["team"] else []
    named += [(name, False) for name in secondary(row)]
    return [{"id": team_id(name), "name": name, "primary": primary} for name, primary in named]
