"""What a plan takes of a portal, and what HubSpot does beside it: told before anybody approves."""

from __future__ import annotations

from collections import Counter

from connectors.base import Forecast, Load
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.wire.paths import Route
from connectors.hubspot.writing import history
from connectors.hubspot.writing.batch import BATCH


def forecast(settings: HubSpotSettings, load: Load) -> Forecast:
    """Calls at most, by the names of the connector's meter; re-read, history and verification included."""
    told: Counter[str] = Counter()
    for records in (load.records, sum(load.owner_groups)):
        told += _writes(records, settings)
    return Forecast(dict(told))


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
