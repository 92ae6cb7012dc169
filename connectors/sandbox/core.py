"""What the sandbox gives to a vendor, and what it asks of one.

How a vendor plugs in: the package `connectors.sandbox.NAME` has a function `build(core) -> Vendor`. It

1. declares its objects: `core.state.declare(Table("Account", (Column("Id"), Column("Name"), …)))`, columns
   named like the CRM's fields, `indexed=True` where a request filters or sorts by it;
2. declares its switches: `core.settings.declare([Setting("daily_limit", 200_000, "…")])`;
3. returns an object with the members of `Vendor`, whose `app` is a Starlette app with flat routes.

On a store that is new the server then calls `vendor.seed(seed)`, `vendor.add_field(…)` and `vendor.load_csv(…)`,
and makes the indexes. Handlers are `async def`, read the body, and then do not await: what they do is atomic.
They write with `core.state.insert/update(…, by=core.by(request, actor))`, and ask
`fault_of(request, "row_lock" | "half_batch" | "wrong_order" | "short_page")` for the faults that only a vendor
can act out. All others are acted out by the core around the app.
"""

from __future__ import annotations

import itertools
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request

from connectors.sandbox.clock import Clock
from connectors.sandbox.faults import Fault, Faults
from connectors.sandbox.ledger import By
from connectors.sandbox.seed import Seed
from connectors.sandbox.settings import Settings
from connectors.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP response; a body that is bytes or text is sent as it is, anything else as JSON."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Vendor(Protocol):
    """One kind of CRM, standing on a core."""

    app: Starlette

    def credentials(self) -> dict[str, str]:
        """What a client needs to log in; fixed for the life of the store."""

    def answer(self, kind: str, details: Mapping[str, Any]) -> Answer:
        """How this CRM words `rate_limit`, `unavailable`, `quota`, or a bare `status` (details["status"]).

        details["path"] is the path of the request, for a CRM that words it by the API that was asked.
        """

    def expire_sessions(self) -> None:
        """Every session or token given out so far stops working; a new login works."""

    def edit(self, object: str, id: str, values: Mapping[str, Any], actor: str) -> None:
        """What a person does in the CRM's own screens, past all limits. ValueError or LookupError if wrong."""

    def seed(self, seed: Seed) -> None:
        """Fills an empty store."""

    def load_csv(self, object: str, path: Path) -> int:
        """Adds the records of a CSV file with CRM field names; returns how many."""

    def add_field(self, object: str, name: str, type: str) -> None:
        """Adds a custom field that the connecting user may read and write."""

    def records(self, object: str) -> Sequence[Mapping[str, Any]]:
        """The CRM's own truth of one object, past all permissions and lags; LookupError if unknown."""


@dataclass(slots=True)
class Core:
    """The parts every vendor stands on."""

    state: State
    clock: Clock
    settings: Settings = field(default_factory=Settings)
    faults: Faults = field(default_factory=Faults)
    calls: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of errors in the sandbox itself; `running` raises when there are any."""
    _requests: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def by(self, request: Request, actor: str) -> By:
        """Who writes, for the history of what this request changes."""
        return By(actor, self.clock.now(), request.scope["state"]["request_id"])

    def next_request_id(self) -> str:
        """An id for one request; unique in the life of the process."""
        return f"req-{next(self._requests)}"

    def crashed(self, error: Exception) -> None:
        """Keeps the traceback of a bug in the sandbox."""
        self.crashes.append("".join(traceback.format_exception(error)))


def fault_of(request: Request, kind: str) -> Fault | None:
    """The fault of that kind that this request meets, if any."""
    fired: list[Fault] = request.scope["state"].get("faults", [])
    return next((fault for fault in fired if fault.kind == kind), None)
