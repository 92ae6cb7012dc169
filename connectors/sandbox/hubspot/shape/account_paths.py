"""The account itself, and its pipelines."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.hubspot import errors, zone
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.kinds import DEALS
from connectors.sandbox.hubspot.shape.pipelines import PIPELINES

Answer = tuple[int, dict[str, Any]]


def details(call: Call) -> Answer:
    """Which portal the token belongs to."""
    return 200, {
        "portalId": call.portal.id,
        "accountType": "DEVELOPER_TEST",
        "timeZone": zone.NAME,
        "companyCurrency": "USD",
        "additionalCurrencies": [],
        "utcOffset": "-05:00",
        "utcOffsetMilliseconds": -18_000_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }


def list_pipelines(call: Call) -> Answer:
    """Every pipeline of deals; the other objects here have none."""
    shown = [pipeline.shown(position) for position, pipeline in enumerate(PIPELINES)]
    return 200, {"results": shown if call.kind() is DEALS else []}


def read_pipeline(call: Call) -> Answer:
    """One pipeline of deals."""
    for position, pipeline in enumerate(PIPELINES):
        if call.kind() is DEALS and pipeline.id == call.path("pipeline"):
            return 200, pipeline.shown(position)
    raise errors.nothing_here()


def list_stages(call: Call) -> Answer:
    """The stages of one pipeline."""
    return 200, {"results": read_pipeline(call)[1]["stages"]}
