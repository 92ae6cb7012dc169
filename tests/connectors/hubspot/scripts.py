"""A connector that stands before a scripted server, past its first calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.hubspot import plugin
from connectors.hubspot.connector import HubSpotConnector
from connectors.mapping import FieldMap
from connectors.records import RecordKind
from tests.connectors.hubspot.conftest import PORTAL, Reply, Scripted, settings_for
from tests.connectors.hubspot.world import NO_WAITS, OUTPUTS

KNOWN = {
    "hs_object_id": "number",
    "name": "string",
    "hubspot_owner_id": "enumeration",
    "territory_score": "number",
    "territory_note": "string",
    "hs_lastmodifieddate": "datetime",
}


def scripted_connector(
    hubspot: Scripted, known: Mapping[str, str] | None = None, **changes: Any
) -> HubSpotConnector:
    """It knows its portal and properties; the next reply answers its first call of interest."""
    mine = [m for m in plugin.default_fields().of(RecordKind.ACCOUNTS) if m.source in KNOWN]
    mapping = FieldMap({RecordKind.ACCOUNTS: (*mine, *OUTPUTS)})
    connector = HubSpotConnector(settings_for(hubspot.url, **changes), mapping, NO_WAITS)
    properties = [{"name": n, "type": t, "fieldType": "text"} for n, t in {**KNOWN, **(known or {})}.items()]
    hubspot.will(Reply(body={"portalId": int(PORTAL)}), Reply(body={"results": properties}))
    connector.identity()
    connector._is_right_portal = True
    connector._properties.of("companies")
    return connector
