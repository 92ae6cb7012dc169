"""The writer of one batch, put together as the config and the org demand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from connectors.mapping import FieldMap
from connectors.records import Receipt, Write, WriteResult
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.fields import Fields
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.children import Children
from connectors.salesforce.writing.collections import Collections
from connectors.salesforce.writing.following import Following
from connectors.salesforce.writing.look import Look
from connectors.salesforce.writing.overwritten import Overwritten
from connectors.salesforce.writing.owners import Owners
from connectors.salesforce.writing.policy import Way, by_ourselves, options, strategy
from connectors.salesforce.writing.records import Beside
from connectors.salesforce.writing.restore import Restore
from connectors.salesforce.writing.soap import SoapUpdates
from connectors.salesforce.writing.strict import ByComposite, OneByOne
from connectors.salesforce.writing.write import Writer

TEAMS = "AccountTeamMember"
"""The object that an org has once account teams are switched on."""


def writer(
    client: Client,
    fields: Fields,
    mapping: FieldMap,
    reader: Reader,
    settings: SalesforceSettings,
    *,
    moving: bool,
    receipt: Callable[[Receipt], None],
    clock: Callable[[], float] = time.monotonic,
) -> Writer:
    """For one batch; `moving` is whether any of its writes sets an owner, which alone asks for a strategy.

    Refused where the config does not say what the chosen way would do.
    """
    look = Look(fields, mapping, reader)
    collections = Collections(client, look, rest_headers(settings))
    if not moving:
        return Writer(look, collections, Owners(collections.send), Following(None, None, receipt))
    way = strategy(settings, fields.has_object(TEAMS)).way
    owners = Owners(collections.send)
    if way is Way.SOAP:
        chosen = options(settings.owner_change)
        soap = SoapUpdates(client, look, settings.api_version, chosen, settings.duplicate_rule_allow_save)
        owners = Owners(soap.send, by_pair=True)
    elif way is Way.STRICT:
        made = ByComposite if settings.strict_by_composite else OneByOne
        owners = Owners(made(client, look, rest_headers(settings)).send, most=made.most)
    watched = settings.owner_change.find_overwritten and way is not Way.STRICT
    return Writer(
        look,
        collections,
        owners,
        following(client, fields, reader, settings, way, receipt),
        Overwritten(client, fields, reader) if watched else None,
        clock,
    )


def following(
    client: Client,
    fields: Fields,
    reader: Reader,
    settings: SalesforceSettings,
    way: Way,
    receipt: Callable[[Receipt], None],
) -> Following:
    """What we do ourselves beside owner changes that go this way."""
    beside = Beside(client, reader, rest_headers(settings))
    change = settings.owner_change
    kinds = by_ourselves(change, way)
    return Following(
        Restore(beside, fields) if change.restore else None,
        Children(beside, fields, kinds) if kinds else None,
        receipt,
    )


def rest_headers(settings: SalesforceSettings) -> dict[str, str]:
    """What every REST call that changes accounts says: no assignment rule, and duplicates as configured."""
    headers = {"Sforce-Auto-Assign": "FALSE"}
    if settings.duplicate_rule_allow_save:
        headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
    return headers


def settle_owners(
    client: Client,
    fields: Fields,
    reader: Reader,
    settings: SalesforceSettings,
    receipt: Receipt,
    writes: Sequence[Write],
) -> list[WriteResult]:
    """What became of owner changes of a call that never returned, after finishing what goes with them."""
    if not writes:
        return []
    way = strategy(settings, fields.has_object(TEAMS)).way
    live = reader.lookup([write.id for write in writes], ["owner_id"]).to_pylist()
    made = following(client, fields, reader, settings, way, lambda receipt: None)
    return made.settle(receipt, writes, {row["id"]: row["owner_id"] for row in live})
