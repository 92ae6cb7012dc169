"""Locks of write calls: what a call writes, its parents and its crowded owners are locked until it answers.

A call of Collections or SOAP takes `write_seconds` of real time. Another that comes meanwhile and touches the same
parent, or the same owner of more records than `skewed_rows`, cannot lock its rows; one after the other they pass.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from connectors.sandbox.core import fault_of
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.errors import RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.settings import Setting

SETTINGS = (
    Setting("write_seconds", 0.0, "real time that a call of Collections or SOAP takes, and keeps its locks", least=0),
    Setting("skewed_rows", 10_000, "an owner of more records of one object is locked by every change of them", least=0),
)  # fmt: skip
_PARENTS = ("ParentId", "AccountId", "OpportunityId", "WhatId")


class Holding:
    """The locks of the calls that are being answered."""

    def __init__(self, org: Org) -> None:
        self._org = org
        org.core.settings.declare(SETTINGS)
        self._calls: dict[str, set[str]] = {}
        self._held: Counter[str] = Counter()

    def lock(
        self, request: Request, number: int, object: SObject, id: str | None, values: Mapping[Field, Any]
    ) -> None:
        """Locks a row for this call; RowFailed UNABLE_TO_LOCK_ROW where somebody else has the lock."""
        settings, fault = self._org.core.settings, fault_of(request, "row_lock")
        somebody = {part.strip() for part in settings["bulk_locked_parents"].split(",") if part.strip()}
        if fault is None and not somebody and not settings["write_seconds"]:
            return
        keys = self._keys(object, id, values)
        details = {} if fault is None else fault.details
        named = {_parsed(i) for kind in ("ids", "parents") for i in details.get(kind, ())}
        every = int(details.get("every", 0 if named or fault is None else 1))
        struck = id in {_parsed(i) for i in details.get("ids", ())} or (every and (number + 1) % every == 0)
        above = keys & {str(_parsed(i)) for i in details.get("parents", ())}
        own = self._calls.setdefault(_name(request), set())
        if struck or above or keys & somebody or any(key not in own and self._held[key] for key in keys):
            message = f"unable to obtain exclusive access to this record or 200 records: {id or ''}"
            raise RowFailed("UNABLE_TO_LOCK_ROW", message)
        self._held.update(keys - own)
        own |= keys

    async def finish(self, request: Request) -> None:
        """Takes the time that the call needs, where it wrote, and gives its locks back."""
        own = self._calls.get(_name(request))
        if own is None:
            return
        try:
            await asyncio.sleep(float(self._org.core.settings["write_seconds"]))
        finally:
            self._held.subtract(self._calls.pop(_name(request), set()))
            self._held += Counter()  # what nobody holds is forgotten

    def _keys(self, object: SObject, id: str | None, values: Mapping[Field, Any]) -> set[str]:
        """The record, its parents before and after, and its owners where they own too much."""
        row = dict(self._org.core.state.read(object.name, id) or {}) if id else {}
        given = {field.name: _parsed(value) for field, value in values.items() if field.type == "reference"}
        keys = {str(id)} if id else set()
        for name in _PARENTS:
            keys |= {str(part[name]) for part in (row, given) if part.get(name)}
        for owner in {part["OwnerId"] for part in (row, given) if part.get("OwnerId")}:
            if self._owned(object, str(owner)) > self._org.core.settings["skewed_rows"]:
                keys.add(str(owner))
        return keys

    def _owned(self, object: SObject, owner: str) -> int:
        most = int(self._org.core.settings["skewed_rows"]) + 1
        sql = f'SELECT count(*) FROM (SELECT 1 FROM "{object.name}" WHERE "OwnerId" = ? LIMIT ?)'
        [(count,)] = self._org.core.state.rows(sql, (owner, most))
        return int(str(count))


def _name(request: Request) -> str:
    return str(request.scope["state"]["request_id"])


def _parsed(text: object) -> str | None:
    try:
        return ids.parse(text)
    except ids.BadId:
        return None
