"""One row of an ingest job: its cells as values, its write, and the words of its failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.bulk.csvtext import Unreadable
from connectors.sandbox.salesforce.bulk.jobs import Job
from connectors.sandbox.salesforce.errors import CallFailed, RowError, RowFailed
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.salesforce.write import How, Writer

NULL = "#N/A"
_YES, _NO = ("true", "yes", "y", "on", "1"), ("false", "no", "n", "off", "0")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of an upload are: where the Id and the external id stand, and the fields of the others."""

    object: SObject
    id: int | None
    external: int | None
    fields: tuple[tuple[int, Field], ...]


def columns(org: Org, job: Job, header: Sequence[str]) -> Columns:
    """The header understood; Unreadable in Salesforce's words where it fails the whole job."""
    object = org.objects[job.object.lower()]
    names = [name.strip() for name in header]
    if job.operation in ("delete", "hardDelete") and [name.lower() for name in names] != ["id"]:
        raise Unreadable(f"InvalidBatch : The '{job.operation}' batch must contain only ids")
    found: list[tuple[int, Field]] = []
    for at, name in enumerate(names):
        field = object.find(name)
        if field is None or not org.readable(object.name, field.name):
            raise Unreadable(f"InvalidBatch : Field name not found : {name}")
        if any(field is other for _, other in found):
            raise Unreadable(f"InvalidBatch : Duplicate column name : {name}")
        found.append((at, field))
    at_id = next((at for at, field in found if field.type == "id"), None)
    external = next((at for at, field in found if field.name.lower() == job.external_id.lower()), None)
    if job.operation == "upsert" and external is None:
        raise Unreadable(f"InvalidBatch : Field name not found : {job.external_id}")
    kept = tuple((at, field) for at, field in found if field.type != "id")
    return Columns(object, at_id, external, kept)


class RowWriter:
    """Writes the rows of one job through the org's own Writer."""

    def __init__(self, org: Org, writer: Writer, job: Job, columns: Columns) -> None:
        self._org, self._writer, self._job, self._columns = org, writer, job, columns
        self._how = How(auto_assign=bool(org.core.settings["bulk_auto_assign"]))

    def target(self, cells: Sequence[str]) -> str:
        """The id of the record that a row is about, "" where it names none; RowFailed where it is no id."""
        if self._job.operation == "insert" or self._columns.id is None:
            return ""
        given = cells[self._columns.id].strip()
        if not given:
            return ""
        try:
            return ids.parse(given)
        except ids.BadId:
            label = self._columns.object.label
            raise RowFailed(
                "MALFORMED_ID", f"{label} ID: id value of incorrect type: {given}", "Id"
            ) from None

    def write(self, cells: Sequence[str], by: By) -> tuple[str, bool]:
        """Carries a row out: the record's id, and whether it is new. RowFailed where it is refused."""
        object, operation = self._columns.object, self._job.operation
        id = self.target(cells)
        if operation in ("delete", "hardDelete"):
            self._delete(self._needed(id, "delete"), by)
            return id, False
        values = {
            field: self._value(field, cells[at]) for at, field in self._columns.fields if cells[at] != ""
        }
        if operation == "upsert":
            id = id if self._job.external_id.lower() == "id" else self._matching(cells)
            values = {field: value for field, value in values.items() if field.type != "id"}
        if operation == "insert" or (operation == "upsert" and not id):
            return self._writer.create(object, values, by, self._how), True
        self._writer.update(object, self._needed(id, "update"), values, by, self._how)
        return id, False

    def _delete(self, id: str, by: By) -> None:
        """Into the recycle bin, and out of it at once where nothing shall be left."""
        object, state = self._columns.object, self._org.core.state
        self._writer.delete(object, id, by, self._how)
        if self._job.operation == "hardDelete" and state.read(object.name, id) is not None:
            state.remove(object.name, id, by)

    @staticmethod
    def _needed(id: str, call: str) -> str:
        if not id:
            raise RowFailed("MISSING_ARGUMENT", f"Id not specified in an {call} call", "Id")
        return id

    def _matching(self, cells: Sequence[str]) -> str:
        """The id of the one record that has the row's external id, "" where there is none."""
        at, object = self._columns.external, self._columns.object
        field = object.find(self._job.external_id)
        assert at is not None
        assert field is not None
        wanted = cells[at].strip()
        if not wanted or wanted == NULL:
            raise RowFailed("MISSING_ARGUMENT", f"{field.name} not specified", field.name)
        collate = " COLLATE NOCASE" if field.is_text else ""
        live = ' AND "IsDeleted" = 0' if object.has_bin else ""
        sql = f'SELECT "Id" FROM "{object.name}" WHERE "{field.name}" = ?{collate}{live} LIMIT 2'
        found = self._org.core.state.rows(sql, (wanted,))
        if len(found) > 1:
            message = f"{field.label}: more than one record found for external id field: {wanted}"
            raise RowFailed("DUPLICATE_EXTERNAL_ID", message, field.name)
        return str(found[0][0]) if found else ""

    @staticmethod
    def _value(field: Field, cell: str) -> Any:
        """A cell as the value that JSON would carry; `#N/A` empties a field."""
        if cell == NULL:
            return None
        if field.type == "boolean":
            given = cell.strip().lower()
            if given not in _YES + _NO:
                raise _wrong(field, cell)
            return given in _YES
        return cell


def _wrong(field: Field, cell: str) -> RowFailed:
    message = f"{field.label}: value not of required type: {cell}"
    return RowFailed("INVALID_TYPE_ON_FIELD_IN_RECORD", message, field.name)


def told(failure: RowFailed | CallFailed, cells: Sequence[str], columns: Columns) -> str:
    """The failure as sf__Error says it: `CODE:message:fields--`."""
    if isinstance(failure, CallFailed):
        failure = _as_row(failure, cells, columns)
    return worded(failure.error)


def worded(error: RowError) -> str:
    """`CODE:message:fields--`, with a blank after fields where there are any (seen 2019 to 2025)."""
    fields = f"{','.join(error.fields)} " if error.fields else ""
    return f"{error.code}:{error.message}:{fields}--"


def _as_row(failure: CallFailed, cells: Sequence[str], columns: Columns) -> RowFailed:
    """What REST refuses as unparsable JSON is in Bulk a value of the wrong type, of this row alone."""
    if failure.code != "JSON_PARSER_ERROR":
        return RowFailed(failure.code, failure.message, *(failure.fields or ()))
    for at, field in columns.fields:
        if cells[at] and f" value {cells[at]} " in failure.message:
            return _wrong(field, cells[at])
    return RowFailed("INVALID_TYPE_ON_FIELD_IN_RECORD", failure.message)
