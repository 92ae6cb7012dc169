"""sObject Collections: up to 200 records in one call, each with its own result, in the order they were sent."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request

from connectors.sandbox.core import fault_of
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.errors import CallFailed, RowError, RowFailed
from connectors.sandbox.salesforce.holding import Holding
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.checks import Values
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.write import How, Writer, how, object_of

MOST_RECORDS = 200
MOST_CHUNKS = 10
_ROLLED_BACK = RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
Row = tuple[SObject, str | None, Values]
Write = Callable[[int, Row], str]
"""Writes one row, given its number too, and returns its id."""


class _Undo(Exception):
    """One record failed and the caller wanted all or none."""


class Batches:
    """The Collections endpoints, without HTTP."""

    def __init__(self, org: Org, writer: Writer) -> None:
        self._org, self._writer = org, writer
        self.holding = Holding(org)

    def run(self, request: Request, body: Any, *, create: bool) -> list[dict[str, Any]]:
        """Creates or updates the records of a body; CallFailed where the whole call is refused."""
        if not isinstance(body, dict) or not isinstance(body.get("records"), list):
            raise CallFailed(
                400, "JSON_PARSER_ERROR", "The request body must be an object with a list of records"
            )
        rows = self._rows(body["records"], create)
        asked, all_or_none = how(request), bool(body.get("allOrNone"))
        return self.write(request, rows, lambda number: asked, create=create, all_or_none=all_or_none)

    def write(
        self,
        request: Request,
        rows: list[Row],
        asked: Callable[[int], How],
        *,
        create: bool,
        all_or_none: bool,
    ) -> list[dict[str, Any]]:
        """Creates or updates these rows as one transaction of rows that fail one by one.

        `asked` says how a row is written, or raises RowFailed where it may not be.
        """
        check_count(len(rows))
        check_chunks(rows)
        by = self._org.core.by(request, self._org.user_id)

        def one(number: int, row: Row) -> str:
            object, id, values = row
            if create:
                return self._writer.create(object, values, by, asked(number))
            if id is None:
                raise RowFailed("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
            self._writer.update(object, id, values, by, asked(number))
            return id

        return self._answered(request, self._attempt(request, rows, one, all_or_none))

    def delete(self, request: Request, given: Sequence[str], all_or_none: bool) -> list[dict[str, Any]]:
        """Deletes the records of these ids."""
        check_count(len(given))
        prefixes = {object.prefix: object for object in self._org.objects.values()}
        rows: list[Row] = []
        for text in given:
            id = _parsed(text)
            object = prefixes.get(str(id)[:3])
            if id is None or object is None:
                raise CallFailed(400, "MALFORMED_ID", f"malformed id {text}")
            rows.append((object, id, {}))
        check_chunks(rows)
        by = self._org.core.by(request, self._org.user_id)

        def write(number: int, row: Row) -> str:
            self._writer.delete(row[0], str(row[1]), by)
            return str(row[1])

        return self._answered(request, self._attempt(request, rows, write, all_or_none))

    def _rows(self, records: list[Any], create: bool) -> list[Row]:
        """The records as objects, ids and values: what is wrong here fails the whole call."""
        rows: list[Row] = []
        for record in records:
            if not isinstance(record, dict) or not isinstance(record.get("attributes"), dict):
                raise CallFailed(400, "INVALID_FIELD", "Include attributes with a type for each record")
            object = object_of(self._org, record["attributes"].get("type"))
            given = next((v for k, v in record.items() if k.lower() == "id"), None)
            if create and given is not None:
                raise CallFailed(400, "INVALID_FIELD", "cannot specify Id in an insert call")
            rows.append((object, given, self._writer.fields(object, record)))
        return rows

    def _attempt(
        self, request: Request, rows: list[Row], write: Write, all_or_none: bool
    ) -> list[dict[str, Any]]:
        half = fault_of(request, "half_batch")
        results: list[dict[str, Any]] = []
        seen: set[str | None] = set()
        try:
            with self._org.core.state.transaction():
                parsed = [_parsed(row[1]) for row in rows]
                for number, row in enumerate(rows):
                    if half is not None and number >= (len(rows) + 1) // 2:
                        break
                    repeated = parsed[number] is not None and parsed[number] in seen
                    seen.add(parsed[number])
                    results.append(self._one(request, number, row, repeated, write))
                if all_or_none and not all(result["success"] for result in results):
                    raise _Undo
        except _Undo:
            return [r if not r["success"] else _failed(r["id"], _ROLLED_BACK) for r in results]
        if half is not None:
            raise CallFailed(
                500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId"
            )
        return results

    def _one(self, request: Request, number: int, row: Row, repeated: bool, write: Write) -> dict[str, Any]:
        object, given, values = row
        id = _parsed(given)
        try:
            if given is not None and id is None:
                raise RowFailed(
                    "MALFORMED_ID", f"{object.label} ID: id value of incorrect type: {given}", "Id"
                )
            if repeated:
                raise RowFailed("DUPLICATE_VALUE", f"duplicate id in list: {id}", "Id")
            self.holding.lock(request, number, object, id, values)
            with self._org.core.state.transaction():
                return {"id": write(number, (object, id, values)), "success": True, "errors": []}
        except RowFailed as failure:
            return _failed(id, failure.error)

    def _answered(self, request: Request, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if fault_of(request, "wrong_order") is not None:
            random.Random(1).shuffle(results)  # noqa: S311 - disorder on purpose, the same every time
        return results[:-1] if fault_of(request, "short_page") is not None else results


def check_chunks(rows: Sequence[Row]) -> None:
    """Refuses a call of more than ten runs of one type, or of setup objects together with others."""
    chunks = sum(1 for i, row in enumerate(rows) if i == 0 or row[0] is not rows[i - 1][0])
    if chunks > MOST_CHUNKS:
        raise CallFailed(
            400, "EXCEEDED_ID_LIMIT", f"The request cannot have more than {MOST_CHUNKS} chunks of types"
        )
    if len({row[0].setup for row in rows}) > 1:
        raise CallFailed(
            400, "MIXED_DML_OPERATION",
            "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa)",
        )  # fmt: skip


def check_count(count: int) -> None:
    """Refuses an empty call, and one of more than 200 records."""
    if count == 0:
        raise CallFailed(400, "INVALID_ARGUMENT", "At least one record is required")
    if count > MOST_RECORDS:
        message = f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
        raise CallFailed(400, "EXCEEDED_ID_LIMIT", message)


def _parsed(text: object) -> str | None:
    try:
        return ids.parse(text)
    except ids.BadId:
        return None


def _failed(id: str | None, error: RowError) -> dict[str, Any]:
    failed: dict[str, Any] = {"success": False, "errors": [error.item()]}
    return failed if id is None else {"id": id, **failed}
