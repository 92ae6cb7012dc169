"""Tests of a part of a text: `prefix`, `like`, `contains`, `suffix`.

There are no regular expressions: what is here takes time in proportion to the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rules.language.codes import Code
from rules.language.condition import ALWAYS, Any, Condition, Constant, FieldKind, HasPrefix, In, Like
from rules.language.conditions.leaves import Leaves, Pins
from rules.language.reading.yaml import Node, Scalar
from rules.language.values.folding import fold
from rules.language.values.industries import naics_prefixes, sic_prefixes
from rules.language.values.normalise import quoted
from rules.language.values.postal import postal_prefix

WILD = "%_"
MOST_CHARACTERS = 1_000
_FORMS = {"like": "{}", "contains": "%{}%", "suffix": "%{}"}


def prefix(leaves: Leaves, name: Scalar, values: Sequence[Scalar], pins: Pins, at: Node) -> Condition:
    """The normalised text of the field begins with one of these."""
    if not values:
        leaves.report(at, Code.EMPTY_VALUES, f"{name.text}: no prefixes", "name at least one")
    found = [text for value in values for text in _prefixes(leaves, name, value, pins)]
    good = tuple(dict.fromkeys(found))
    return HasPrefix(name.text, good) if good else ALWAYS


def pattern(leaves: Leaves, name: Scalar, operator: str, values: Sequence[Scalar], at: Node) -> Condition:
    """The whole text of the field fits one of the patterns of `like`, or has one of the others' texts in it."""
    if not values:
        leaves.report(at, Code.EMPTY_VALUES, f"{name.text}: {operator} has no values", "name at least one")
    kind = leaves.fields[name.text]
    whole = [value for value in values if operator == "like" and not set(value.text) & set(WILD)]
    exact = [leaves.constant(name, kind, value, {}) for value in whole]
    parts = [text for v in values if v not in whole and (text := _pattern(leaves, name, operator, v))]
    return _any_of(name.text, kind, [found for found in exact if found is not None], parts)


def _pattern(leaves: Leaves, name: Scalar, operator: str, value: Scalar) -> str | None:
    """The pattern in the form of `Like`, None and a problem where it is none."""
    kind = leaves.fields[name.text]
    text = "" if value.is_null else value.text
    wild = text if operator == "like" else ""
    if not text.strip():
        why, advice = f"{operator} cannot be empty", ""
    elif len(text) > MOST_CHARACTERS:
        why, advice = f"{len(text):,} characters are more than {MOST_CHARACTERS:,}", ""
    elif not wild and set(_folded(kind, text)) & set(WILD):
        why = f"{operator} takes text as it is, and {quoted(text)} has a '%' or '_'"
        advice = f"use like: '{_FORMS[operator].format(text)}', where % is any text and _ any one character"
    elif not _folded(kind, text).replace("%", "").strip():
        why = f"{quoted(text)} fits every text"
        advice = f"ask for accounts that have one: {name.text}: {{is_missing: false}}"
    else:
        folded = _folded(kind, _FORMS[operator].format(text))
        while "%%" in folded:
            folded = folded.replace("%%", "%")
        return folded
    leaves.report(
        value, Code.WRONG_KIND if text.strip() else Code.EMPTY_VALUES, f"{name.text}: {why}", advice
    )
    return None


def _folded(kind: FieldKind, text: str) -> str:
    """As values of the kind are; blanks beside a `%` count, others at the ends do not."""
    return text if kind is FieldKind.ID else fold(text)


def _any_of(field: str, kind: FieldKind, exact: Sequence[Constant], patterns: Sequence[str]) -> Condition:
    """One test for each sort: values, patterns with one wildcard at their end (prefixes), and the others."""
    begins = [text for text in patterns if _is_prefix(text) and kind is not FieldKind.DOMAIN]
    tests: list[Condition] = [Like(field, text) for text in dict.fromkeys(patterns) if text not in begins]
    if begins:
        tests.insert(0, HasPrefix(field, tuple(dict.fromkeys(text[:-1] for text in begins))))
    if exact:
        tests.insert(0, In(field, tuple(dict.fromkeys(exact))))
    if not tests:
        return ALWAYS
    return tests[0] if len(tests) == 1 else Any(tuple(tests))


def _is_prefix(text: str) -> bool:
    return text.endswith("%") and not set(text[:-1]) & set(WILD)


def _prefixes(leaves: Leaves, name: Scalar, value: Scalar, pins: Pins) -> tuple[str, ...]:
    """The beginnings that a value stands for; empty, and a problem, where it is none."""
    kind = leaves.fields[name.text]
    if value.is_null or not value.text.strip():
        leaves.report(value, Code.EMPTY_VALUES, f"{name.text}: a prefix cannot be empty")
        return ()
    if kind is FieldKind.POSTAL_CODE:
        return _postal(leaves, name, value, pins)
    found = _BEGINNINGS[kind](value.text)
    if not found:
        message = f"{name.text}: no {kind.value.upper()} code begins with {quoted(value.text)}"
        leaves.report(value, Code.WRONG_KIND, message, "write the first digits of the code")
    return found


def _postal(leaves: Leaves, name: Scalar, value: Scalar, pins: Pins) -> tuple[str, ...]:
    country = leaves.country(name, FieldKind.POSTAL_CODE, value, pins)
    text = country and postal_prefix(value.text, country)
    if country and not text:
        message = f"{name.text}: no postal code of {country} begins with {quoted(value.text)}"
        leaves.report(value, Code.WRONG_KIND, message)
    return (text,) if text else ()


def _text(text: str) -> tuple[str, ...]:
    # A blank at the end counts: "new " begins "new york" but not "newton".
    return (fold(text) + (" " if text[-1].isspace() else ""),)


_BEGINNINGS: Mapping[FieldKind, Callable[[str], tuple[str, ...]]] = {
    FieldKind.TEXT: _text,
    FieldKind.MULTI_SELECT: _text,
    FieldKind.ID: lambda text: (text,),
    FieldKind.NAICS: naics_prefixes,
    FieldKind.SIC: sic_prefixes,
}
