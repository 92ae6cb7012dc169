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


def decided(
    columns: Sequence[ClassColumn],
    classes: Mapping[str, FieldClasses],
    masks: Sequence[RoleMasks],
    rules: Sequence[Rule],
    holders: Sequence[str | None],
) -> str:
    """The query of all outcomes, sorted by id: id, issues, and per role r `outcome_r`, `owner_r`, `pod_r`.

    `owner_r` is null where nobody is given, or where `pod_r` says that the pod is still to share it out.
    `holders` names each role's column of present owners, None where there is none.
    """
    roles = range(len(masks))
    outputs = ", ".join(_outcome(role) for role in roles)
    joins = " ".join(_turn(role) for role in roles)
    return (
        f"WITH classed AS ({_classed(columns, holders)}), matched AS ({_matched(columns, classes, masks, rules)}) "
        f"SELECT matched.id AS id, issues, {outputs} FROM matched {joins} ORDER BY matched.id"
    )


def _classed(columns: Sequence[ClassColumn], holders: Sequence[str | None]) -> str:
    taken = [f"{column.expression} AS c{number}" for number, column in enumerate(columns)]
    issues = [column.issue for column in columns if column.issue]
    taken.append(
        f"nullif(concat_ws('; ', {', '.join(issues)}), '') AS issues" if issues else "NULL::VARCHAR AS issues"
    )
    taken += [
        f"{name(holder) if holder else 'NULL::VARCHAR'} AS holder_{role}"
        for role, holder in enumerate(holders)
    ]
    return f"SELECT id, {', '.join(taken)} FROM accounts {' '.join(column.join for column in columns)}"


def _matched(
    columns: Sequence[ClassColumn],
    classes: Mapping[str, FieldClasses],
    masks: Sequence[RoleMasks],
    rules: Sequence[Rule],
) -> str:
    numbers = {column.field: f"c{number}" for number, column in enumerate(columns)}
    used = {field for role in masks for field in role.words}
    joins = [
        f'JOIN mask_{number} ON mask_{number}."class" = c{number}'
        for number, column in enumerate(columns)
        if column.field in used
    ]
    bits = [
        f"{_first_bit(role, found, numbers, classes, rules)} AS bit_{role}, holder_{role}"
        for role, found in enumerate(masks)
    ]
    return f"SELECT id, issues, {', '.join(bits)} FROM classed {' '.join(joins)}"


def _first_bit(
    role: int,
    masks: RoleMasks,
    numbers: Mapping[str, str],
    classes: Mapping[str, FieldClasses],
    rules: Sequence[Rule],
) -> str:
    words = [_word(role, masks, word, numbers, classes, rules) for word in range(len(masks.all_set))]
    cases = [
        f"WHEN ({word}) <> 0 THEN {number * BITS} + bit_count((({word}) & -({word})) - 1)::INTEGER"
        for number, word in enumerate(words)
    ]
    return f"CASE {' '.join(cases)} ELSE -1 END" if cases else "-1"


def _word(
    role: int,
    masks: RoleMasks,
    word: int,
    numbers: Mapping[str, str],
    classes: Mapping[str, FieldClasses],
    rules: Sequence[Rule],
) -> str:
    parts = [
        f"mask_{numbers[field][1:]}.{word_column(role, word)}"
        for field in masks.words
        if masks.constrains(field, word)
    ]
    for found in masks.expressions:
        if found.bit // BITS == word:
            bit = 1 << found.bit % BITS
            yes = answer(rules[found.rule].when, found.question, numbers, classes)
            parts.append(
                f"CASE WHEN {yes} THEN {masks.all_set[word]} ELSE {int(masks.all_set[word]) & ~bit} END"
            )
    return " & ".join(parts) if parts else str(masks.all_set[word])


def word_column(role: int, word: int) -> str:
    """The column of a mask table that holds a role's word."""
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
