"""After a write: did a person's edit come between our look and our write?

HubSpot knows no If-Match, so the last write wins. What it overwrote stands in the history of each property.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.errors import ConnectorError
from connectors.hubspot.values import encode, same
from connectors.hubspot.wire.answers import clean
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.hubspot.writing.course import NOT_SENT
from connectors.records import Outcome, RecordId, Value, Write, WriteResult

BATCH = 50
"""Records a call with history takes: HubSpot refuses more, in so many words (reported 2023-10)."""
APPS = frozenset({"INTEGRATION", "API"})
"""Sources of what an app wrote, ours or another; HubSpot's documentation shows both words (?)."""
OVERWROTE = "OVERWROTE"
UNVERIFIED = "UNVERIFIED"


@dataclass(frozen=True, slots=True)
class Past:
    """The history of one object's properties; `columns` are those that are written, with their properties."""

    client: Client
    object: str
    columns: Mapping[str, str]

    def marked(self, writes: Sequence[Write], results: Sequence[WriteResult]) -> list[WriteResult]:
        """The same results; those that overwrote an edit, or whose history could not be read, say so.

        What found no answer stays unknown, for the caller to read back; unless the history shows that it was carried
        out and overwrote an edit, which nothing would tell later.
        """
        written = [
            place
            for place, result in enumerate(results)
            if _may_be_written(result) and writes[place].values.keys() & self.columns.keys()
        ]
        checked = list(results)
        for start in range(0, len(written), BATCH):
            places = written[start : start + BATCH]
            names = {self.columns[n] for place in places for n in writes[place].values if n in self.columns}
            try:
                histories = self.of([results[place].id for place in places], sorted(names))
            except ConnectorError as error:
                said = f"written; whether an edit came in between is not known: {error}"
                for place in places:
                    if results[place].outcome is Outcome.WRITTEN:
                        checked[place] = replace(results[place], code=UNVERIFIED, message=said)
                continue
            for place in places:
                checked[place] = _checked(writes[place], results[place], self.columns, histories)
        return checked

    def all(self, ids: Sequence[RecordId], names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """The same of any number of records."""
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(ids), BATCH):
            found |= self.of(ids[start : start + BATCH], names)
        return found

    def of(self, ids: Sequence[RecordId], names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """By id: the versions of each property, newest first. At most 50 records."""
        body = {
            "inputs": [{"id": id} for id in ids],
            "properties": [],
            "propertiesWithHistory": list(names),
        }
        found = self.client.read(Route.BATCH_READ, body=body, object=self.object).body.get("results") or ()
        return {str(record.get("id")): record.get("propertiesWithHistory") or {} for record in found}


def moved_by_app(versions: Sequence[Mapping[str, Any]], old: Value, new: Value) -> bool:
    """Whether the newest version is `new`, set by an app in place of `old`: by us, or by one that does as we do."""
    if len(versions) < 2 or versions[0].get("sourceType") not in APPS:
        return False
    return _is(versions[0], new) and _is(versions[1], old)


def _may_be_written(result: WriteResult) -> bool:
    sent_in_vain = result.outcome is Outcome.UNKNOWN and result.code != NOT_SENT
    return result.outcome is Outcome.WRITTEN or sent_in_vain


def _checked(
    write: Write,
    result: WriteResult,
    columns: Mapping[str, str],
    histories: Mapping[str, Mapping[str, Any]],
) -> WriteResult:
    history = histories.get(write.id)
    if result.outcome is Outcome.UNKNOWN:
        if history is None or not _holds(write, result.found, columns, history):
            return result
        if not any(_overwritten(write, result.found, columns, history)):
            return result
        result = replace(result, outcome=Outcome.WRITTEN)
    if history is None:
        return replace(result, code=UNVERIFIED, message="written; HubSpot tells no history of this record")
    lost = list(_overwritten(write, result.found, columns, history))
    if not lost:
        return result
    return replace(
        result, code=OVERWROTE, message=clean("written over an edit made meanwhile: " + "; ".join(lost))
    )


def _holds(
    write: Write, found: Mapping[str, Value], columns: Mapping[str, str], history: Mapping[str, Any]
) -> bool:
    """Whether an app set every field that differed, and nobody set one after."""
    newest: dict[str, Mapping[str, Any]] = {
        name: next(iter(history.get(columns[name]) or ()), {})
        for name, value in write.values.items()
        if name in columns and not same(found.get(name), value)
    }
    return bool(newest) and all(
        v.get("sourceType") in APPS and _is(v, write.values[name]) for name, v in newest.items()
    )


def _overwritten(
    write: Write, found: Mapping[str, Value], columns: Mapping[str, str], history: Mapping[str, Any]
) -> Iterator[str]:
    """What stood in each field just before our value, where it is not what we had seen.

    Versions come newest first. An edit after ours is a person's last word and no loss.
    """
    for name, value in write.values.items():
        if name not in columns or same(found.get(name), value):
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
