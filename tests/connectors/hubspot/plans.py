"""Writes as plans make them, on companies that the portal has."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.records import RecordId, Write
from tests.connectors.hubspot.world import HubSpotWorld


def plan(ids: Sequence[RecordId], score: float = 7.5) -> list[Write]:
    """A score and a note for each, where there is none."""
    return [Write(id, {"score": score, "note": f"for {id}"}, {"score": None, "note": None}) for id in ids]


def some(world: HubSpotWorld, count: int) -> list[RecordId]:
    """The first companies by id."""
    return sorted(world.ids())[:count]
