"""Rules and exceptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from rules.language.active import Period
from rules.language.ruleset import IfUnknown, Mode
from rules.language.sections.base import Day, FieldName, Name, RuleId, Section, When, some


class AssignSection(Section):
    """What an account gets that a rule takes: a territory, and an owner, a pod, or neither."""

    territory: Name | None = None
    role: Name | None = None
    """AE where nothing is said."""
    owner: Name | None = None
    """An email, or the CRM's id of the user."""
    pod: Name | None = None


class KeepSection(Section):
    """A hold: the present owner stays."""

    role: Name | None = None
    """The only role that is held; every one where nothing is said."""
    at_most_days: int | None = Field(None, ge=1, le=3660)
    """The hold ends so many days after the first night that it held the account."""


def _keep(value: Any) -> Any:
    if value is True or (isinstance(value, str) and value.casefold() == "true"):
        return {}
    if isinstance(value, bool | str):
        raise ValueError("'keep' is true, or a mapping like {at_most_days: 90}")
    return value


KeepEntry = Annotated[KeepSection, BeforeValidator(_keep, json_schema_input_type=Literal[True] | KeepSection)]
"""`true` holds every role without an end of its own."""


class FollowSection(Section):
    """The account goes where its ultimate parent goes."""

    to: Literal["ultimate_parent"]
    role: Name | None = None
    """The only role that follows; every one where nothing is said."""


def _follow(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


FollowEntry = Annotated[
    FollowSection,
    BeforeValidator(_follow, json_schema_input_type=Literal["ultimate_parent"] | FollowSection),
]


class FiscalSection(Section):
    """The first or the last days of every fiscal month, quarter or year."""

    period: Period
    first_days: int | None = Field(None, ge=1, le=366)
    last_days: int | None = Field(None, ge=1, le=366)


class ActiveSection(Section):
    """The days on which a rule counts; both ends are included, and what is left out does not limit."""

    since: Day | None = Field(None, alias="from")
    until: Day | None = None
    fiscal: FiscalSection | None = None


class TargetColumns(Section):
    """The columns of the list's file that say where each value goes."""

    territory: Name | None = None
    owner: Name | None = None
    pod: Name | None = None


class TableSection(Section):
    """One rule for each different target in the file of a list."""

    list: Name
    field: FieldName
    """The account field that is looked up in the list."""
    columns: TargetColumns


class RuleSection(Section):
    """One rule: a condition (`when` or `where`), and what becomes of the accounts: `assign`, `keep` or `follow`."""

    id: RuleId
    level: Name
    when: When = None
    where: str | None = None
    """The condition as an SQL expression."""
    if_unknown: IfUnknown = IfUnknown.SKIP
    """What becomes of an account where a missing value leaves the condition open."""
    mode: Mode | None = None
    """Whether an account that has an active owner is reassigned; that of the document where nothing is said."""
    description: str = ""
    active: ActiveSection = ActiveSection()
    over: Annotated[
        tuple[Name, ...], BeforeValidator(some, json_schema_input_type=Name | tuple[Name, ...])
    ] = ()
    """Rules of the same level that this one is meant to win over."""
    assign: AssignSection | None = None
    keep: KeepEntry | None = None
    follow: FollowEntry | None = None
    table: TableSection | None = None


class ExceptionSection(Section):
    """One account, by somebody's decision, for a time."""

    account: Name | dict[FieldName, Name]
    """The CRM's id of the account, or one field of ids or domains with its value."""
    role: Name | None = None
    owner: Name | None = None
    territory: Name | None = None
    """That of the first rule that takes the account, where nothing is said."""
    keep: bool = False
    """The present owner stays."""
    author: Name
    """Who decided it."""
    reason: Name
    since: Day | None = Field(None, alias="from")
    until: Day
    """The last day on which it counts."""
