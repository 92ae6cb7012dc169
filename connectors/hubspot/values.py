"""Single values between our columns and HubSpot's strings, and when two of them are the same."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal

from connectors.records import Value


def encode(value: Value) -> str:
    """The string HubSpot stores; "" clears a property. ValueError for a number that is not finite."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"the moment {value} has no time zone")
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return _decimal(value)
    return str(value)


def _decimal(value: float) -> str:
    """Every digit and no exponent, which HubSpot would show to people."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number that a CRM can hold")
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def same(one: Value, other: Value) -> bool:
    """Whether two values are equal once stored: "" is missing, moments count in milliseconds."""
    one, other = (None if v == "" else v for v in (one, other))
    if isinstance(one, datetime) and isinstance(other, datetime):
        return _milliseconds(one) == _milliseconds(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-12)
    return one == other


def _milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def stamp(text: str) -> datetime:
    """The moment of a version (ISO 8601); ValueError where it is none."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
