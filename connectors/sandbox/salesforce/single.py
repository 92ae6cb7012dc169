"""One record at a time, and the lists of what was updated or deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from starlette.requests import Request

from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.errors import CallFailed, RowFailed, not_found
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import SObject
from connectors.sandbox.salesforce.shape.values import moment
from connectors.sandbox.salesforce.soql.query import Queries
from connectors.sandbox.salesforce.write import Writer, how

_DAY = 24 * 3600 * 1000
_BACK = {"updated": 30, "deleted": 15}


class Rows:
    """The endpoints of a single record, without HTTP."""

    def __init__(self, org: Org, queries: Queries, writer: Writer) -> None:
        self._org, self._queries, self._writer = org, queries, writer

    def get(
        self, object: SObject, given: str, fields: str | None, base: str
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """The record and its headers; 404 where there is none."""
        id = _id(given)
        wanted = [name.strip() for name in fields.split(",")] if fields else self._readable(object)
        [record] = self._queries.retrieve(object, [id], wanted, base)
        if record is None:
            gone = self._org.core.state.read(object.name, id)
            raise (
                CallFailed(404, "ENTITY_IS_DELETED", "entity is deleted", fields=())
                if gone
                else _no_record(given)
            )
        return record, self._versions(object, id)

    def create(self, request: Request, object: SObject, body: Any) -> dict[str, Any]:
        """Adds one record."""
        if not isinstance(body, dict):
            raise CallFailed(400, "JSON_PARSER_ERROR", "The request body must be an object")
        values = self._writer.fields(object, body)
        by = self._org.core.by(request, self._org.user_id)
        try:
            id = self._writer.create(object, values, by, how(request))
        except RowFailed as failure:
            raise failure.as_call() from None
        return {"id": id, "success": True, "errors": []}

    def update(self, request: Request, object: SObject, given: str, body: Any) -> None:
        """Changes one record, if it is still the one that If-Match or If-Unmodified-Since speaks of."""
        if not isinstance(body, dict):
            raise CallFailed(400, "JSON_PARSER_ERROR", "The request body must be an object")
        if any(name.lower() == "id" for name in body):
            raise CallFailed(
                400, "INVALID_FIELD", "The Id field should not be specified in the sobject data."
            )
        values, id = self._writer.fields(object, body), _id(given)
        wanted = request.headers.get("if-match")
        if wanted is not None and wanted not in ("*", self._versions(object, id).get("ETag")):
            raise CallFailed(412, "PRECONDITION_FAILED", "The record was changed since the ETag was taken")
        by = self._org.core.by(request, self._org.user_id)
        try:
            self._writer.update(object, id, values, by, how(request))
        except RowFailed as failure:
            raise _as_path(failure, given) from None

    def delete(self, request: Request, object: SObject, given: str) -> None:
        """Deletes one record."""
        try:
            self._writer.delete(object, _id(given), self._org.core.by(request, self._org.user_id))
        except RowFailed as failure:
            raise _as_path(failure, given) from None

    def replicated(self, object: SObject, which: str, query: Mapping[str, str]) -> dict[str, Any]:
        """`updated` and `deleted`: ids between two instants, no further back than Salesforce keeps them."""
        now = self._org.core.clock.now()
        start, end = (_instant(query, name) for name in ("start", "end"))
        if end <= start:
            raise CallFailed(400, "INVALID_REPLICATION_DATE", "startDate must be before endDate")
        if start < now - _BACK[which] * _DAY:
            raise CallFailed(
                400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {_BACK[which]} days ago"
            )
        deleted = int(which == "deleted")
        rows = self._org.core.state.rows(
            f'SELECT Id, SystemModstamp FROM "{object.name}" WHERE SystemModstamp >= ? AND SystemModstamp < ?'
            + (" AND IsDeleted = ?" if object.has_bin else " AND 0 = ?")
            + " ORDER BY SystemModstamp, Id",
            (start, end, deleted),
        )
        covered = moment(min(end, now) // 60_000 * 60_000)
        if not deleted:
            return {"ids": [id for id, _ in rows], "latestDateCovered": covered}
        return {
            "deletedRecords": [{"deletedDate": moment(int(str(at))), "id": id} for id, at in rows],
            "earliestDateAvailable": moment(now - 15 * _DAY),
            "latestDateCovered": covered,
        }

    def _readable(self, object: SObject) -> list[str]:
        return [f.name for f in object.fields if self._org.readable(object.name, f.name)]

    def _versions(self, object: SObject, id: str) -> dict[str, str]:
        """ETag and Last-Modified of an account; other objects have none."""
        row = self._org.core.state.read(object.name, id)
        if row is None or object.name != "Account":
            return {}
        digest = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:8]
        stamp = int(row["LastModifiedDate"] or 0) / 1000
        return {"ETag": f'"{digest}"', "Last-Modified": formatdate(stamp, usegmt=True)}


def _as_path(failure: RowFailed, given: str) -> CallFailed:
    missing = failure.error.code in ("INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID") and not (
        set(failure.error.fields) - {"Id"}
    )
    return _no_record(given) if missing else failure.as_call()


def _id(given: str) -> str:
    try:
        return ids.parse(given)
    except ids.BadId:
        raise _no_record(given) from None


def _no_record(given: str) -> CallFailed:
    return not_found(f"Provided external ID field does not exist or is not accessible: {given}")


def _instant(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    try:
        parsed = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise CallFailed(
            400, "INVALID_REPLICATION_DATE", f"{name} is missing or no dateTime: {text}"
        ) from None
    return round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)
