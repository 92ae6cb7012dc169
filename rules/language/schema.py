"""The rules document as pydantic models: its keys, its settings, and its JSON Schema.

Conditions are checked apart, against the fields of the accounts (`rules.language.conditions`): here they are
any mapping, described for editors by a schema of their own.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rules.language.condition import FieldKind
from rules.language.folding import DEFAULT_MISSING
from rules.language.people import PodBy
from rules.language.ruleset import IfUnknown, Mode

LEVELS = ("legal", "named", "holdout", "family", "segment", "geography", "catch_all")
"""The precedence where the document declares none."""

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

When = Any
"""A condition's mapping as it stands."""


class Section(BaseModel):
    """A part of the document: keys that it does not have are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class AsOfSection(Section):
    """The calendar: whose midnight a day begins at, and when the fiscal year does ("02-01")."""

    timezone: str = "UTC"
    fiscal_year_start: str = Field("01-01", pattern=r"^\d\d-\d\d$")


class ListSection(Section):
    """A list of values: in a file beside the rules, or written here."""

    file: str | None = Field(None, min_length=1)
    column: str | None = Field(None, min_length=1)
    values: tuple[str, ...] | None = None
    type: FieldKind = FieldKind.TEXT
    country: str | None = None
    """The country of states and postal codes."""


class MemberSection(Section):
    """A rep in a pod, with the weight of the rep's share (1.0 is full time)."""

    email: Name
    capacity: Positive = 1.0


def _member(value: Any) -> Any:
    return {"email": value} if isinstance(value, str) else value


MemberEntry = Annotated[MemberSection, BeforeValidator(_member, json_schema_input_type=Name | MemberSection)]
"""A member's email alone stands for a full-time member."""


class PodSection(Section):
    """Reps who share accounts."""

    members: tuple[MemberEntry, ...] = Field(min_length=1)
    by: PodBy = PodBy.REMAINING_CAPACITY


class AssignSection(Section):
    """What an account gets that a rule matches."""

    territory: Name
    role: Name = "AE"
    owner: Name | None = None
    """An email, or the CRM's id of the user."""
    pod: Name | None = None


class RuleSection(Section):
    """One rule: exactly one of `when` and `where`."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    level: Name
    when: When = None
    where: str | None = None
    if_unknown: IfUnknown = IfUnknown.SKIP
    mode: Mode | None = None
    description: str = ""
    assign: AssignSection


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


class ExpectSection(Section):
    """What a rule test expects of one role; what is left out is not looked at, null expects none."""

    role: Name | None = None
    decision: Literal["assigned", "kept", "unassigned", "review"] | None = None
    rule: Name | None = None
    territory: Name | None = None
    owner: Name | None = None
    pod: Name | None = None
    reason: str | None = None
    """Words that the reason sentence must hold."""


class TestSection(Section):
    """An account, and what must become of it; fields that are left out are missing."""

    __test__ = False

    name: Name
    given: dict[str, str | None]
    expect: ExpectSection


class Header(Section):
    """What the document says once."""

    version: Literal[1]
    as_of: AsOfSection = AsOfSection()
    missing_values: tuple[str, ...] = DEFAULT_MISSING
    missing_numbers: dict[str, tuple[float, ...]] = {}
    levels: tuple[Name, ...] = Field(LEVELS, min_length=1)
    roles: tuple[Name, ...] | None = None
    """The roles there are; by default those that rules assign."""
    mode: Mode = Mode.REPLACE
    workload: WorkloadSection | None = None


class Document(Header):
    """The whole of rules.yaml."""

    lists: dict[Name, ListSection] = {}
    pods: dict[Name, PodSection] = {}
    rules: tuple[RuleSection, ...] = Field(min_length=1)
    tests: tuple[TestSection, ...] = ()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document, for editors and for checking before a commit."""
    schema = Document.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "territory rules"
    schema["$defs"]["Condition"] = _CONDITION
    for section in ("RuleSection", "ComplexitySection"):
        schema["$defs"][section]["properties"]["when"] = _SELF
    schema["$defs"]["Value"] = {"type": ["string", "number", "boolean"]}
    return schema


_ONE = {"$ref": "#/$defs/Value"}
_SOME = {"anyOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1}]}
_OPERATORS: dict[str, Any] = {
    "eq": _ONE,
    "not_eq": _ONE,
    "in": _SOME,
    "not_in": _SOME,
    "prefix": _SOME,
    "in_list": {"type": "string"},
    "not_in_list": {"type": "string"},
    "from": _ONE,
    "above": _ONE,
    "to": _ONE,
    "below": _ONE,
    "is_missing": {"type": "boolean"},
}
_SELF = {"$ref": "#/$defs/Condition"}
_CONDITION = {
    "type": "object",
    "description": "Every entry must hold: a field with a value, values or operators; or all, any, not.",
    "properties": {
        "all": {"type": "array", "items": _SELF},
        "any": {"type": "array", "items": _SELF, "minItems": 1},
        "not": _SELF,
    },
    "additionalProperties": {
        "anyOf": [
            *_SOME["anyOf"],
            {"type": "object", "properties": _OPERATORS, "additionalProperties": False, "minProperties": 1},
        ]
    },
}
