"""The sandbox's own routes, under `/__sandbox__/`, which no vendor has: what tests steer and look with.

    GET  history?object=&id=     POST faults {kind, method, path, after, times, …details}   GET, DELETE faults
    POST edit {object, id, values, actor}     GET clock   POST clock {advance}     GET, POST settings
    POST fields {object, name, type}
    GET, DELETE calls     GET records?object=     GET credentials     GET crashes
A wrong request is answered 400 {"error": "…"}.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.clock import iso
from connectors.sandbox.core import Core, Vendor
from connectors.sandbox.faults import Fault

_FAULT_FIELDS = ("kind", "method", "path", "after", "times")


def _answer(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _checked(endpoint: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    """What the endpoint returns as JSON; its ValueError and LookupError as a 400 that says what was wrong."""

    async def answer(request: Request) -> Response:
        try:
            return _answer(await endpoint(request))
        except (ValueError, LookupError, TypeError) as error:
            return _answer({"error": str(error.args[0]) if error.args else repr(error)}, 400)

    return answer


class Admin:
    """The admin endpoints over one core and its vendor."""

    def __init__(self, core: Core, vendor: Vendor) -> None:
        self._core, self._vendor = core, vendor

    def app(self) -> Starlette:
        """The Starlette app that serves them."""
        endpoints = {
            "history": {"GET": self.history},
            "faults": {"GET": self.faults, "POST": self.add_fault, "DELETE": self.clear_faults},
            "edit": {"POST": self.edit},
            "clock": {"GET": self.clock, "POST": self.move_clock},
            "settings": {"GET": self.settings, "POST": self.change_settings},
            "fields": {"POST": self.add_field},
            "calls": {"GET": self.calls, "DELETE": self.forget_calls},
            "records": {"GET": self.records},
            "credentials": {"GET": self.credentials},
            "crashes": {"GET": self.crashes},
        }
        return Starlette(
            routes=[
                Route(f"/__sandbox__/{name}", _checked(endpoint), methods=[method])
                for name, methods in endpoints.items()
                for method, endpoint in methods.items()
            ]
        )

    async def history(self, request: Request) -> Any:
        query = request.query_params
        table = self._core.state.tables.get(query.get("object", ""))
        id: str | int | None = query.get("id")
        if id is not None and table is not None and table.column(table.key).type == "integer":
            id = int(id)
        rows = self._core.state.history(query.get("object"), id)
        return [{**row, "id": str(row["id"]), "at": iso(row["at"])} for row in rows]

    async def faults(self, request: Request) -> Any:
        return [asdict(fault) for fault in self._core.faults.all()]

    async def add_fault(self, request: Request) -> Any:
        given: dict[str, Any] = await request.json()
        named = {name: given.pop(name) for name in _FAULT_FIELDS if name in given}
        self._core.faults.add(Fault(**named, details=given))
        return {}

    async def clear_faults(self, request: Request) -> Any:
        self._core.faults.clear()
        return {}

    async def edit(self, request: Request) -> Any:
        given = await request.json()
        self._vendor.edit(given["object"], given["id"], given["values"], given.get("actor", "human"))
        return {}

    async def add_field(self, request: Request) -> Any:
        given = await request.json()
        self._vendor.add_field(given["object"], given["name"], given["type"])
        self._core.state.index()
        return {}

    async def clock(self, request: Request) -> Any:
        return {"now": iso(self._core.clock.now()), "offset": self._core.clock.offset}

    async def move_clock(self, request: Request) -> Any:
        self._core.clock.advance(float((await request.json())["advance"]))
        self._core.state.remember("clock offset", self._core.clock.offset)
        return await self.clock(request)

    async def settings(self, request: Request) -> Any:
        return self._core.settings.all()

    async def change_settings(self, request: Request) -> Any:
        self._core.settings.change(await request.json())
        return self._core.settings.all()

    async def calls(self, request: Request) -> Any:
        return dict(self._core.calls)

    async def forget_calls(self, request: Request) -> Any:
        self._core.calls.clear()
        return {}

    async def records(self, request: Request) -> Any:
        return list(self._vendor.records(request.query_params["object"]))

    async def credentials(self, request: Request) -> Any:
        return self._vendor.credentials()

    async def crashes(self, request: Request) -> Any:
        return self._core.crashes
