"""JSON values into stored ones and back, as strictly as Salesforce's own parser."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.salesforce import ids
from connectors.sandbox.salesforce.errors import RowFailed, unparsable
from connectors.sandbox.salesforce.shape.fields import IDS, NUMBERS, Field
from connectors.sandbox.tables import Stored

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


def moment(at: int) -> str:
    """Milliseconds as Salesforce's REST API writes an instant: 2026-03-01T12:00:00.000+0000."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at // 1000))}.{at % 1000:03d}+0000"


def shower(field: Field) -> Callable[[Any], Any] | None:
    """How a stored value of this field is shown in JSON; None where it is shown as it lies.

    A checkbox is never empty: one that was added to an object with records is false in all of them.
    """
    if field.type == "boolean":
        return bool
    if field.type == "datetime":
        return lambda at: None if at is None else moment(at)
    return _address if field.type == "address" else None


def _address(text: str | None) -> dict[str, Any] | None:
    """A compound address as REST shows it, null where every part is."""
    return None if text is None else json.loads(text)


def token(value: object) -> str:
    """The JSON token a value came as, in the words of Salesforce's parser."""
    names = {
        str: "VALUE_STRING",
        int: "VALUE_NUMBER_INT",
        float: "VALUE_NUMBER_FLOAT",
        list: "START_ARRAY",
        dict: "START_OBJECT",
    }
    return f"VALUE_{str(value).upper()}" if isinstance(value, bool) else names[type(value)]


def stored(field: Field, value: Any, object: str) -> Stored:
    """The value as it is stored.

    CallFailed JSON_PARSER_ERROR where its JSON type is wrong; RowFailed where the value itself is refused.
    """
    if value is None:
        if field.type == "boolean":
            raise RowFailed(
                "INVALID_TYPE_ON_FIELD_IN_RECORD",
                f"{field.label}: value not of required type: null",
                field.name,
            )
        return None
    if field.type in NUMBERS:
        return _number(field, value)
    if field.type == "boolean":
        return _boolean(value)
    if field.type in ("date", "datetime"):
        return _time(field, value)
    if not isinstance(value, str):
        raise unparsable("string", token(value), value)
    if field.type in IDS:
        return _id(field, value)
    return _text(field, value, object)


def _boolean(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false")):
        return int(str(value).lower() == "true")
    raise unparsable("boolean", token(value), value)


def _number(field: Field, value: Any) -> Stored:
    kind = "int" if field.type == "int" else "double"
    if isinstance(value, (bool, list, dict)) or (kind == "int" and isinstance(value, float)):
        raise unparsable(kind, token(value), value)
    if value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise unparsable(kind, token(value), value) from None
    if not number.is_finite() or (kind == "int" and number != number.to_integral_value()):
        raise unparsable(kind, token(value), value)
    if kind == "int":
        if abs(number) > 2**31 - 1:
            raise unparsable(kind, token(value), value)
        return int(number)
    return _rounded(field, number)


def _rounded(field: Field, number: Decimal) -> float:
    precision, scale = field.precision or 18, field.scale
    if abs(number) >= Decimal(10) ** (precision - scale):
        raise RowFailed(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {number}",
            field.name,
        )
    rounded = float(number.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP))
    return rounded if math.copysign(1, rounded) > 0 or rounded else 0.0


def _time(field: Field, value: Any) -> Stored:
    if value == "":
        return None
    try:
        if not isinstance(value, str):
            raise ValueError
        if field.type == "date":
            return date.fromisoformat(
                value[:10] if re.match(r"\d{4}-\d\d-\d\dT", value) else value
            ).isoformat()
        parsed = datetime.fromisoformat(value)
        if "T" not in value:
            raise ValueError
        # Salesforce keeps whole seconds.
        return math.floor((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()) * 1000
    except ValueError:
        raise unparsable(field.type, token(value), value) from None


def _id(field: Field, value: str) -> Stored:
    if value == "":
        return None
    try:
        return ids.parse(value)
    except ids.BadId:
        raise RowFailed(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", field.name
        ) from None


def _text(field: Field, value: str, object: str) -> Stored:
    value = value.strip() if field.type != "textarea" else value.rstrip()
    if value == "":
        return None
    limit = field.length or {"picklist": 255, "email": 80, "phone": 40, "url": 255}.get(field.type, 255)
    if len(value) > limit:
        raise RowFailed(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {value} (max length={limit})",
            field.name,
        )
    if field.type == "email" and not _EMAIL.match(value):
        raise RowFailed("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", field.name)
    if field.restricted and value not in field.values:
        raise RowFailed(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {value}",
            field.name,
        )
    return value
