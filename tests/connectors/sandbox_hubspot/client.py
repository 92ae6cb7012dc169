"""Plain HTTP against a local portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import urllib3

from connectors.sandbox import Crm


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status, its JSON (None when empty) and its headers in lower case."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """Plain HTTP against one portal, with its token."""

    crm: Crm
    pool: urllib3.PoolManager
    token: str

    def __call__(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Reply:
        headers = {"authorization": f"Bearer {self.token if token is None else token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        raw = body if isinstance(body, bytes | None) else orjson.dumps(body)
        answer = self.pool.request(method, self.crm.url + path, body=raw, headers=headers)
        told = {name.lower(): value for name, value in answer.headers.items()}
        is_json = told.get("content-type", "").startswith("application/json")
        return Reply(answer.status, orjson.loads(answer.data) if answer.data and is_json else None, told)

    def search(self, kind: str, *filters: dict[str, Any], **more: Any) -> Reply:
        """A search with one group of filters."""
        groups = [{"filters": list(filters)}] if filters else []
        return self("POST", f"/crm/v3/objects/{kind}/search", {"filterGroups": groups, **more})

    def create(self, kind: str, **properties: Any) -> str:
        """A new record; returns its id."""
        reply = self("POST", f"/crm/v3/objects/{kind}", {"properties": properties})
        assert reply.status == 201, reply.body
        return str(reply.body["id"])

    def update(self, kind: str, id: str, **properties: Any) -> Reply:
        """Sets properties of one record by a batch of one."""
        return self(
            "POST", f"/crm/v3/objects/{kind}/batch/update", {"inputs": [{"id": id, "properties": properties}]}
        )

    def owners(self, *, archived: bool = False) -> list[dict[str, Any]]:
        """The owners of the portal."""
        return list(self("GET", f"/crm/v3/owners?archived={str(archived).lower()}").body["results"])


def client_of(crm: Crm) -> Client:
    """A client of that portal."""
    return Client(crm, urllib3.PoolManager(retries=False, timeout=10), crm.credentials["token"])


def where(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """One filter of a search."""
    found: dict[str, Any] = {"propertyName": name, "operator": operator, **more}
    return found if value is None else {**found, "value": value}
