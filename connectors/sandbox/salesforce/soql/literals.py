"""A literal of a query as the value it is compared with, if the field can be compared with it at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from connectors.sandbox.salesforce.ids import BadId, parse
from connectors.sandbox.salesforce.shape.fields import IDS, NUMBERS, Field
from connectors.sandbox.salesforce.soql.days import span
from connectors.sandbox.salesforce.soql.tree import Literal
from connectors.sandbox.tables import Stored

_SOAP_NAMES = {"currency": "double", "percent": "double", "datetime": "dateTime"}
_ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Bound:
    """A value, or the span from `low` to before `high`; `low` None is null."""

    low: Stored
    high: Stored = None


def bound(field: Field, operator: str, literal: Literal, now: int) -> Bound:
    """The literal in the field's stored form; ValueError in Salesforce's words where they do not go together."""
    _check_operator(field, operator, literal)
    if literal.kind == "null" or (literal.kind == "string" and literal.text == "" and field.is_text):
        return Bound(None)
    if field.type in IDS:
        return Bound(_id(literal))
    if field.type == "boolean":
        return Bound(int(literal.text == "true")) if literal.kind == "boolean" else _mismatch(field)
    if field.type in NUMBERS:
        return _number(field, literal)
    if field.type in ("date", "datetime"):
        return _time(field, literal, now)
    return Bound(literal.text) if literal.kind == "string" else _mismatch(field, quoted=True)


def _mismatch(field: Field, *, quoted: bool = False) -> Bound:
    name = "string" if field.is_text else _SOAP_NAMES.get(field.type, field.type)
    must = "should be enclosed in quotes" if quoted else "should not be enclosed in quotes"
    raise ValueError(f"value of filter criterion for field '{field.name}' must be of type {name} and {must}")


def _check_operator(field: Field, operator: str, literal: Literal) -> None:
    if operator == "LIKE" and (not field.is_text or literal.kind != "string"):
        raise ValueError(f"invalid operator on {field.type} field")
    if field.type in (*IDS, "boolean") and operator in _ORDERED and field.type != "id":
        raise ValueError(f"invalid operator on {field.type} field")
    if literal.kind == "null" and operator in _ORDERED:
        raise ValueError(f"invalid operator for null on field '{field.name}'")
    if operator in ("INCLUDES", "EXCLUDES") and literal.kind != "string":
        raise ValueError(f"invalid operator on {field.type} field")
    if literal.kind == "day" and operator in ("IN", "NOT IN"):
        raise ValueError("date literals are not allowed in a list")


def _id(literal: Literal) -> str:
    try:
        return parse(literal.text) if literal.kind == "string" else parse(None)
    except BadId:
        raise ValueError(f"invalid ID field: {literal.text}") from None


def _number(field: Field, literal: Literal) -> Bound:
    if literal.kind != "number":
        return _mismatch(field)
    if field.type == "int" and not re.fullmatch(r"[+-]?\d+", literal.text):
        return _mismatch(field)
    return Bound(int(literal.text) if field.type == "int" else float(literal.text))


def _time(field: Field, literal: Literal, now: int) -> Bound:
    if literal.kind == "day":
        return _day(field, literal.text.upper(), now)
    if literal.kind != field.type:
        return _mismatch(field)
    try:
        if field.type == "date":
            return Bound(date.fromisoformat(literal.text).isoformat())
        return Bound(_milliseconds(datetime.fromisoformat(literal.text)))
    except ValueError:
        raise ValueError(f"invalid date or dateTime: {literal.text}") from None


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _day(field: Field, word: str, now: int) -> Bound:
    """A date literal as its span of days in UTC."""
    low, high = span(word, datetime.fromtimestamp(now / 1000, UTC).date())
    if field.type == "date":
        return Bound(low.isoformat(), high.isoformat())
    starts = [_milliseconds(datetime(d.year, d.month, d.day, tzinfo=UTC)) for d in (low, high)]
    return Bound(*starts)
