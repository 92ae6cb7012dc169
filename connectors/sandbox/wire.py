"""Answers that go wrong on a real socket: cut in the middle, or closed without a word."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.sandbox.core import Answer

_TORN = Answer(200, b'{"totalSize":2000,"done":false,"records":[{"attributes":{"type":"Acc' + b" " * 200)
_HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We are down for maintenance</h1></body></html>"


class TransportProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, which also hands its socket to the app so that a fault can close it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["transport"] = self.transport


async def drop(scope: Scope) -> None:
    """Closes the connection at once, without an answer."""
    scope["state"]["transport"].abort()
    await asyncio.sleep(0.01)  # the server must see the loss before the app returns, or it would answer 500


async def tear(scope: Scope, send: Send, answer: Answer) -> None:
    """Sends the first half of the answer under the content length of the whole, then closes."""
    body = encoded(answer)
    await send(_start(answer, len(body)))
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    scope["state"]["transport"].close()
    await asyncio.sleep(0.01)


async def tear_instead(scope: Scope, send: Send) -> None:
    """Tears an answer to a request that was never carried out."""
    await tear(scope, send, _TORN)


async def reply(send: Send, answer: Answer) -> None:
    """Sends a whole answer."""
    body = encoded(answer)
    await send(_start(answer, len(body)))
    await send({"type": "http.response.body", "body": body})


def html_page() -> Answer:
    """A maintenance page that comes with status 200, as proxies and gateways do."""
    return Answer(200, _HTML, {"content-type": "text/html; charset=utf-8"})


async def captured(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Carries the request out and keeps its answer instead of sending it."""
    status, headers, body = 500, {}, b""

    async def keep(message: MutableMapping[str, Any]) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in message.get("headers", [])}
        else:
            body += message.get("body", b"")

    await app(scope, receive, keep)
    return Answer(status, body, headers)


def encoded(answer: Answer) -> bytes:
    """The body as bytes."""
    if isinstance(answer.body, bytes):
        return answer.body
    if answer.body is None:
        return b""
    return answer.body.encode() if isinstance(answer.body, str) else orjson.dumps(answer.body)


def _start(answer: Answer, length: int) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in answer.headers.items()} | {
        "content-length": str(length)
    }
    headers.setdefault("content-type", "application/json;charset=UTF-8")
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": answer.status, "headers": raw}
