"""A hand on a running sandbox, in this process or another, through its admin routes alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3


class SandboxRefused(Exception):
    """The sandbox did not accept an admin request; the message is its own."""


class Crm:
    """One local CRM. Use it in a `with`, or call `close`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=4, retries=False, timeout=urllib3.Timeout(connect=5, read=120)
        )

    def __enter__(self) -> Crm:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections to the sandbox, which goes on running."""
        self._pool.clear()

    @property
    def credentials(self) -> dict[str, str]:
        """What a client needs to log in."""
        return dict(self._call("GET", "credentials"))

    def history(self, object: str | None = None, id: str | None = None) -> list[dict[str, Any]]:
        """One row per field of every accepted write: {seq, at, object, id, field, old, new, actor, request_id}."""
        return list(self._call("GET", "history", query={"object": object, "id": id}))

    def fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        path: str | None = None,
        after: int = 0,
        times: int | None = 1,
        **details: Any,
    ) -> None:
        """Makes the requests that match fail; see `connectors.sandbox.faults`."""
        named = {"kind": kind, "method": method, "path": path, "after": after, "times": times}
        self._call("POST", "faults", body={**details, **named})

    def faults(self) -> list[dict[str, Any]]:
        """Every fault that is set, with how often it was seen and struck."""
        return list(self._call("GET", "faults"))

    def clear_faults(self) -> None:
        """No request fails any more."""
        self._call("DELETE", "faults")

    def edit(self, object: str, id: str, values: Mapping[str, Any], actor: str = "human") -> None:
        """Changes a record as a person would in the CRM's own screens."""
        self._call("POST", "edit", body={"object": object, "id": id, "values": dict(values), "actor": actor})

    def add_field(self, object: str, name: str, type: str) -> None:
        """Adds a custom field as an admin would, one that the connecting user may read and write."""
        self._call("POST", "fields", body={"object": object, "name": name, "type": type})

    def advance(self, seconds: float) -> None:
        """Moves the CRM's clock."""
        self._call("POST", "clock", body={"advance": seconds})

    def now(self) -> str:
        """The CRM's time, ISO 8601 in UTC."""
        return str(self._call("GET", "clock")["now"])

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Changes switches and returns all of them."""
        method = "POST" if changes else "GET"
        return dict(self._call(method, "settings", body=changes if changes else None))

    def calls(self) -> dict[str, int]:
        """Requests so far, by "METHOD template"."""
        return dict(self._call("GET", "calls"))

    def forget_calls(self) -> None:
        """Counts from zero again."""
        self._call("DELETE", "calls")

    def records(self, object: str) -> list[dict[str, Any]]:
        """The CRM's own truth of one object."""
        return list(self._call("GET", "records", query={"object": object}))

    def crashes(self) -> list[str]:
        """Tracebacks of errors in the sandbox itself; empty as long as it is sound."""
        return list(self._call("GET", "crashes"))

    def _call(
        self, method: str, name: str, *, query: Mapping[str, str | None] | None = None, body: Any = None
    ) -> Any:
        given = urlencode({k: v for k, v in (query or {}).items() if v is not None})
        answer = self._pool.request(
            method,
            f"{self.url}/__sandbox__/{name}" + (f"?{given}" if given else ""),
            body=None if body is None else orjson.dumps(body, default=str),
            headers={"content-type": "application/json"},
        )
        content = orjson.loads(answer.data)
        if answer.status != 200:
            raise SandboxRefused(f"{method} {name}: {content['error']}")
        return content
