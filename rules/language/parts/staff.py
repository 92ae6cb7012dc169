"""Reps and pods out of their sections."""

from __future__ import annotations

from collections.abc import Iterable

from rules.language.codes import Code
from rules.language.people import Absence, Member, Pod, PodBy, Ramp, Rep
from rules.language.reading.finding import place, source_of
from rules.language.reading.problems import Problem
from rules.language.reading.yaml import MapNode, Scalar
from rules.language.sections.people import PodSection, RepSection
from rules.language.values.normalise import quoted

WINDOW_DAYS = 30
"""How far back accounts count as a turn, where a round robin does not say."""


def pods(
    sections: Iterable[tuple[Scalar, MapNode, PodSection | None]], problems: list[Problem]
) -> dict[str, Pod]:
    """The pods by name; a wrong one is there without members, so that its uses are not reported as well."""
    found = {}
    for key, node, section in sections:
        members = _members(key, node, section, problems) if section is not None else ()
        by = section.by if section is not None else PodBy.REMAINING_CAPACITY
        days = _window(node, section, problems) if section is not None else WINDOW_DAYS
        found[key.text] = Pod(key.text, members, by, source_of(node), days)
    return found


def _members(key: Scalar, node: MapNode, section: PodSection, problems: list[Problem]) -> tuple[Member, ...]:
    first: dict[str, Member] = {}
    for index, entry in enumerate(section.members):
        member = Member(entry.email, entry.capacity)
        if first.setdefault(member.email.casefold(), member) is not member:
            message = f"pod {quoted(key.text)} has the member {quoted(member.email)} twice"
            at = place(node, "members", index)
            problems.append(
                at.problem(Code.DUPLICATE_MEMBER, message, "give one entry the 'capacity' of both")
            )
    return tuple(first.values())


def _window(node: MapNode, section: PodSection, problems: list[Problem]) -> int:
    if section.window_days is not None and section.by is not PodBy.ROUND_ROBIN:
        message = f"'window_days' is for pods by round_robin, and this one shares by {section.by.value}"
        problems.append(place(node, "window_days").problem(Code.BAD_VALUE, message, "leave it out"))
    return section.window_days or WINDOW_DAYS


def reps(
    sections: Iterable[tuple[Scalar, MapNode, RepSection | None]], problems: list[Problem]
) -> dict[str, Rep]:
    """The reps by case-folded email."""
    found: dict[str, Rep] = {}
    for key, node, section in sections:
        name = key.text.casefold()
        if name in found:
            message = f"rep {quoted(key.text)} is here already, as {quoted(found[name].email)}"
            problems.append(key.problem(Code.DUPLICATE_MEMBER, message, "keep one of them"))
        elif section is None:
            found[name] = Rep(key.text, source=source_of(node))
        else:
            found[name] = _rep(key, node, section, problems)
    return found


def _rep(key: Scalar, node: MapNode, section: RepSection, problems: list[Problem]) -> Rep:
    if section.cap is not None and section.floor > section.cap:
        message = f"rep {quoted(key.text)}: the floor of {section.floor} is above the cap of {section.cap}"
        problems.append(
            place(node, "floor").problem(
                Code.EMPTY_RANGE, message, "the cap is the most, the floor the least"
            )
        )
    for index, absence in enumerate(section.away):
        if absence.last < absence.first:
            message = (
                f"rep {quoted(key.text)}: away until {absence.last}, before it begins on {absence.first}"
            )
            problems.append(place(node, "away", index).problem(Code.NEVER_ACTIVE, message))
    ramp = Ramp(section.ramp.start, section.ramp.months) if section.ramp else None
    away = tuple(Absence(absence.first, absence.last) for absence in section.away)
    return Rep(key.text, section.cap, section.floor, ramp, away, section.last_day, source_of(node))
