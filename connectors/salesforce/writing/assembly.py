"""The writer of one batch, put together as the config and the org demand."""

from __future__ import annotations

from connectors.mapping import FieldMap
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.fields import Fields
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.collections import Collections
from connectors.salesforce.writing.look import Look
from connectors.salesforce.writing.owners import Owners
from connectors.salesforce.writing.policy import Way, options, strategy
from connectors.salesforce.writing.soap import SoapUpdates
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
) -> Writer:
    """For one batch; `moving` is whether any of its writes sets an owner, which alone asks for a strategy.

    Refused where the config does not say what the chosen way would do.
    """
    look = Look(fields, mapping, reader)
    collections = Collections(client, look, rest_headers(settings))
    if not moving or strategy(settings, fields.has_object(TEAMS)).way is not Way.SOAP:
        return Writer(look, collections, Owners(collections.send, by_pair=False))
    chosen = options(settings.owner_change)
    soap = SoapUpdates(client, look, settings.api_version, chosen, settings.duplicate_rule_allow_save)
    return Writer(look, collections, Owners(soap.send, by_pair=True))


def rest_headers(settings: SalesforceSettings) -> dict[str, str]:
    """What every REST call that changes accounts says: no assignment rule, and duplicates as configured."""
    headers = {"Sforce-Auto-Assign": "FALSE"}
    if settings.duplicate_rule_allow_save:
        headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
    return headers
