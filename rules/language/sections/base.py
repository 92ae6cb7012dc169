"""What sections are made of: names, numbers, days."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
RuleId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

When = Any
"""A condition's mapping as it stands; what is in it is checked against the fields of the accounts."""


def _day(value: Any) -> Any:
    """Only the one way to write a day: pydantic would take numbers for seconds since 1970."""
    if isinstance(value, date):
        return value
    try:
        assert isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
        return date.fromisoformat(value)
    except (ValueError, AssertionError):
        raise ValueError("a day like 2026-01-31 is wanted here") from None


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]


def some(value: Any) -> Any:
    """One text alone stands for a list of it."""
    return (value,) if isinstance(value, str) else value


class Section(BaseModel):
    """A part of the document: keys that it does not have are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
