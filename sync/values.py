"""Values of changes as text, as JSON and as what a connector is given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.mapping import FieldType
from connectors.records import Value


def typed(text: str | None, kind: FieldType) -> Value:
    """The value that a plan's text stands for."""
    if text is None:
        return None
    match kind:
        case FieldType.INTEGER:
            return int(text)
        case FieldType.NUMBER:
            return float(text)
        case FieldType.BOOLEAN:
            return text == "true"
        case FieldType.DATE:
            return date.fromisoformat(text)
        case FieldType.DATETIME:
            return datetime.fromisoformat(text).astimezone(UTC)
        case FieldType.TEXT:
            return text


def text(value: Any) -> str | None:
    """The text that a plan or the ledger holds for a connector's value; the inverse of `typed`."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def same(left: str | None, right: str | None, kind: FieldType) -> bool:
    """Whether two texts stand for one value, with numbers to two decimals."""
    if left is None or right is None:
        return left is right
    if kind is FieldType.NUMBER:
        return abs(float(left) - float(right)) < 0.005
    return typed(left, kind) == typed(right, kind)


def kinds(fields: Mapping[str, str]) -> dict[str, FieldType]:
    """The field types of a plan's header."""
    return {name: FieldType(kind) for name, kind in fields.items()}
