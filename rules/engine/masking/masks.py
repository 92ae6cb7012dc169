"""The rules of one role as bit masks: per field and class, the boxes that the class lets pass.

Boxes stand in the order in which rules are tried, 63 to a word (a BIGINT keeps its sign free). An account's
answer is the lowest bit of the AND of its fields' words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules.engine.masking.boxes import IS_NOT_FALSE, IS_TRUE, Box, Question, TooManyBoxes, boxes_of
from rules.engine.masking.classes import FieldClasses
from rules.language.ruleset import IfUnknown, Rule

BITS = 63
CAP = 64
"""Boxes per rule; beyond it the rule is evaluated as an expression."""
Words = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Slot:
    """One bit: the rule whose turn it is, and whether reaching it asks for a person's eye."""

    rule: int
    """Position in `RuleSet.rules`."""
    review: bool


@dataclass(frozen=True, slots=True)
class Expression:
    """A bit that no box can say: it is set where the question's answer is yes."""

    bit: int
    rule: int
    question: Question


@dataclass(frozen=True, slots=True)
class RoleMasks:
    """The masks of one role; `words[field]` has a row per class and a column per word."""

    role: str
    slots: tuple[Slot, ...]
    words: Mapping[str, Words]
    all_set: Words
    """Per word, every bit in use."""
    expressions: tuple[Expression, ...]


def masks_of(
    role: str, rules: Sequence[Rule], classes: Mapping[str, FieldClasses], cap: int = CAP
) -> RoleMasks:
    """The masks of the rules that assign `role`; rules after one that always matches are left out."""
    slots: list[Slot] = []
    boxes: list[Box] = []
    expressions: list[Expression] = []
    for position, question, review in _questions(role, rules):
        try:
            found = boxes_of(rules[position].when, question, classes, cap)
        except TooManyBoxes:
            expressions.append(Expression(len(slots), position, question))
            found = ({},)
            ends = False
        else:
            ends = found == ({},) and not rules[position].borrows_territory
        boxes.extend(found)
        slots.extend(Slot(position, review) for _ in found)
        if ends:
            break
    return RoleMasks(role, tuple(slots), _words(boxes, classes), _all_set(len(boxes)), tuple(expressions))


def _questions(role: str, rules: Sequence[Rule]) -> Iterator[tuple[int, Question, bool]]:
    """What to ask in turn: (rule, question, whether yes means review)."""
    for position, rule in enumerate(rules):
        if rule.role != role:
            continue
        if rule.if_unknown is IfUnknown.MATCH:
            yield position, IS_NOT_FALSE, False
            continue
        yield position, IS_TRUE, False
        if rule.if_unknown is IfUnknown.REVIEW:
            # True was asked just before, so yes means unknown here.
            yield position, IS_NOT_FALSE, True


def _words(boxes: Sequence[Box], classes: Mapping[str, FieldClasses]) -> dict[str, Words]:
    """Only fields that some box uses. Each column lies in one piece of memory, as it is filled and given away."""
    columns: dict[str, Words] = {}
    every = _all_set(len(boxes))
    for position, box in enumerate(boxes):
        word, bit = position // BITS, np.int64(1 << position % BITS)
        for field, allowed in box.items():
            if field not in columns:
                columns[field] = np.repeat(every[:, np.newaxis], classes[field].count, axis=1)
            column = columns[field][word]
            column[~_members(allowed, len(column))] ^= bit
    return {field: columns[field].T for field in classes if field in columns}


def _members(allowed: int, count: int) -> npt.NDArray[np.bool_]:
    """A set of classes as one boolean per class."""
    packed = np.frombuffer(allowed.to_bytes(-(-count // 8), "little"), np.uint8)
    return np.unpackbits(packed, count=count, bitorder="little").astype(np.bool_)


def _all_set(count: int) -> Words:
    whole, rest = divmod(count, BITS)
    return np.array([(1 << BITS) - 1] * whole + ([(1 << rest) - 1] if rest else []), np.int64)
