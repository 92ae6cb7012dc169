"""Workflows as the API writes them, by what enrols a record: for the setting `flows`.

A property can be named in four places: in the nested filters of a list, in the filters of an event (where the
property that changed is the *value* of `hs_name`), in what makes a record enrol again, and in what narrows an
event (`refinementCriteria`). Shapes as seen in workflows that others published 2025–2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot.shape.kinds import CONTACTS, find_kind

Shape = dict[str, Any]
_CHANGED = "4-655002"
"""The event "a property's value changed"."""


def flow(name: str, object: str, criteria: Mapping[str, Any], *, enabled: bool = True) -> Shape:
    """One workflow on an object; the portal adds id, revision and times."""
    kind = find_kind(object)
    type_id = kind.type_id if kind else object
    is_contact = kind is CONTACTS
    return {
        "name": name,
        "type": "CONTACT_FLOW" if is_contact else "PLATFORM_FLOW",
        "objectTypeId": type_id,
        "isEnabled": enabled,
        "enrollmentCriteria": dict(criteria),
    }


def by_filter(*properties: str, again: Sequence[str] = ()) -> Shape:
    """Enrols who passes a filter on these properties; `again` are those whose change enrols anew."""
    inner = _branch("AND", [_known(property) for property in properties])
    return {
        "type": "LIST_BASED",
        "shouldReEnroll": bool(again),
        "unEnrollObjectsNotMeetingCriteria": False,
        "listFilterBranch": {**_branch("OR", []), "filterBranches": [inner]},
        "reEnrollmentTriggersFilterBranches": [_branch("AND", [_known(property)]) for property in again],
    }


def by_change(property: str, *, only_where: Sequence[str] = ()) -> Shape:
    """Enrols whose value of the property changes, if known values of the others allow it."""
    named = {"operator": "IS_EQUAL_TO", "includeObjectsWithNoValueSet": False, "value": property}
    found: Shape = {
        "type": "EVENT_BASED",
        "shouldReEnroll": True,
        "eventFilterBranches": [
            {
                "filterBranches": [],
                "filters": [
                    _filter("hs_name", {**named, "operationType": "STRING"}),
                    _known("hs_value"),
                ],
                "eventTypeId": _CHANGED,
                "operator": "HAS_COMPLETED",
                "filterBranchType": "UNIFIED_EVENTS",
                "filterBranchOperator": "AND",
            }
        ],
        "listMembershipFilterBranches": [],
    }
    if only_where:
        inner = _branch("AND", [_known(one) for one in only_where])
        found["refinementCriteria"] = {**_branch("OR", []), "filterBranches": [inner]}
    return found


def by_hand() -> Shape:
    """Enrols nobody by itself."""
    return {"type": "MANUAL", "shouldReEnroll": False}


def _branch(operator: str, filters: Sequence[Shape]) -> Shape:
    return {
        "filterBranches": [],
        "filters": list(filters),
        "filterBranchType": operator,
        "filterBranchOperator": operator,
    }


def _known(property: str) -> Shape:
    operation = {"operator": "IS_KNOWN", "includeObjectsWithNoValueSet": False}
    return _filter(property, {**operation, "operationType": "ALL_PROPERTY"})


def _filter(property: str, operation: Mapping[str, Any]) -> Shape:
    return {"property": property, "operation": dict(operation), "filterType": "PROPERTY"}
