"""What a plan takes of a portal, and what HubSpot does beside it: told before anybody approves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from connectors.base import Forecast, Load
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.wire.paths import Route
from connectors.hubspot.writing import history
from connectors.hubspot.writing.batch import BATCH

SHOWN = 10
"""Workflows that are named; the rest is counted."""


def forecast(settings: HubSpotSettings, load: Load) -> Forecast:
    """Calls at most, by the names of the connector's meter; re-read, history and verification included."""
    told: Counter[str] = Counter()
    for records in (load.records, sum(load.owner_groups)):
        told += _writes(records, settings)
    return Forecast(dict(told), effects=tuple(_set_off(load)))


def _set_off(load: Load) -> Iterator[str]:
    """Workflows that begin when what is written changes."""
    if load.automations is None:
        yield (
            "Which workflows begin when these properties change is not known: the token lacks the scope automation."
        )
    elif load.automations:
        shown = ", ".join(load.automations[:SHOWN])
        rest = f" and {len(load.automations) - SHOWN} more" if len(load.automations) > SHOWN else ""
        count = (
            f"{len(load.automations)} workflows begin" if len(load.automations) > 1 else "One workflow begins"
        )
        yield f"{count} when these properties of a company change: {shown}{rest}."


def _writes(records: int, settings: HubSpotSettings) -> Counter[str]:
    """One look before, one write, one look after the night, and the history of what was written."""
    batches, rest = divmod(records, BATCH)
    calls = batches + (rest > 0)
    told = Counter({Route.BATCH_UPDATE.value: calls, Route.BATCH_READ.value: 2 * calls})
    if settings.verify_history:
        told[Route.BATCH_READ.value] += batches * _calls(BATCH, history.BATCH) + _calls(rest, history.BATCH)
    return told


def _calls(records: int, size: int) -> int:
    return -(-records // size)
