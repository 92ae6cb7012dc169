"""What the answer of a batch update says of each record, and which records a refusal means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import FieldProblems, Refused
from connectors.hubspot.reading.batch import named_ids
from connectors.hubspot.values import encode, same
from connectors.hubspot.wire.answers import Answer, clean, words_of
from connectors.hubspot.writing.compare import Ready
from connectors.records import Outcome, Value, WriteResult

Decode = Callable[[Sequence[Mapping[str, Any]], Sequence[str]], list[dict[str, Any]]]
"""Records of an answer as values under our column names, with `id`."""


def believe(answer: Answer, sent: Sequence[Ready], decode: Decode) -> Iterator[WriteResult]:
    """One result per row, matched by id: records come in any order, and what is not named is unknown."""
    refused = _refusals(answer.body)
    columns = sorted({name for row in sent for name in row.moved})
    results = answer.body.get("results")
    told = [r for r in results if isinstance(r, dict) and r.get("id")] if isinstance(results, list) else []
    try:
        stored = {row["id"]: row for row in decode(told, columns)}
    except FieldProblems as error:
        yield from (row.result(Outcome.UNKNOWN, "UNREADABLE", str(error)) for row in sent)
        return
    for row in sent:
        if row.write.id in refused:
            yield row.result(Outcome.REJECTED, *refused[row.write.id])
        elif row.write.id not in stored:
            said = f"the answer ({answer.status}) says nothing of this record"
            yield row.result(Outcome.UNKNOWN, "NOT_NAMED", said)
        else:
            yield _stored(row, stored[row.write.id])


def parted(error: Refused, sent: Sequence[Ready], columns: Mapping[str, str]) -> list[Sequence[Ready]]:
    """A refused batch in two: rows with a value that the refusal names and the others, else halves."""
    meant = [row for row in sent if _named(error, row, columns)]
    if 0 < len(meant) < len(sent):
        among = {row.write.id for row in meant}
        return [[row for row in sent if row.write.id not in among], meant]
    middle = len(sent) // 2
    return [sent[:middle], sent[middle:]]


def share_the_fault(error: Refused, sent: Sequence[Ready], columns: Mapping[str, str]) -> bool:
    """Whether the refusal names one value of one property that every one of these rows would set."""
    first, *others = (_named(error, row, columns) for row in sent)
    return any(all(fault in other for other in others) for fault in first)


def _named(error: Refused, row: Ready, columns: Mapping[str, str]) -> set[tuple[str, str]]:
    """The properties of this row whose name and value stand in the refusal.

    HubSpot names the property as "name" of a problem and repeats the value in its message (recorded 2022-02).
    """
    said = str(error)
    sent = {(columns[name], encode(value)) for name, value in row.moved.items()}
    return {(name, value) for name, value in sent if value and f'"name":"{name}"' in said and value in said}


def _stored(row: Ready, there: Mapping[str, Value]) -> WriteResult:
    """Written, if the answer repeats the values that were sent."""
    other = [name for name, value in row.moved.items() if not same(there[name], value)]
    if not other:
        return row.result(Outcome.WRITTEN)
    said = "; ".join(
        f"{name} was sent as {row.moved[name]!r} and stored as {there[name]!r}" for name in other
    )
    return row.result(Outcome.UNKNOWN, "STORED_OTHERWISE", clean(said))


def _refusals(body: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Code and message of each record that an error of the answer names."""
    return {
        id: (words.code, str(words))
        for error in body.get("errors") or ()
        if isinstance(error, dict)
        for words in [words_of(error)]
        for id in named_ids({"errors": [error]})
    }
