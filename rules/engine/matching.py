"""Second part of the relational plan: classes in, per role the first matching bit out.

The SQL text is a function of the rules alone, and so are the small tables that it joins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from rules.engine.masking.boxes import Question, answering, fields_in
from rules.engine.masking.classes import FieldClasses
from rules.engine.masking.groups import Group, groups_of, narrowed
from rules.engine.masking.masks import BITS, RoleMasks, Words
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

    Group by group, so that a row never carries more than one running word per word of the masks. `beneath`
    gives for a role the bits among which `beneath_<r>` is the first, as words; None asks for no such thing.
    """
    numbers = {field: f"c{number}" for number, field in enumerate(classes)}
    groups = groups_of(classes, masks)
    keys = [f"{group.number(numbers)} AS k{number}" for number, group in enumerate(groups)]
    running = {
        word_column(role, word): _start(found, word, numbers, classes, rules)
        for role, found in enumerate(masks)
        for word in range(len(found.all_set))
    }
    starts = [f"{start} AS {word}" for word, start in running.items()]
    query = f"SELECT {', '.join([*passed, *keys, *starts])} FROM classed"
    for number, group in enumerate(groups):
        later = [f"k{following}" for following in range(number + 1, len(groups))]
        query = _narrowed(query, number, [*passed, *later], tuple(running), _mask_words(group, masks))
    bits = [f"{_first_bit(_words(role, found))} AS bit_{role}" for role, found in enumerate(masks)]
    bits += [
        f"{_first_bit([f'({word} & {among})' for word, among in zip(_words(role, masks[role]), words, strict=True)])}"
        f" AS beneath_{role}"
        for role, words in enumerate(beneath)
        if words is not None
    ]
    return f"SELECT {', '.join([*passed, *bits])} FROM ({query}) AS narrowed"


def mask_tables(classes: Mapping[str, FieldClasses], masks: Sequence[RoleMasks]) -> Iterator[pa.Table]:
    """What `matched` joins as `mask_<n>`: per class of a group, a column per role and word that it narrows."""
    for group in groups_of(classes, masks):
        columns = {
            word: pa.array(np.ascontiguousarray(values)) for word, values in _mask_words(group, masks).items()
        }
        yield pa.table({"class": pa.array(np.arange(group.count, dtype=np.int32)), **columns})


def _mask_words(group: Group, masks: Sequence[RoleMasks]) -> dict[str, Words]:
    """By the name of the column, for each class of the group, the words that it narrows."""
    found: dict[str, Words] = {}
    for role, of_role in enumerate(masks):
        words = group.words(of_role)
        found |= {word_column(role, word): words[:, word] for word in narrowed(words, of_role)}
    return found


def _narrowed(
    query: str, number: int, kept: Sequence[str], running: Sequence[str], narrowing: Collection[str]
) -> str:
    """The running words AND those of one more group, whose class is needed no longer."""
    words = [
        f"sofar.{word} & mask.{word} AS {word}" if word in narrowing else f"sofar.{word}" for word in running
    ]
    return (
        f"SELECT {', '.join([*(f'sofar.{column}' for column in kept), *words])} "
        f'FROM ({query}) AS sofar JOIN mask_{number} AS mask ON mask."class" = sofar.k{number}'
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
