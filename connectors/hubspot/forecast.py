"""What a plan takes of a portal, and what HubSpot does beside it: told before anybody approves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from connectors.base import Forecast, Load
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.reading.links import BATCH as LINKED
from connectors.hubspot.wire.paths import Route
from connectors.hubspot.writing import history
from connectors.hubspot.writing.batch import BATCH
from connectors.hubspot.writing.children import KINDS
from connectors.hubspot.writing.write import AT_ONCE

_AT_STAKE = {"contacts": "contacts", "open_deals": "open_opportunities", "open_tasks": "open_tasks"}
_ALL = {"contacts": "all_contacts", "open_deals": "all_opportunities", "open_tasks": "all_tasks"}
"""What follows, under the names by which a plan counts it: what is to go, and what is looked at for it."""
SHOWN = 10
"""Workflows that are named; the rest is counted."""


def forecast(settings: HubSpotSettings, load: Load) -> Forecast:
    """Calls at most, by the names of the connector's meter; re-read, history and verification included."""
    told: Counter[str] = Counter()
    moves = sum(load.owner_groups)
    for records in (load.records, moves):
        told += _writes(records, settings)
    if moves:
        told += _follows(moves, settings, load)
    return Forecast(dict(told), effects=(*(_effects(settings, load) if moves else ()), *_set_off(load)))


def _effects(settings: HubSpotSettings, load: Load) -> Iterator[str]:
    """What becomes of what hangs on companies that change hands."""
    if not load.at_stake:
        yield "What hangs on the companies that change hands was not counted; the policy of crm.owner_change applies."
    for name, fate in settings.owner_change.model_dump().items():
        if count := load.at_stake.get(_AT_STAKE[name], 0):
            goes = "follow to the new owners" if fate == "follow" else "stay with the old owners"
            yield f"{count:,} {name.replace('_', ' ')} of the old owners on these companies {goes}."
    if load.at_stake.get("all_contacts") or not load.at_stake:
        yield (
            'Where the portal has "assign company owner to contact by default" switched on, HubSpot itself gives the '
            "new owner to contacts of these companies, whatever the policy says; the API does not tell whether it is."
        )


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


def _follows(moves: int, settings: HubSpotSettings, load: Load) -> Counter[str]:
    """Links both ways, then a look, an update and its history for those that the old owner has.

    As far as the snapshot knows them: a contact or deal that has one of the companies beside its primary one is
    looked up in vain, and a company with more than 500 children takes a call more.
    """
    told: Counter[str] = Counter()
    groups = _calls(moves, AT_ONCE)
    for name in settings.owner_change.following:
        there, going = load.at_stake.get(_ALL[name], 0), load.at_stake.get(_AT_STAKE[name], 0)
        looks = _calls(there, BATCH) + (groups - 1 if there else 0)
        sent = min(looks, going)
        told[Route.ASSOCIATIONS.value] += _calls(moves, LINKED)
        if there:
            told[Route.ASSOCIATIONS.value] += _calls(there, LINKED) + groups - 1
        told += Counter({Route.BATCH_READ.value: looks, Route.BATCH_UPDATE.value: sent})
        if settings.verify_history and sent:
            told[Route.BATCH_READ.value] += _calls(going, history.BATCH) + sent - 1
        if KINDS[name].object == "deals" and there:
            told[Route.PIPELINES.value] += groups
    return told


def _calls(records: int, size: int) -> int:
    return -(-records // size)
