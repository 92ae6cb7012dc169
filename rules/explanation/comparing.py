"""Where a condition fails on one account, and the values that were compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.evaluate import Record, evaluate
from rules.language.condition import All, Any, Condition, Not
from rules.language.record import Value
from rules.language.ruleset import ValueList
from rules.language.values.normalise import Raw, quoted
from rules.reasons import label, value_of


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field of a test: what the CRM holds, what rules compare, and why it could not be read, if so."""

    field: str
    raw: Raw
    value: Value | None
    issue: str | None

    def __str__(self) -> str:
        if self.issue is not None:
            return self.issue
        if self.value is None:
            return f"{label(self.field)} is missing" + (
                f" ({quoted(self.raw)})" if self.raw is not None else ""
            )
        shown = words_of_value(self.value)
        same = self.raw is None or str(self.raw) in (shown, str(self.value))
        return f"{label(self.field)} is {shown}" + ("" if same else f" (from {quoted(self.raw)})")


def words_of_value(value: Value | None) -> str:
    """A normalised value as people write it; several texts are joined by "and"."""
    if value is None:
        return "missing"
    return " and ".join(map(value_of, value)) if isinstance(value, tuple) else value_of(value)


def first_failure(condition: Condition, values: Record, lists: Mapping[str, ValueList]) -> Condition | None:
    """The first part of a conjunction that is not true, as deep as conjunctions go; None where all is true.

    A part that is false comes before one that is unknown: the false one decides.
    """
    truth = evaluate(condition, values, lists)
    if truth is True:
        return None
    if isinstance(condition, All):
        for part in condition.parts:
            if evaluate(part, values, lists) is truth:
                return first_failure(part, values, lists)
    return condition


def fields_of(condition: Condition) -> tuple[str, ...]:
    """The fields that a condition asks for, each once, in order."""
    return tuple(dict.fromkeys(_fields(condition)))


def _fields(condition: Condition) -> Iterator[str]:
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _fields(part)
        case Not(part):
            yield from _fields(part)
        case _:
            yield condition.field
