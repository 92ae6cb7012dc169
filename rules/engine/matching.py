"""Second part of the relational plan: classes in, per role the first matching bit out.

The SQL text is a function of the rules alone; the small tables that it joins are made by `masks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rules.engine.boxes import Question, answering, fields_in
from rules.engine.classes import FieldClasses
from rules.engine.masks import BITS, RoleMasks
from rules.engine.sql import member_of
from rules.language.condition import All, Any, Condition, Not
from rules.language.ruleset import Rule


def matched(
    classes: Mapping[str, FieldClasses],
    masks: Sequence[RoleMasks],
    rules: Sequence[Rule],
    passed: Sequence[str],
    beneath: Sequence[Sequence[int] | None],
) -> str:
    """Per role r the first bit `bit_<r>`, -1 for none, beside the columns that are `passed` on.

    Field by field, so that a row never carries more than one running word per word of the masks. `beneath`
    gives for a role the bits among which `beneath_<r>` is the first, as words; None asks for no such thing.
    """
    numbers = {field: f"c{number}" for number, field in enumerate(classes)}
    running = [
        f"{_start(found, word, numbers, classes, rules)} AS {word_column(role, word)}"
        for role, found in enumerate(masks)
        for word in range(len(found.all_set))
    ]
    query = f"SELECT {', '.join([*passed, *numbers.values(), *running])} FROM classed"
    for number, field in enumerate(classes):
        query = _narrowed(query, number, field, masks)
    bits = [f"{_first_bit(_words(role, found))} AS bit_{role}" for role, found in enumerate(masks)]
    bits += [
        f"{_first_bit([f'({word} & {among})' for word, among in zip(_words(role, masks[role]), words, strict=True)])}"
        f" AS beneath_{role}"
        for role, words in enumerate(beneath)
        if words is not None
    ]
    return f"SELECT {', '.join([*passed, *bits])} FROM ({query})"


def _narrowed(query: str, number: int, field: str, masks: Sequence[RoleMasks]) -> str:
    """The running words AND those of one more field, whose class is needed no longer."""
    words = [
        f"sofar.{word} & mask.{word} AS {word}"
        for role, found in enumerate(masks)
        if field in found.words
        for word in (word_column(role, n) for n in range(len(found.all_set)) if found.constrains(field, n))
    ]
    if not words:
        return query
    return (
        f"SELECT sofar.* EXCLUDE (c{number}) REPLACE ({', '.join(words)}) "
        f'FROM ({query}) AS sofar JOIN mask_{number} AS mask ON mask."class" = sofar.c{number}'
    )


def _words(role: int, masks: RoleMasks) -> list[str]:
    return [word_column(role, number) for number in range(len(masks.all_set))]


def _first_bit(words: Sequence[str]) -> str:
    """Position of the lowest bit that is set in any word, -1 for none."""
    cases = [
        f"WHEN {word} <> 0 THEN {number * BITS} + bit_count(({word} & -{word}) - 1)::INTEGER"
        for number, word in enumerate(words)
    ]
    return f"CASE {' '.join(cases)} ELSE -1 END" if cases else "-1"


def _start(
    masks: RoleMasks,
    word: int,
    numbers: Mapping[str, str],
    classes: Mapping[str, FieldClasses],
    rules: Sequence[Rule],
) -> str:
    """The word before any field is looked at: every bit, but for those that an expression decides."""
    full = int(masks.all_set[word])
    parts = [f"{full}::BIGINT"]
    for found in masks.expressions:
        if found.bit // BITS == word:
            yes = answer(rules[found.rule].when, found.question, numbers, classes)
            parts.append(f"CASE WHEN {yes} THEN {full} ELSE {full & ~(1 << found.bit % BITS)} END")
    return " & ".join(parts)


def word_column(role: int, word: int) -> str:
    """The column that holds a role's word."""
    return f"r{role}w{word}"


def answer(
    condition: Condition, question: Question, numbers: Mapping[str, str], classes: Mapping[str, FieldClasses]
) -> str:
    """The question as a boolean expression over class columns; never null, as classes never are."""
    used = fields_in(condition)
    if len(used) == 1:
        [field] = used
        return member_of(numbers[field], answering(condition, question, classes[field]))
    match condition:
        case Not(part):
            return answer(part, question.opposite, numbers, classes)
        case All(parts) | Any(parts):
            both = isinstance(condition, All) is question.holds
            terms = [answer(part, question, numbers, classes) for part in parts]
            return f"({(' AND ' if both else ' OR ').join(terms)})" if terms else str(both).upper()
    raise AssertionError(f"a test uses one field: {condition!r}")
