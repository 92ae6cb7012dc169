"""The paths of workflows: a list without criteria, and each with all of it.

There is no dated version but a beta (doc 2026-10), so v4 is what 2026-03 has, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.door import Door
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.versions import VERSIONS
from connectors.sandbox.settings import Setting

SCOPE = "automation"
_STARTS = (("v3", "/automation/v4/flows"), ("2026-09", "/automation/2026-09-beta/flows"))
_FIRST, _STEP = 585_051_946, 1_037
_PAGE, _BATCH = 100, 100
_MADE = "2026-01-13T09:30:00.112Z"
_LISTED = ("id", "isEnabled", "objectTypeId", "revisionId", "name", "flowType", "createdAt", "updatedAt")
SETTINGS = (Setting("flows", [], "workflows as connectors.sandbox.hubspot.flows.shapes makes them"),)
Answer = tuple[int, dict[str, Any]]


def routes(door: Door) -> Iterator[Route]:
    """Every route of workflows."""
    door.portal.core.settings.declare(SETTINGS)
    for version, start in _STARTS:
        for method, path, endpoint in (
            ("GET", "", list_flows),
            ("POST", "/batch/read", read_flows),
            ("GET", "/{flow}", read_flow),
        ):
            yield Route(start + path, door.guard(endpoint, VERSIONS[version], _needs), methods=[method])


def list_flows(call: Call) -> Answer:
    """A page of workflows, each without what enrols and what it does."""
    limit, after = call.number("limit", _PAGE, 1, _PAGE), call.number("after", 0, 0, 2**62)
    flows = [flow for flow in _all(call) if int(flow["id"]) > after]
    body: dict[str, Any] = {
        "results": [{name: flow[name] for name in _LISTED} for flow in flows[:limit]],
    }
    if len(flows) > limit:
        body["paging"] = {"next": {"after": flows[limit - 1]["id"]}}
    return 200, body


def read_flow(call: Call) -> Answer:
    """One workflow as a whole."""
    found = [flow for flow in _all(call) if flow["id"] == call.path("flow")]
    if not found:
        raise errors.nothing_here()
    return 200, found[0]


def read_flows(call: Call) -> Answer:
    """Up to a hundred workflows as a whole; those that are not there are left out."""
    wanted = []
    for one in call.inputs(_BATCH, "flow reads"):
        if one.get("type") != "FLOW_ID" or not one.get("flowId"):
            raise errors.malformed("Cannot build, some of required attributes are not set [flowId, type]")
        wanted.append(str(one["flowId"]))
    now = call.portal.instant()
    results = [flow for flow in _all(call) if flow["id"] in wanted]
    return 200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _all(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "id": str(_FIRST + place * _STEP),
            "flowType": "WORKFLOW",
            "revisionId": "3",
            "createdAt": _MADE,
            "updatedAt": _MADE,
            "startActionId": "1",
            "nextAvailableActionId": "2",
            "actions": [],
            "timeWindows": [],
            "blockedDates": [],
            "customProperties": {},
            "suppressionListIds": [],
            "canEnrollFromSalesforce": False,
            "crmObjectCreationStatus": "COMPLETE",
            **flow,
        }
        for place, flow in enumerate(call.portal.core.settings["flows"])
    ]


def _needs(request: Request) -> tuple[tuple[str, ...], ...]:
    return ((SCOPE,),)
