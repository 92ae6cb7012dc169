"""After a write: did a person's edit come between our look and our write?

HubSpot knows no If-Match, so the last write wins. What it overwrote stands in the history of each property.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.errors import ConnectorError
from connectors.hubspot.values import encode, same
from connectors.hubspot.wire.answers import clean
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.mapping import FieldMap
from connectors.records import Outcome, RecordId, RecordKind, Value, Write, WriteResult

BATCH = 50
"""Records a call with history takes."""
CALLS = 2
"""Calls for the history of a full batch of writes."""
OVERWROTE = "OVERWROTE"
UNVERIFIED = "UNVERIFIED"


def find_overwritten(
    client: Client, mapping: FieldMap, writes: Sequence[Write], results: Sequence[WriteResult]
) -> list[WriteResult]:
    """The same results; those that overwrote an edit, or whose history could not be read, say so."""
    written = [place for place, r in enumerate(results) if r.outcome is Outcome.WRITTEN]
    checked = list(results)
    columns = {m.name: m.source for m in mapping.of(RecordKind.ACCOUNTS)}
    for start in range(0, len(written), BATCH):
        places = written[start : start + BATCH]
        names = sorted({columns[name] for place in places for name in writes[place].values})
        try:
            histories = _histories(client, [results[place].id for place in places], names)
        except ConnectorError as error:
            said = f"written; whether an edit came in between is not known: {error}"
            for place in places:
                checked[place] = replace(results[place], code=UNVERIFIED, message=said)
            continue
        for place in places:
            checked[place] = _checked(writes[place], results[place], columns, histories)
    return checked


def _histories(
    client: Client, ids: Sequence[RecordId], names: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    body = {
        "inputs": [{"id": id} for id in ids],
        "properties": [],
        "propertiesWithHistory": list(names),
    }
    answer = client.read(Route.BATCH_READ, body=body, object="companies")
    return {str(r.get("id")): r.get("propertiesWithHistory") or {} for r in answer.body.get("results") or ()}


def _checked(
    write: Write,
    result: WriteResult,
    columns: Mapping[str, str],
    histories: Mapping[str, Mapping[str, Any]],
) -> WriteResult:
    history = histories.get(write.id)
    if history is None:
        return replace(result, code=UNVERIFIED, message="written; HubSpot tells no history of this record")
    lost = list(_overwritten(write, result.found, columns, history))
    if not lost:
        return result
    return replace(
        result, code=OVERWROTE, message=clean("written over an edit made meanwhile: " + "; ".join(lost))
    )


def _overwritten(
    write: Write, found: Mapping[str, Value], columns: Mapping[str, str], history: Mapping[str, Any]
) -> Iterator[str]:
    """What stood in each field just before our value, where it is not what we had seen.

    Versions come newest first. An edit after ours is a person's last word and no loss.
    """
    for name, value in write.values.items():
        if same(found.get(name), value):
            continue
        versions = history.get(columns[name]) or []
        ours = next((n for n, v in enumerate(versions) if _is(v, value)), None)
        if ours is None:
            continue
        before = versions[ours + 1] if ours + 1 < len(versions) else {"value": ""}
        if not _is(before, found.get(name)):
            who = before.get("sourceType") or "someone"
            yield f"{name} was {before.get('value')!r} by {who} at {before.get('timestamp')}"


def _is(version: Mapping[str, Any], value: Value) -> bool:
    """Whether a version of the history is this value; numbers and moments have more than one spelling."""
    text = str(version.get("value") or "")
    if text == encode(value):
        return True
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return same(float(text), value)
        except ValueError:
            return False
    return False
