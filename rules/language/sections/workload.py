"""The workload: hours, capacity and coverage."""

from __future__ import annotations

from pydantic import Field

from rules.language.sections.base import Name, NotNegative, Positive, Section, When


class TierSection(Section):
    """Service level: touches per 90 days and hours per touch."""

    touches: NotNegative
    hours_per_touch: NotNegative


class BandSection(Section):
    """Accounts with from <= field < below are of this tier."""

    tier: Name
    low: float | None = Field(None, alias="from", allow_inf_nan=False)
    below: float | None = Field(None, allow_inf_nan=False)


class TierField(Section):
    """The field that says the tier: by name, or through bands of its numbers."""

    field: Name
    bands: tuple[BandSection, ...] = ()


class ComplexitySection(Section):
    """Adds to the complexity of the accounts that meet the condition."""

    name: Name
    when: When = None
    where: str | None = None
    weight: float = Field(allow_inf_nan=False)


class CapacitySection(Section):
    """Selling hours of a full-time rep per 90 days."""

    hours_per_rep: Positive = 390.0


class TouchesSection(Section):
    """Which activities count as a touch; no directions means all."""

    qualifying: tuple[Name, ...] = ("call", "meeting", "email")
    directions: tuple[Name, ...] = ()


class WorkloadSection(Section):
    """How hours, capacity and coverage are computed."""

    tier: TierField
    tiers: dict[Name, TierSection] = Field(min_length=1)
    default_tier: Name | None = None
    complexity: tuple[ComplexitySection, ...] = ()
    travel_hours: NotNegative = 0.0
    capacity: CapacitySection = CapacitySection()
    touches: TouchesSection = TouchesSection()
    tolerance: float = Field(0.15, gt=0, lt=1)
    potential_field: Name = "annual_revenue"
    """The field of numbers that holds the account's revenue potential."""
