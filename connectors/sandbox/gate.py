"""The door of the sandbox: counts every request, acts out its faults, and passes it on."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from urllib.parse import unquote_plus

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from connectors.sandbox import wire
from connectors.sandbox.core import Answer, Core, Vendor
from connectors.sandbox.faults import Fault

ADMIN = "/__sandbox__"
_WORDED_BY_VENDOR = ("status", "rate_limit", "unavailable", "quota")


def template(app: Starlette, scope: Scope) -> str:
    """The route a request falls under ("/services/data/v{version}/query"), its path where none fits."""
    for route in app.routes:
        match, _ = route.matches(scope)
        if match is not Match.NONE:
            return str(getattr(route, "path", scope["path"])).rstrip("/")
    return str(scope["path"])


class Gate:
    """The outermost ASGI app: admin routes aside, every request passes its faults first."""

    def __init__(self, core: Core, vendor: Vendor, admin: Starlette) -> None:
        self._core, self._vendor, self._admin = core, vendor, admin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith(ADMIN):
            await self._admin(scope, receive, send)
            return
        try:
            await self._pass(scope, receive, self._dated(send))
        except ClientDisconnect:
            return
        except Exception as error:
            self._core.crashed(error)
            raise

    def _dated(self, send: Send) -> Send:
        """Every answer tells the CRM's own time, moved clock or not, as the one that stamps its records."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._core.clock.now() // 1000, usegmt=True)
                headers = [(k, v) for k, v in message.get("headers", []) if k.lower() != b"date"]
                message = {**message, "headers": [*headers, (b"date", date.encode())]}
            await send(message)

        return dated

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        core, method = self._core, scope["method"]
        core.calls[f"{method} {template(self._vendor.app, scope)}"] += 1
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{unquote_plus(query)}" if query else "")
        struck = core.faults.strike(method, target)
        scope["state"] |= {"request_id": core.next_request_id(), "faults": struck}
        for fault in struck:
            await self._disturb(fault)
        for fault in struck:
            if await self._replace(fault, scope, receive, send):
                return
        await self._vendor.app(scope, receive, send)

    async def _disturb(self, fault: Fault) -> None:
        """What happens before the request is looked at; it is carried out all the same."""
        details = fault.details
        if fault.kind == "latency":
            await asyncio.sleep(float(details["seconds"]))
        elif fault.kind == "expire_session":
            self._vendor.expire_sessions()
        elif fault.kind == "human_edit":
            actor = details.get("actor", "human")
            self._vendor.edit(details["object"], details["id"], details["values"], actor)

    async def _replace(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answers in the request's place; False where this fault does not do that."""
        if fault.kind in _WORDED_BY_VENDOR:
            await wire.reply(send, self._worded(fault, scope))
        elif fault.kind == "html":
            await wire.reply(send, wire.html_page())
        elif fault.kind == "drop":
            await wire.drop(scope)
        elif fault.kind == "torn":
            await wire.tear_instead(scope, send)
        elif fault.kind == "applied_torn":
            await self._carry_out_and_lose(fault, scope, receive, send)
        else:
            return False
        return True

    def _worded(self, fault: Fault, scope: Scope) -> Answer:
        """The vendor's own words, or those that the fault brings along."""
        details = fault.details
        worded = self._vendor.answer(fault.kind, {"path": scope["path"], **details})
        body = details.get("body", worded.body)
        return Answer(
            details.get("status", worded.status), body, {**worded.headers, **details.get("headers", {})}
        )

    async def _carry_out_and_lose(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await wire.captured(self._vendor.app, scope, receive)
        if fault.details.get("how", "torn") == "closed" or len(wire.encoded(answer)) < 2:
            await wire.drop(scope)
        else:
            await wire.tear(scope, send, answer)
