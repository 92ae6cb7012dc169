"""What values mean: kinds of fields, synonyms, currencies; and where else the document is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from rules.language.condition import FieldKind
from rules.language.sections.base import Day, FieldName, Name, Section, some

FinerKind = Literal[
    FieldKind.ID,
    FieldKind.COUNTRY,
    FieldKind.STATE,
    FieldKind.POSTAL_CODE,
    FieldKind.DOMAIN,
    FieldKind.MULTI_SELECT,
    FieldKind.NAICS,
    FieldKind.SIC,
]
"""What the text of a field may be."""

Kinds = dict[FieldName, FinerKind]
Spellings = Annotated[
    tuple[Name, ...],
    BeforeValidator(some, json_schema_input_type=Name | tuple[Name, ...]),
    Field(min_length=1),
]


class SynonymColumns(Section):
    """Which columns of the file hold a spelling and what it stands for."""

    spelling: Name = "spelling"
    means: Name = "means"


class SynonymFile(Section):
    """Synonyms in a CSV or Parquet file beside the rules."""

    file: Name
    columns: SynonymColumns = SynonymColumns()


def in_file(value: Any) -> str:
    """Which of the two forms a mapping has: `file:` with one name, or words with their spellings."""
    return "file" if isinstance(value, dict) and isinstance(value.get("file"), str) else "words"


SynonymEntry = Annotated[
    Annotated[SynonymFile, Tag("file")] | Annotated[dict[Name, Spellings], Tag("words")],
    Discriminator(in_file),
]


class RateColumns(Section):
    """Which columns of the file hold the currency, the day and the rate."""

    currency: Name = "currency"
    day: Name = "day"
    rate: Name = "rate"


class RateFile(Section):
    """Rates in a CSV or Parquet file beside the rules; of each currency the last one on or before the day counts."""

    file: Name
    columns: RateColumns = RateColumns()


Rates = dict[Name, Annotated[float, Field(gt=0, allow_inf_nan=False)]]


class MoneySection(Section):
    """Amounts are compared in one currency, at rates pinned to a day."""

    currency: Name
    """ISO 4217, like USD."""
    fields: Annotated[
        tuple[FieldName, ...], BeforeValidator(some, json_schema_input_type=FieldName | tuple[FieldName, ...])
    ] = Field(("annual_revenue",), min_length=1)
    """Fields of numbers that are amounts."""
    currency_field: FieldName = "currency"
    """The field that says which currency an account's amounts are in."""
    day: Day
    """The day of the rates: no account moves because a rate did."""
    rates: Annotated[
        Annotated[RateFile, Tag("file")] | Annotated[Rates, Tag("words")], Discriminator(in_file)
    ]
    """What one unit of each other currency is worth in `currency`."""


Include = Annotated[tuple[Name, ...], BeforeValidator(some, json_schema_input_type=Name | tuple[Name, ...])]
"""Other files with lists, rules and the like, relative to this one and inside its folder."""
VariableValue = str | float | bool | tuple[str | float | bool, ...]
"""What `${name}` stands for: a value, or a list of values."""
