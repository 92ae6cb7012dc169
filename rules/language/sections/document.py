"""The whole document: its settings, and its collections."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rules.language.ruleset import Mode
from rules.language.sections.base import FieldName, Name, Section
from rules.language.sections.derived import DerivedEntry
from rules.language.sections.lists import ListSection
from rules.language.sections.people import PodSection, RepSection
from rules.language.sections.rules import ExceptionSection, RuleSection
from rules.language.sections.tests import TestSection
from rules.language.sections.values import Include, Kinds, MoneySection, SynonymEntry, VariableValue
from rules.language.sections.workload import WorkloadSection
from rules.language.values.folding import DEFAULT_MISSING

LEVELS = ("legal", "named", "holdout", "family", "segment", "geography", "catch_all")
"""The precedence where the document declares none."""


class AsOfSection(Section):
    """The calendar: whose midnight a day begins at, and when the fiscal year does ("02-01")."""

    timezone: str = "UTC"
    fiscal_year_start: str = Field("01-01", pattern=r"^\d\d-\d\d$")
    """Month and day."""


class RoleSection(Section):
    """A role, and who has it now."""

    holder: FieldName | None = None
    """The account field with the present owner's CRM id."""


class FamilySection(Section):
    """Who belongs together."""

    parent_field: FieldName = "parent_id"
    most_levels: int = Field(20, ge=1, le=1000)
    """A longer chain of parents is taken for a mistake: its accounts are reviewed where they follow."""


class DomainSection(Section):
    """What is known of a field's values, for the proofs."""

    required: bool = False
    """It is never missing."""
    values: tuple[str, ...] | None = Field(None, min_length=1)
    """There are no others."""


class Header(Section):
    """What the document says once."""

    version: Literal[1]
    as_of: AsOfSection = AsOfSection()
    missing_values: tuple[str, ...] = DEFAULT_MISSING
    """Text that means nothing, in every field."""
    missing_numbers: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Numbers that mean nothing, by field."""
    levels: tuple[Name, ...] = Field(LEVELS, min_length=1)
    """The precedence of rules, first to last."""
    roles: tuple[Name, ...] | dict[Name, RoleSection | None] | None = None
    """The roles there are; by default those that rules assign."""
    mode: Mode = Mode.REPLACE
    """Whether accounts that have an active owner are reassigned."""
    family: FamilySection = FamilySection()
    kinds: Kinds = Field(default_factory=dict)
    """Finer kinds of text fields: what they are compared as."""
    synonyms: dict[FieldName, SynonymEntry] = Field(default_factory=dict)
    """Per field of text: a word, and the spellings that stand for it."""
    money: MoneySection | None = None
    """The one currency that amounts are compared in; without it, amounts are compared as they stand."""
    workload: WorkloadSection | None = None

    @property
    def role_names(self) -> tuple[str, ...] | None:
        """The declared roles, None where none are."""
        return None if self.roles is None else tuple(self.roles)


class Document(Header):
    """The whole of rules.yaml."""

    include: Include = ()
    vars: dict[Name, VariableValue] = Field(default_factory=dict)
    """Values that are used as `${name}`."""
    lists: dict[Name, ListSection] = Field(default_factory=dict)
    derived: dict[FieldName, DerivedEntry] = Field(default_factory=dict)
    """Fields that are worked out rather than read."""
    reps: dict[Name, RepSection] = Field(default_factory=dict)
    """By email."""
    pods: dict[Name, PodSection] = Field(default_factory=dict)
    rules: tuple[RuleSection, ...] = Field(min_length=1)
    exceptions: tuple[ExceptionSection, ...] = ()
    domains: dict[FieldName, DomainSection] = Field(default_factory=dict)
    tests: tuple[TestSection, ...] = ()
