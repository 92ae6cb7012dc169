"""Values as Salesforce's JSON has them, to Arrow columns and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def column(records: Sequence[Mapping[str, Any]], field: Described, type: pa.DataType) -> pa.Array:
    """One field of a page in that type; Garbled names the record and value that do not fit."""
    try:
        raw = [record[field.name] for record in records]
    except KeyError as error:
        raise Garbled(f"field {field.name} was asked for and is missing from a record") from error
    try:
        return _typed(raw, field, type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        raise Garbled(_first_unfit(records, field, type)) from error


def _typed(raw: list[Any], field: Described, type: pa.DataType) -> pa.Array:
    if pa.types.is_string(type):
        if field.is_reference:
            return pa.array([None if not id else full_id(id) for id in raw], type)
        text = pa.array(raw)
        if pa.types.is_null(text.type):
            return pa.nulls(len(raw), type)
        text = text.cast(type)
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, type), text)
    if pa.types.is_integer(type):
        return pa.array(raw, pa.float64()).cast(type)
    if pa.types.is_timestamp(type) or pa.types.is_date(type):
        return _dated(pa.array(raw, pa.string()), field, type)
    return pa.array(raw, type)


def _dated(text: pa.Array, field: Described, type: pa.DataType) -> pa.Array:
    if field.type == "date":
        return (
            text.cast(pa.date32()).cast(pa.timestamp("ms")).cast(type)
            if pa.types.is_timestamp(type)
            else text.cast(type)
        )
    stamps = text.cast(pa.timestamp("ms", "UTC"))
    return stamps if pa.types.is_timestamp(type) else stamps.cast(type, safe=False)


def _first_unfit(records: Sequence[Mapping[str, Any]], field: Described, type: pa.DataType) -> str:
    for record in records:
        try:
            _typed([record[field.name]], field, type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError):
            value = record[field.name]
            return f"record {record.get('Id')}, field {field.name}: {value!r} is no {type}"
    return f"field {field.name}: values of several types on one page"


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
