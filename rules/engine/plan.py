"""One relational plan: accounts in, per role the first matching bit and what it means out.

The SQL text is a function of the rules and of the columns' types; the small tables that it joins are made by
`columns`, `masks` and `turns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rules.engine.boxes import Question, answering, fields_in
from rules.engine.classes import FieldClasses
from rules.engine.columns import ClassColumn
from rules.engine.masks import BITS, RoleMasks
from rules.engine.sql import member_of, name
from rules.language.condition import All, Any, Condition, Not
from rules.language.ruleset import Rule


def classed(columns: Sequence[ClassColumn], holders: Sequence[str | None]) -> str:
    """The query of all accounts: id, the class `c<n>` of the n-th field, issues, the present owner per role."""
    taken = [f"CAST({column.expression} AS INTEGER) AS c{number}" for number, column in enumerate(columns)]
    taken.append(f"{_issues([column.issue for column in columns if column.issue])} AS issues")
    taken += [
        f"{name(holder) if holder else 'NULL::VARCHAR'} AS holder_{role}"
        for role, holder in enumerate(holders)
    ]
    return f"SELECT id, {', '.join(taken)} FROM accounts {' '.join(column.join for column in columns)}"


def decided(classes: Mapping[str, FieldClasses], masks: Sequence[RoleMasks], rules: Sequence[Rule]) -> str:
    """The query of all outcomes over `classed`: id, issues, and per role r `outcome_r`, `owner_r`, `pod_r`.

    `owner_r` is null where nobody is given, or where `pod_r` says that the pod is still to share it out.
    """
    roles = range(len(masks))
    outputs = ", ".join(_outcome(role) for role in roles)
    joins = " ".join(_turn(role) for role in roles)
    return f"SELECT matched.id AS id, issues, {outputs} FROM ({_matched(classes, masks, rules)}) AS matched {joins}"


def _issues(issues: Sequence[str]) -> str:
    """All of them in one text; put together only for the few rows that have one."""
    if not issues:
        return "NULL::VARCHAR"
    return (
        f"CASE WHEN coalesce({', '.join(issues)}) IS NOT NULL THEN concat_ws('; ', {', '.join(issues)}) END"
    )


def _matched(classes: Mapping[str, FieldClasses], masks: Sequence[RoleMasks], rules: Sequence[Rule]) -> str:
    """Field by field, so that a row never carries more than one running word per word of the masks."""
    numbers = {field: f"c{number}" for number, field in enumerate(classes)}
    kept = ["id", "issues", *(f"holder_{role}" for role in range(len(masks)))]
    running = [
        f"{_start(found, word, numbers, classes, rules)} AS {word_column(role, word)}"
        for role, found in enumerate(masks)
        for word in range(len(found.all_set))
    ]
    query = f"SELECT {', '.join([*kept, *numbers.values(), *running])} FROM classed"
    for number, field in enumerate(classes):
        query = _narrowed(query, number, field, masks)
    bits = [f"{_first_bit(role, len(found.all_set))} AS bit_{role}" for role, found in enumerate(masks)]
    return f"SELECT {', '.join([*kept, *bits])} FROM ({query})"


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


def _first_bit(role: int, words: int) -> str:
    """Position of the lowest bit that is set in any word, -1 for none."""
    cases = [
        f"WHEN {word} <> 0 THEN {number * BITS} + bit_count(({word} & -{word}) - 1)::INTEGER"
        for number, word in enumerate(word_column(role, n) for n in range(words))
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


def _turn(role: int) -> str:
    """The present owner, the turn that the bit means, and whether the present owner is in its pod."""
    return (
        f"LEFT JOIN owners AS o{role} ON o{role}.id = holder_{role} "
        f"JOIN turns_{role} AS t{role} ON t{role}.bit = bit_{role} "
        f"LEFT JOIN members AS m{role} ON m{role}.pod = t{role}.pod AND m{role}.owner = o{role}.number"
    )


def _outcome(role: int) -> str:
    turn, holder = f"t{role}", f"o{role}"
    keeps = f"{turn}.kept IS NOT NULL AND coalesce({holder}.usable, FALSE)"
    stays = f"m{role}.owner IS NOT NULL"
    return (
        f"CASE WHEN {keeps} THEN {turn}.kept WHEN {stays} THEN {turn}.sticky ELSE {turn}.outcome END AS outcome_{role}, "
        f"CASE WHEN {keeps} OR {stays} THEN {holder}.number ELSE {turn}.owner END AS owner_{role}, "
        f"{turn}.pod AS pod_{role}"
    )
