"""Accounts by sObject Collections: 200 a call, each with its own result. Account teams do not survive it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.look import Look, Ready
from connectors.salesforce.writing.results import Row, rows_of

BATCH = 200
"""Records of one sObject Collections call (doc)."""


class Collections:
    """Sends up to 200 rows a call."""

    def __init__(self, client: Client, look: Look, headers: Mapping[str, str]) -> None:
        self._client, self._look, self._headers = client, look, headers

    def send(self, rows: Sequence[Ready]) -> list[Row]:
        """One call."""
        body = {"allOrNone": False, "records": [self._record(row) for row in rows]}
        answer = self._client.write("write", "PATCH", "composite/sobjects", body, self._headers)
        return rows_of(answer, [row.write.id for row in rows])

    def _record(self, row: Ready) -> dict[str, Any]:
        return {"attributes": {"type": "Account"}, "id": row.write.id, **self._look.fields_of(row)}
