"""The history of a record's properties, newest first, with who set each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot.portal import Portal
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.kinds import CONTACTS, ID, Kind
from connectors.sandbox.hubspot.shape.values import instant, number_text, shown
from connectors.sandbox.tables import Stored

_KEPT, _KEPT_OF_CONTACTS = 20, 45
APP = "7318250"
PERSON = 48_201_377
"""The user that edits in the sandbox's name of "human"."""
_SOURCES: Mapping[str, Mapping[str, Any]] = {
    "api": {"sourceType": "INTEGRATION", "sourceId": APP, "sourceLabel": "territory-sync"},
    "human": {"sourceType": "CRM_UI", "sourceId": f"userId:{PERSON}", "updatedByUserId": PERSON},
    "workflow": {"sourceType": "AUTOMATION_PLATFORM", "sourceId": "enrollmentId:1;actionExecutionIndex:0"},
    # Which of HubSpot's words this one is kept under is not known (?).
    "owner sync": {"sourceType": "COMPANIES", "sourceId": "SyncContactOwner"},
    # HubSpot's own Salesforce integration; what its id looks like is not known (?).
    "salesforce": {"sourceType": "SALESFORCE", "sourceId": "salesforce"},
    "import": {"sourceType": "IMPORT", "sourceId": "1"},
}


def histories(
    portal: Portal, kind: Kind, row: Mapping[str, Stored], properties: Sequence[Property]
) -> dict[str, list[dict[str, Any]]]:
    """By property: every value it had as {value, timestamp, sourceType, sourceId…}, newest first."""
    changes = portal.core.state.history(kind.plural, row[ID])
    kept = _KEPT_OF_CONTACTS if kind is CONTACTS else _KEPT
    found = {}
    for property in properties:
        own = [change for change in changes if change["field"] == property.name]
        entries = [_entry(property, change["new"], change["at"], change["actor"]) for change in own]
        first = own[0]["old"] if own else shown(property, row[property.name])
        is_new = bool(own) and own[0]["old"] is None
        if first is not None and not is_new:
            # What sample data brought along was there from the start.
            entries.insert(0, _entry(property, first, int(row[kind.created] or 0), "import"))
        found[property.name] = entries[::-1][:kept]
    return found


def _entry(property: Property, value: Any, at: int, actor: str) -> dict[str, Any]:
    text = "" if value is None else number_text(value) if isinstance(value, int | float) else str(value)
    return {"value": text, "timestamp": instant(at), **_SOURCES.get(actor, _SOURCES["human"])}
