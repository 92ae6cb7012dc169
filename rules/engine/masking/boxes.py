"""Conditions as boxes: alternatives, each of which allows every field a set of its classes.

Three-valued logic becomes two exact two-valued questions about the same tree: "is it true?" and "is it at
least not false?" (true or unknown). A part that uses one field only is a set of classes however it is nested;
only alternatives over several fields multiply.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rules.engine.masking.classes import MISSING, FieldClasses, tests_in
from rules.language.condition import All, Any, Condition, IsMissing, Not

Box = Mapping[str, int]
"""Field to the set of classes allowed; a field that is not named is free. `{}` allows everything."""


class Question(NamedTuple):
    """`holds`: is the condition true (else: is it false); `leniently`: or unknown."""

    holds: bool
    leniently: bool

    @property
    def opposite(self) -> Question:
        """The question to ask of the part of a `Not`."""
        return Question(not self.holds, self.leniently)


IS_TRUE = Question(holds=True, leniently=False)
IS_NOT_FALSE = Question(holds=True, leniently=True)


class TooManyBoxes(Exception):
    """The condition has more alternatives than the cap; it is evaluated as an expression instead."""


@dataclass(frozen=True, slots=True)
class Kleene:
    """For one field: the classes that make a condition true, and those that make it true or unknown."""

    true: int
    possible: int


def kleene(condition: Condition, classes: FieldClasses) -> Kleene:
    """Truth of a condition that uses no other field than that of `classes`, by Kleene's strong logic."""
    everything = (1 << classes.count) - 1
    match condition:
        case All(parts):
            true = possible = everything
            for part in parts:
                found = kleene(part, classes)
                true, possible = true & found.true, possible & found.possible
            return Kleene(true, possible)
        case Any(parts):
            true = possible = 0
            for part in parts:
                found = kleene(part, classes)
                true, possible = true | found.true, possible | found.possible
            return Kleene(true, possible)
        case Not(part):
            found = kleene(part, classes)
            return Kleene(everything & ~found.possible, everything & ~found.true)
        case IsMissing():
            return Kleene(1 << MISSING, 1 << MISSING)
        case test:
            return Kleene(classes.truth[test], classes.truth[test] | 1 << MISSING)


def answering(condition: Condition, question: Question, classes: FieldClasses) -> int:
    """The classes of the one field for which the answer to the question is yes."""
    everything = (1 << classes.count) - 1
    found = kleene(condition, classes)
    if question.holds:
        return found.possible if question.leniently else found.true
    return everything & ~(found.true if question.leniently else found.possible)


def fields_in(condition: Condition) -> frozenset[str]:
    """The fields that the condition uses."""
    return frozenset(test.field for test in tests_in(condition))


def boxes_of(
    condition: Condition, question: Question, classes: Mapping[str, FieldClasses], cap: int
) -> tuple[Box, ...]:
    """Boxes whose union answers the question with yes; raises `TooManyBoxes` beyond `cap`."""
    used = fields_in(condition)
    if not used:
        return ({},) if _constant(condition) is question.holds else ()
    if len(used) == 1:
        [field] = used
        allowed = answering(condition, question, classes[field])
        if allowed == (1 << classes[field].count) - 1:
            return ({},)
        return ({field: allowed},) if allowed else ()
    match condition:
        case Not(part):
            return boxes_of(part, question.opposite, classes, cap)
        case All(parts) | Any(parts):
            groups = [boxes_of(part, question, classes, cap) for part in parts]
            both = isinstance(condition, All) is question.holds
            return (
                _intersection(groups, cap)
                if both
                else _union((box for group in groups for box in group), cap)
            )
    raise AssertionError(f"a test uses one field: {condition!r}")


def _constant(condition: Condition) -> bool:
    """The value of a condition without tests; it is never unknown."""
    match condition:
        case All(parts):
            return all(_constant(part) for part in parts)
        case Any(parts):
            return any(_constant(part) for part in parts)
        case Not(part):
            return not _constant(part)
    raise AssertionError(f"a test uses a field: {condition!r}")


def _intersection(groups: list[tuple[Box, ...]], cap: int) -> tuple[Box, ...]:
    boxes: tuple[Box, ...] = ({},)
    for group in sorted(groups, key=len):
        if len(boxes) * len(group) > 16 * cap:
            raise TooManyBoxes
        boxes = _union(
            (both for one in boxes for other in group if (both := _meet(one, other)) is not None), cap
        )
    return boxes


def _meet(one: Box, other: Box) -> Box | None:
    both = dict(one)
    for field, allowed in other.items():
        both[field] = both.get(field, allowed) & allowed
        if not both[field]:
            return None
    return both


def _union(boxes: Iterable[Box], cap: int) -> tuple[Box, ...]:
    found = list(boxes)
    if len(found) > 1:
        for field in sorted({field for box in found for field in box}):
            found = _merged(found, field)
    if any(not box for box in found):
        return ({},)
    if len(found) > cap:
        raise TooManyBoxes
    return tuple(found)


def _merged(boxes: list[Box], field: str) -> list[Box]:
    """Boxes that differ in this field alone become one."""
    merged: dict[tuple[tuple[str, int], ...], int | None] = {}
    for box in boxes:
        rest = tuple(sorted((name, allowed) for name, allowed in box.items() if name != field))
        before, now = merged.get(rest, 0), box.get(field)
        merged[rest] = None if before is None or now is None else before | now
    return [
        dict(rest) if allowed is None else {**dict(rest), field: allowed} for rest, allowed in merged.items()
    ]
