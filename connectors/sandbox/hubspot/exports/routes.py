"""The paths of exports on every version, and the one that a file is fetched from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from connectors.sandbox.hubspot.door import Door
from connectors.sandbox.hubspot.exports.asked import read_asked
from connectors.sandbox.hubspot.exports.desk import Desk, Export
from connectors.sandbox.hubspot.exports.settings import SETTINGS
from connectors.sandbox.hubspot.portal import Call
from connectors.sandbox.hubspot.shape.values import instant
from connectors.sandbox.hubspot.versions import VERSIONS

SCOPE = "crm.export"
_DOWNLOADS = "/exports-production/{token}"
_STATES = {"PENDING": "ENQUEUED", "PROCESSING": "PROCESSING", "COMPLETE": "DONE", "CANCELED": "CANCELED"}
_GONE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
    "<Message>Request has expired</Message></Error>"
)
Answer = tuple[int, dict[str, Any]]


def routes(door: Door) -> Iterator[Route]:
    """Every route of exports."""
    door.portal.core.settings.declare(SETTINGS)
    calls = Exports(Desk(door.portal))
    calls.desk.sweep_with(calls)
    for version in VERSIONS.values():
        start = f"{version.area('exports')}/export"
        for method, path, endpoint in (
            ("POST", "/async", calls.start),
            ("GET", "/async/tasks/{task}/status", calls.status),
            ("GET", "/{task}", calls.details),
        ):
            yield Route(start + path, door.guard(endpoint, version, lambda _: ((SCOPE,),)), methods=[method])
    yield Route(_DOWNLOADS, calls.download, methods=["GET"])


class Exports:
    """The endpoints."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def start(self, call: Call) -> Answer:
        """Takes an export in; it is made later."""
        asked = read_asked(call)
        fails, sticks = (call.fault(kind) is not None for kind in ("job_fails", "job_stuck"))
        export = self.desk.take(asked, fails=fails, sticks=sticks)
        link = f"{call.request.url.replace(query='')}/tasks/{export.id}/status"
        return 202, {"id": str(export.id), "links": {"status": link}}

    def status(self, call: Call) -> Answer:
        """How far an export is; when it is complete, a fresh link to its file that needs no token."""
        export = self.desk.find(call.path("task"))
        started = export.started or export.requested
        body: dict[str, Any] = {
            "status": export.status,
            "requestedAt": instant(export.requested),
            "startedAt": instant(started),
            "completedAt": instant(export.completed or started),
        }
        if export.status == "COMPLETE":
            path = _DOWNLOADS.format(token=self.desk.link(export))
            body["result"] = str(call.request.url.replace(path=path, query=""))
        elif export.status == "CANCELED":
            body |= {"numErrors": 1, "errors": [_failure(export)]}
        return 200, body

    def details(self, call: Call) -> Answer:
        """What an export was asked for, and how many records it holds."""
        export = self.desk.find(call.path("task"))
        return 200, {
            "id": str(export.id),
            "exportName": export.asked.name,
            "exportType": export.asked.type,
            "exportState": _STATES[export.status],
            "objectType": export.asked.kind.upper,
            "objectProperties": [property.name for property in export.asked.properties],
            "recordCount": export.rows,
            "createdAt": instant(export.requested),
            "updatedAt": instant(export.completed or export.started or export.requested),
        }

    async def download(self, request: Request) -> Response:
        """The file behind a link; the store behind it speaks XML, and counts for no limit."""
        file = self.desk.file(request.path_params["token"])
        if file is None:
            return Response(_GONE, 403, media_type="application/xml")
        is_zip = file.suffix == ".zip"
        return FileResponse(file, media_type="application/zip" if is_zip else "text/csv", filename=file.name)


def _failure(export: Export) -> dict[str, Any]:
    """The one error of an export that failed (?)."""
    return {
        "status": "error",
        "category": "EXPORT_FAILED",
        "message": f"The export {export.asked.name} could not be completed.",
        "context": {"exportId": [str(export.id)]},
    }
