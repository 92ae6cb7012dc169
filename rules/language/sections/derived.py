"""Fields that are worked out rather than read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from rules.language.derived import Measure
from rules.language.sections.base import FieldName, Name, Section, When, some


class StepSection(Section):
    """One band, from `from` up to where the next one begins; the first has no `from`."""

    name: Name
    low: float | None = Field(None, alias="from", allow_inf_nan=False)
    up: float | None = Field(None, allow_inf_nan=False)
    """An account comes up into the band here (not below `from`)."""
    down: float | None = Field(None, allow_inf_nan=False)
    """An account falls out of the band below this (not above `from`)."""


Steps = Annotated[tuple[StepSection, ...], Field(min_length=2, max_length=100)]


class BandsOfSection(Section):
    """The bands of one field of numbers."""

    of: FieldName
    bands: Steps


class BandedSection(Section):
    """The band that the account's number lies in: of the first field of `of` (or of `by`) that is known."""

    bands: Steps | None = None
    of: Annotated[
        tuple[FieldName, ...] | None,
        BeforeValidator(some, json_schema_input_type=FieldName | tuple[FieldName, ...] | None),
    ] = None
    """The field of numbers, or several: the first that is known decides."""
    by: tuple[BandsOfSection, ...] | None = None
    """In place of `bands` and `of`, where each field has bounds of its own."""
    hysteresis: float | None = Field(None, ge=0, lt=1)
    """Share of `from` by which `up` lies above it and `down` below, where a band does not say its own."""


class ComputedSection(Section):
    """An SQL expression over other fields."""

    expression: str
    type: Literal["number", "date", "boolean", "text"] = "number"


class OpportunitySection(Section):
    """A measure of the account's opportunities that meet the condition."""

    opportunities: Literal[
        Measure.ANY, Measure.COUNT, Measure.SUM, Measure.EARLIEST, Measure.LATEST, Measure.LOWEST, Measure.HIGHEST
    ]  # fmt: skip
    field: FieldName | None = None
    """What is summed or compared; none for any and count."""
    where: When = None
    """Which opportunities count: a mapping as in `when`, or an SQL expression; all where nothing is said."""


class FamilyFactSection(Section):
    """A measure of a field over everybody with the same ultimate parent, the account itself among them."""

    family: Measure
    field: FieldName | None = None
    """What is summed or compared; none for count."""


def form_of(value: Any) -> str:
    """Which of the forms a mapping is meant for, told by the key that only it has."""
    keys = value if isinstance(value, dict) else {}
    return next((key for key in ("expression", "opportunities", "family") if key in keys), "bands")


DerivedEntry = Annotated[
    Annotated[BandedSection, Tag("bands")]
    | Annotated[ComputedSection, Tag("expression")]
    | Annotated[OpportunitySection, Tag("opportunities")]
    | Annotated[FamilyFactSection, Tag("family")],
    Discriminator(form_of),
]
FORMS: Mapping[str, type[Section]] = {
    "bands": BandedSection,
    "expression": ComputedSection,
    "opportunities": OpportunitySection,
    "family": FamilyFactSection,
}
"""Section by the form's name."""
