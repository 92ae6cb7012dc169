"""Workflows that a change of a company sets off: listed, then each read for what enrols a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors.errors import Garbled, MissingPermission
from connectors.hubspot.wire.answers import Answer, clean
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.records import UNREADABLE, RecordKind
from connectors.tables import SCHEMAS

BATCH = 100
"""Workflows of one batch read (doc)."""
COMPANIES = "0-2"
_CHANGED = "hs_name"
"""In the filters of an event it is not a property but names the one that changed (seen 2026-11)."""


def flow_rows(client: Client) -> Iterator[pa.RecordBatch]:
    """The workflows of companies; a single row that says so where the token lacks the scope `automation`."""
    try:
        ids = list(_ids(client))
        flows = [
            flow for start in range(0, len(ids), BATCH) for flow in _read(client, ids[start : start + BATCH])
        ]
    except MissingPermission:
        yield _rows([{"id": UNREADABLE}])
        return
    yield _rows([_row(flow) for flow in flows])


def _ids(client: Client) -> Iterator[str]:
    query: dict[str, str | int] = {"limit": BATCH}
    while True:
        body = client.read(Route.FLOWS, query=query, check=_check).body
        yield from (str(flow["id"]) for flow in body["results"] if flow.get("objectTypeId") == COMPANIES)
        after = ((body.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            return
        query["after"] = str(after)


def _read(client: Client, ids: Sequence[str]) -> list[dict[str, Any]]:
    inputs = [{"type": "FLOW_ID", "flowId": id} for id in ids]
    answer = client.read(Route.FLOWS_READ, body={"inputs": inputs}, check=_check)
    found: list[dict[str, Any]] = answer.body["results"]
    return found


def _check(answer: Answer) -> None:
    results = answer.body.get("results")
    if not isinstance(results, list) or not all(isinstance(f, dict) and f.get("id") for f in results):
        raise Garbled("workflows: the answer holds no results, or a workflow without an id")


def _row(flow: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(flow["id"]),
        "name": clean(flow.get("name")) or f"workflow {flow['id']}",
        "enabled": bool(flow.get("isEnabled")),
        "fields": ";".join(sorted(_named(flow.get("enrollmentCriteria")))),
    }


def _named(criteria: Any) -> set[str]:
    """Every property that stands anywhere in enrolment criteria, however deep their branches go."""
    if isinstance(criteria, list):
        return {name for part in criteria for name in _named(part)}
    if not isinstance(criteria, dict):
        return set()
    named = {name for part in criteria.values() for name in _named(part)}
    told = criteria.get("property")
    if told == _CHANGED:
        told = (criteria.get("operation") or {}).get("value")
    return named | {told} if isinstance(told, str) else named


def _rows(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    schema = SCHEMAS[RecordKind.AUTOMATIONS]
    return pa.RecordBatch.from_pylist([{"deleted": False, **row} for row in rows], schema)
