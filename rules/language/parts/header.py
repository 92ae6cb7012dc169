"""What the document says once, checked against the fields of the accounts."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from rules.language.codes import Code
from rules.language.condition import FieldKind
from rules.language.conditions.leaves import Leaves
from rules.language.reading.finding import place
from rules.language.reading.problems import did_you_mean
from rules.language.reading.yaml import MapNode, Node, Scalar
from rules.language.ruleset import EXCEPTIONS, Family
from rules.language.sections.document import Header
from rules.language.values.normalise import quoted


def check_header(root: MapNode, header: Header, leaves: Leaves) -> None:
    """Reports a calendar that no year has, numbers for fields of none, names that stand twice."""
    _check_calendar(root, header, leaves)
    numbers = root.get("missing_numbers")
    for key in numbers.keys.values() if isinstance(numbers, MapNode) else ():
        kind = leaves.kind(key)
        if kind not in (None, FieldKind.INTEGER, FieldKind.NUMBER):
            leaves.report(key, Code.WRONG_KIND, f"{key.text} is no field of numbers")
    for what, names in (("levels", header.levels), ("roles", header.role_names or ())):
        twice = {name for name in names if list(names).count(name) > 1} if len(names) < 1000 else set()
        for name in sorted(twice):
            leaves.report(place(root, what), Code.BAD_VALUE, f"{what}: {quoted(name)} stands here twice")
    if EXCEPTIONS in header.levels:
        message = f"level {EXCEPTIONS!r} is not declared: what stands under 'exceptions:' comes first of all"
        leaves.report(place(root, "levels"), Code.BAD_VALUE, message, "leave it out")


def holders_of(root: MapNode, header: Header, leaves: Leaves) -> Mapping[str, str]:
    """Role to the account field with its present owner."""
    if not isinstance(header.roles, dict):
        return {}
    found = {}
    for role, section in header.roles.items():
        if section is not None and section.holder is not None:
            _check_ids(place(root, "roles", role, "holder"), f"the holder of role {quoted(role)}", leaves)
            found[role] = section.holder
    return found


def family_of(root: MapNode, header: Header, leaves: Leaves) -> Family:
    """Who belongs together, up a field of account ids."""
    at = place(root, "family", "parent_field")
    if isinstance(at, Scalar):
        _check_ids(at, "the parent", leaves)
    return Family(header.family.parent_field, header.family.most_levels)


def _check_ids(at: Node, what: str, leaves: Leaves) -> None:
    """Reports a field that does not hold ids of the CRM."""
    kind = leaves.kind(at) if isinstance(at, Scalar) else None
    if isinstance(at, Scalar) and kind not in (None, FieldKind.ID, FieldKind.TEXT):
        assert kind is not None
        message = f"{what} is an id of the CRM, and {at.text} is a {kind.value.replace('_', ' ')}"
        leaves.report(at, Code.WRONG_KIND, message)


def _check_calendar(root: MapNode, header: Header, leaves: Leaves) -> None:
    from datetime import date

    zone = header.as_of.timezone
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        at = place(root, "as_of", "timezone")
        leaves.report(at, Code.CALENDAR, f"unknown time zone {quoted(zone)}", _zone_advice(zone))
    month, day = header.as_of.fiscal_year_start.split("-")
    try:
        date(2001, int(month), int(day))
    except ValueError:
        at = place(root, "as_of", "fiscal_year_start")
        message = f"no year has a day {quoted(header.as_of.fiscal_year_start)}"
        leaves.report(at, Code.CALENDAR, message, "write month and day, like '02-01'")


def _zone_advice(zone: str) -> str:
    from zoneinfo import available_timezones

    advice = did_you_mean(zone, sorted(available_timezones()))
    return advice or "write an IANA name, like 'America/New_York'"
