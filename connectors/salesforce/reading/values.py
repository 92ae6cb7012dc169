"""Values as Salesforce's JSON has them, to Arrow columns and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.compare import equal
from connectors.errors import Garbled
from connectors.records import Value
from connectors.salesforce.fields import Described
from connectors.salesforce.ids import full_id
from connectors.salesforce.reading.arrow_ids import full_ids
from connectors.tables import TIMESTAMP


def natural(field: Described) -> pa.DataType:
    """The Arrow type of a field as Salesforce has it, before it becomes a column of ours."""
    return _NATURAL.get(field.type, pa.string())


def read_json(records: Sequence[Mapping[str, Any]], field: Described) -> pa.Array:
    """One field of a page of JSON in its natural type; Garbled names the record and value that do not fit."""
    try:
        raw = [record[field.name] for record in records] if "." not in field.name else _nested(records, field)
    except (KeyError, TypeError) as error:
        raise Garbled(f"field {field.name} was asked for and is missing from a record") from error
    return _each_fits(
        raw, lambda part: _from_json(part, field), natural(field), field, lambda row: records[row].get("Id")
    )


def read_text(text: pa.Array, field: Described, ids: pa.Array) -> pa.Array:
    """One field of a page of CSV, all text, in its natural type; Garbled names the record and value that do not fit."""
    type = natural(field)
    return _each_fits(text, lambda part: cleaned(part.cast(type), field), type, field, ids.__getitem__)


def fitted(array: pa.Array, field: Described, type: pa.DataType, ids: pa.Array) -> pa.Array:
    """A natural column as one of ours; Garbled names the record (by `ids`) and value that do not fit."""
    return _each_fits(array, lambda part: _converted(part, type), type, field, ids.__getitem__)


def cleaned(array: pa.Array, field: Described) -> pa.Array:
    """Empty text is null, and ids have 18 characters."""
    if not pa.types.is_string(array.type):
        return array
    if field.is_reference:
        return full_ids(array)
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, array.type), array)


def column(records: Sequence[Mapping[str, Any]], field: Described, type: pa.DataType) -> pa.Array:
    """One field of a page of JSON in that type; Garbled names the record and value that do not fit."""
    ids = pa.array([record.get("Id") for record in records], pa.string())
    return fitted(read_json(records, field), field, type, ids)


_NATURAL: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "int": pa.int64(),
    "long": pa.int64(),
    "double": pa.float64(),
    "currency": pa.float64(),
    "percent": pa.float64(),
    "date": pa.date32(),
    "datetime": TIMESTAMP,
}
_UNFIT = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError, ValueError)


def _nested(records: Sequence[Mapping[str, Any]], field: Described) -> list[Any]:
    """A field of a parent, null where there is no parent."""
    *steps, last = field.name.split(".")

    def of(record: Mapping[str, Any]) -> Any:
        found: Any = record
        for step in steps:
            found = found[step]
            if found is None:
                return None
        return found[last]

    return [of(record) for record in records]


def _from_json(raw: Sequence[Any], field: Described) -> pa.Array:
    type = natural(field)
    if pa.types.is_timestamp(type) or pa.types.is_date(type):
        return pa.array(raw, pa.string()).cast(type)
    if pa.types.is_integer(type):
        return _numbers(raw).cast(type)
    return _numbers(raw) if pa.types.is_floating(type) else cleaned(pa.array(raw, type), field)


def _numbers(raw: Sequence[Any]) -> pa.Array:
    """As CSV is read: a number of 17 or 18 digits is the nearest that there is."""
    try:
        return pa.array(raw, pa.float64())
    except pa.ArrowInvalid:  # what Arrow says of whole numbers that no float is
        return pa.array([float(value) if type(value) is int else value for value in raw], pa.float64())


def _converted(array: pa.Array, type: pa.DataType) -> pa.Array:
    if pa.types.is_date(array.type) and pa.types.is_timestamp(type):
        return array.cast(pa.timestamp("ms")).cast(type)
    if pa.types.is_timestamp(array.type) and pa.types.is_date(type):
        return array.cast(type, safe=False)
    return array.cast(type)


def _each_fits(
    values: Any,
    convert: Callable[[Any], pa.Array],
    type: pa.DataType,
    field: Described,
    id_of: Callable[[int], Any],
) -> pa.Array:
    try:
        return convert(values)
    except _UNFIT as error:
        row = _first_unfit(values, convert)
        value = values[row].as_py() if isinstance(values, pa.Array) else values[row]
        raise Garbled(f"record {id_of(row)}, field {field.name}: {value!r} is no {type}") from error


def _first_unfit(values: Any, convert: Callable[[Any], pa.Array]) -> int:
    """The index of the first value that does not convert by itself."""
    start, count = 0, len(values)
    while count > 1:
        half = count // 2
        try:
            convert(values[start : start + half])
        except _UNFIT:
            count = half
        else:
            start, count = start + half, count - half
    return start


def to_json(value: Value) -> Any:
    """A value as Salesforce takes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return value.isoformat() if isinstance(value, date) else value


def same(field: Described, left: Value, right: Value) -> bool:
    """Whether Salesforce stores both as the same: numbers rounded to the field's scale, text without the
    white space around it, a checkbox never empty, ids in either length."""
    if field.type == "boolean":
        return bool(left) is bool(right)
    return equal("", _stored(field, left), _stored(field, right))


def _stored(field: Described, value: Value) -> Value:
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").strip()
        return full_id(text) if field.is_reference else text
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and field.type in ("double", "currency", "percent")
    ):
        try:
            return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP))
        except InvalidOperation:  # more digits than any field of Salesforce's has
            return value
    return value
