"""A portal of the sandbox with people in it, over a real socket."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import urllib3

from connectors.hubspot import HubSpotSettings, plugin
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.wire.paths import Paths, Route
from connectors.mapping import FieldMap, FieldRole, FieldType, MappedField
from connectors.records import RecordId, RecordKind, Value
from connectors.retry import RetryPolicy
from connectors.sandbox import Crm
from connectors.testing import Call, Failing

OUTPUTS = (
    MappedField("score", "territory_score", FieldType.NUMBER, FieldRole.OUTPUT),
    MappedField("note", "territory_note", FieldType.TEXT, FieldRole.OUTPUT),
)
FIELDS = (("companies", "territory_score", "number"), ("companies", "territory_note", "string"))
"""What the sandbox is started with, for the outputs to be there."""
CALLS = {Call.READ: r"companies(\?|/search|$)", Call.WRITE: r"companies/batch/update"}
FAULTS: Mapping[Failing, Mapping[str, Any]] = {
    Failing.LOGIN_REFUSED: {"kind": "status", "status": 401},
    Failing.RATE_LIMITED: {"kind": "rate_limit"},
    Failing.UNAVAILABLE: {"kind": "unavailable"},
    Failing.DROPPED: {"kind": "drop"},
    Failing.TORN: {"kind": "torn"},
    Failing.HTML: {"kind": "html"},
    Failing.SHORT_PAGE: {"kind": "short_page"},
    Failing.WRONG_ORDER: {"kind": "wrong_order"},
    Failing.LOST_ANSWER: {"kind": "applied_torn"},
    Failing.QUOTA_SPENT: {"kind": "quota"},
}
NO_WAITS = RetryPolicy(sleep=lambda seconds: None)


class HubSpotWorld:
    """One portal for one test; a person's edits go past the API, ours through it."""

    failings = frozenset(FAULTS)
    page_sizes: Sequence[int | None] = (9, 30, None)
    misspelt = ("industri", "industry")
    unwritable: str | None = "notes_last_contacted"
    creatable: MappedField | None = MappedField(
        "touches_30d",
        "territory_touches_30d",
        FieldType.INTEGER,
        FieldRole.OUTPUT,
        "Touches (30 days)",
        "Touches in the last 30 days",
    )
    names_org = True

    def __init__(self, crm: Crm, version: str = "v3") -> None:
        self.crm, self.version = crm, version
        given = crm.credentials
        self.portal_id, self.token = given["portal_id"], given["token"]
        self.secrets: Sequence[str] = [self.token]
        self._pool = urllib3.PoolManager(retries=False, timeout=10)
        self._made: set[str] = set()
        os.environ["HUBSPOT_WORLD_TOKEN"] = self.token
        os.environ["HUBSPOT_WRONG_TOKEN"] = "pat-wrong"

    def close(self) -> None:
        self._pool.clear()

    def mapping(self, fields: Sequence[MappedField] = ()) -> FieldMap:
        return plugin.default_fields().with_fields(RecordKind.ACCOUNTS, [*OUTPUTS, *fields])

    def settings(self, **changes: Any) -> HubSpotSettings:
        given = {
            "portal_id": self.portal_id,
            "token": {"env": "HUBSPOT_WORLD_TOKEN"},
            "base_url": self.crm.url,
            "local": True,
            "api_version": self.version,
            "read_timeout": 20,
            **changes,
        }
        return HubSpotSettings.model_validate(given)

    def connect(
        self,
        *,
        page_size: int | None = None,
        wrong_org: bool = False,
        wrong_credentials: bool = False,
        fields: Sequence[MappedField] = (),
        retry: RetryPolicy = NO_WAITS,
        **changes: Any,
    ) -> HubSpotConnector:
        if page_size is not None:
            changes |= {"page_size": page_size, "search_page_size": page_size}
        if wrong_org:
            changes |= {"portal_id": "12345"}
        if wrong_credentials:
            changes |= {"token": {"env": "HUBSPOT_WRONG_TOKEN"}}
        return HubSpotConnector(self.settings(**changes), self.mapping(fields), retry)

    def ids(self) -> set[RecordId]:
        return {RecordId(r["id"]) for r in self.crm.records("companies") if not r["archived"]}

    def owners(self) -> Sequence[RecordId]:
        owners = self.crm.records("owners")
        return [RecordId(o["id"]) for o in owners if not o["archived"] and o["type"] == "PERSON"]

    def create(self, values: Mapping[str, Value]) -> RecordId:
        answer = self._pool.request(
            "POST",
            self.crm.url + Paths(self.version).of(Route.LIST, object="companies"),
            body=json.dumps({"properties": self._properties(values)}),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        assert answer.status == 201, answer.data
        id = RecordId(answer.json()["id"])
        self._made.add(id)
        return id

    def create_late(self, values: Mapping[str, Value], seconds: float) -> RecordId:
        self.crm.advance(-seconds)
        id = self.create(values)
        self.crm.advance(seconds)
        return id

    def edit(self, id: RecordId, values: Mapping[str, Value]) -> None:
        self.crm.edit("companies", id, self._properties(values))

    def delete(self, id: RecordId) -> None:
        self.crm.edit("companies", id, {"archived": True})

    def advance(self, seconds: float) -> None:
        self.crm.advance(seconds)

    def writes_seen(self, id: RecordId) -> int:
        """Requests of ours in the portal's history, the one that made the record aside."""
        ours = [row["request_id"] for row in self.crm.history("companies", id) if row["actor"] == "api"]
        return len(set(ours)) - (id in self._made)

    def refused(self, id: RecordId) -> Mapping[str, Value]:
        return {"owner_id": "4711"}

    def break_calls(self, failing: Failing, call: Call, *, after: int = 0, times: int = 1) -> None:
        fault = dict(FAULTS[failing])
        self.crm.fault(fault.pop("kind"), path=CALLS[call], after=after, times=times, **fault)

    def mend(self) -> None:
        self.crm.clear_faults()

    def _properties(self, values: Mapping[str, Value]) -> dict[str, str]:
        mapping = self.mapping()
        return {mapping.source(RecordKind.ACCOUNTS, n): _text(v) for n, v in values.items()}


def _text(value: Value) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else str(value)
