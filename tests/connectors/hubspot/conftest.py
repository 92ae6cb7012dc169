"""A tiny real server that answers what a test tells it to, and a clock that sleeping moves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.wire.client import Client
from connectors.retry import RetryPolicy

TOKEN = "pat-na1-canary-5f2c9e"
PORTAL = "20858235"


@dataclass
class Reply:
    """One answer; `how` breaks it: torn, drop, drip, hang."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"results": []})
    headers: dict[str, str] = field(default_factory=dict)
    how: str = ""

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Seen:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Scripted:
    """Answers the replies in order, the last of them for ever."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply()]
        self.seen: list[Seen] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def will(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            script.seen.append(
                Seen(self.command, self.path, dict(self.headers), json.loads(body) if body else None)
            )
            reply = script.next()
            if reply.how == "drop":
                self.close_connection = True
                return
            if reply.how == "hang":
                time.sleep(0.6)
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.data)))
            self.end_headers()
            if reply.how == "torn":
                self.wfile.write(reply.data[: len(reply.data) // 2])
                self.close_connection = True
            elif reply.how == "drip":
                self._drip(reply.data)
            else:
                self.wfile.write(reply.data)

        def _drip(self, data: bytes) -> None:
            try:
                for byte in data:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.005)
            except OSError:
                self.close_connection = True

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def hubspot() -> Iterator[Scripted]:
    script = Scripted()
    thread = threading.Thread(target=script.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield script
    script.server.shutdown()
    thread.join()
    script.server.server_close()


class FakeClock:
    """Seconds that pass only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def settings_for(url: str, **changes: Any) -> HubSpotSettings:
    given = {
        "portal_id": PORTAL,
        "token": {"env": "HUBSPOT_TOKEN"},
        "base_url": url,
        "local": True,
        "connect_timeout": 2,
        "read_timeout": 5,
        **changes,
    }
    return HubSpotSettings.model_validate(given)


Connect = Callable[..., Client]


@pytest.fixture
def connect(hubspot: Scripted, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Clients of the scripted server, whose waits cost no time; closed at the end."""
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    made: list[Client] = []

    def make(**changes: Any) -> Client:
        retry = RetryPolicy(sleep=clock.sleep, clock=clock, jitter=lambda: 1.0)
        made.append(Client(settings_for(hubspot.url, **changes), retry))
        return made[-1]

    yield make
    for client in made:
        client.close()
