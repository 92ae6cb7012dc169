"""Runs a local CRM: `running` in a thread of this process, `serve` in the foreground, `attach` to one elsewhere."""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import uvicorn

from connectors.sandbox.admin import Admin
from connectors.sandbox.clock import Clock
from connectors.sandbox.core import Core, Vendor
from connectors.sandbox.gate import Gate
from connectors.sandbox.remote import Crm
from connectors.sandbox.seed import Seed
from connectors.sandbox.state import State
from connectors.sandbox.wire import TransportProtocol

VENDORS = ("hubspot", "salesforce")
Build = Callable[[Core], Vendor]
"""How a vendor is put on a core: the `build` of its package."""


class SandboxBroken(Exception):
    """The sandbox itself failed; what a test saw of it proves nothing."""


def open_vendor(
    vendor: str | Build,
    *,
    seed: Seed | None = None,
    state: str | Path = ":memory:",
    csv: Sequence[tuple[str, Path]] = (),
    fields: Sequence[tuple[str, str, str]] = (),
) -> tuple[Core, Vendor]:
    """A vendor on its store. A new store is filled: custom fields, then the seed, then the CSV files.

    A store that was filled before is used as it is; `seed`, `csv` and `fields` are then ignored.
    """
    store = State(state)
    core = Core(store, Clock(offset=store.recall("clock offset", 0.0)))
    built = (_build(vendor) if isinstance(vendor, str) else vendor)(core)
    if not store.recall("filled", False):
        with store.transaction():
            _fill(store, built, seed, csv, fields)
    store.index()
    return core, built


def _build(name: str) -> Build:
    """The `build` of a vendor that comes with us."""
    if name not in VENDORS:
        raise ValueError(f"no sandbox of {name!r}; there are {', '.join(VENDORS)}")
    return cast(Build, importlib.import_module(f"connectors.sandbox.{name}").build)


def _fill(
    store: State,
    vendor: Vendor,
    seed: Seed | None,
    csv: Sequence[tuple[str, Path]],
    fields: Sequence[tuple[str, str, str]],
) -> None:
    for object, field, type in fields:
        vendor.add_field(object, field, type)
    if seed is not None:
        vendor.seed(seed)
    for object, path in csv:
        vendor.load_csv(object, path)
    store.remember("filled", True)


@contextmanager
def running(
    vendor: str | Build,
    *,
    seed: Seed | None = None,
    state: str | Path = ":memory:",
    csv: Sequence[tuple[str, Path]] = (),
    fields: Sequence[tuple[str, str, str]] = (),
    port: int = 0,
) -> Iterator[Crm]:
    """A local CRM on a free port of 127.0.0.1 while the block runs.

    Raises SandboxBroken at the end when the sandbox itself crashed on a request.
    """
    core, built = open_vendor(vendor, seed=seed, state=state, csv=csv, fields=fields)
    listener = _listen(port)
    server = uvicorn.Server(_config(core, built))
    thread = threading.Thread(
        target=lambda: asyncio.run(server._serve([listener])), name="sandbox", daemon=True
    )
    thread.start()
    try:
        with Crm(_url(listener)) as crm:
            yield crm
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        core.state.close()
    if core.crashes:
        raise SandboxBroken("the sandbox crashed on a request:\n" + core.crashes[0])


def attach(url: str) -> Crm:
    """A hand on a sandbox that runs elsewhere; close it, or use it in a `with`."""
    return Crm(url)


def serve(
    vendor: str | Build,
    *,
    seed: Seed | None = None,
    state: str | Path = ":memory:",
    csv: Sequence[tuple[str, Path]] = (),
    fields: Sequence[tuple[str, str, str]] = (),
    port: int = 0,
) -> None:
    """Prints one JSON line {"url", "credentials"} when ready, then serves until SIGTERM or SIGINT."""
    core, built = open_vendor(vendor, seed=seed, state=state, csv=csv, fields=fields)
    listener = _listen(port)
    server = uvicorn.Server(_config(core, built))

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    line = {"url": _url(listener), "credentials": built.credentials()}
    print(json.dumps(line), flush=True)  # noqa: T201 - the line is the command's result
    asyncio.run(server._serve([listener]))
    core.state.close()


def _listen(port: int) -> socket.socket:
    """A socket that takes connections from now on, so that a client never comes too early."""
    # asyncio turns Nagle's delay off only where the protocol is named; without it every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _config(core: Core, vendor: Vendor) -> uvicorn.Config:
    return uvicorn.Config(
        Gate(core, vendor, Admin(core, vendor).app()),
        http=TransportProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,  # the gate tells the CRM's own time
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
