"""Records read by their ids, a hundred a call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from connectors.errors import Garbled, Refused
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.wire.answers import Answer
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route

BATCH = 100
"""Inputs that a batch call takes."""


@dataclass(frozen=True, slots=True)
class BatchReader:
    """Reads some properties of one object's records."""

    client: Client
    object_type: str
    properties: Sequence[str]
    archived: bool = False

    def read(self, ids: Sequence[str]) -> Iterator[Record]:
        """The records with these ids, in any order; those that are not there are left out."""
        distinct = list(dict.fromkeys(ids))
        for start in range(0, len(distinct), BATCH):
            yield from self._batch(distinct[start : start + BATCH])

    def filled(self, records: Sequence[Record]) -> list[Record]:
        """These records with their values; those that vanished meanwhile left out."""
        found = {r["id"]: r for r in self.read([record["id"] for record in records])}
        return [
            {**record, "properties": found[record["id"]].get("properties")}
            for record in records
            if record["id"] in found
        ]

    def _batch(self, ids: Sequence[str]) -> list[Record]:
        body = {"inputs": [{"id": id} for id in ids], "properties": list(self.properties)}
        try:
            answer = self.client.read(
                Route.BATCH_READ,
                query={"archived": "true"} if self.archived else {},
                body=body,
                check=lambda a: _check_batch(a, self.object_type, ids),
                object=self.object_type,
            )
        except Refused as error:
            return self._halves(error, ids)
        asked = set(ids)
        found = [record for record in answer.body["results"] if record["id"] in asked]
        silent = sorted(asked - {r["id"] for r in found}) if answer.status == 200 else []
        if silent and len(silent) < len(ids):
            # An answer that names nothing as missing may have lost rows on its way: absent is who is twice.
            found += self._batch(silent)
        return found

    def _halves(self, error: Refused, ids: Sequence[str]) -> list[Record]:
        """A batch refused for an id in it: the others are read all the same."""
        if error.status not in (400, 404):
            raise error
        if len(ids) == 1:
            if error.status == 404 or "NOT_FOUND" in error.code:
                return []
            raise error
        middle = len(ids) // 2
        return [*self._batch(ids[:middle]), *self._batch(ids[middle:])]


def check_results(answer: Answer, object_type: str) -> None:
    """Garbled where an answer holds no records."""
    results = answer.body.get("results")
    try:
        is_whole = isinstance(results, list) and all(map(itemgetter("id"), results))
    except (KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise Garbled(f"{object_type}: the answer holds no results, or results without an id")


def _check_batch(answer: Answer, object_type: str, ids: Sequence[str]) -> None:
    """Each id asked for is in the results, or named as missing; an answer 200 names nothing as missing.

    A record that was merged comes under the id of the one it lives on in, and so is no silent loss.
    Version 2026-09 documents no 207, so that an answer 200 may leave out what is not there.
    """
    check_results(answer, object_type)
    if answer.status != 207:
        return
    told = {record["id"] for record in answer.body["results"]}
    silent = set(ids) - told - set(named_ids(answer.body))
    if len(silent) > len(told - set(ids)):
        raise Garbled(
            f"batch read {object_type}: {len(silent)} of {len(ids)} records are neither there nor named as"
            f" missing, the first is {min(silent)}"
        )


def named_ids(body: dict[str, Any]) -> list[str]:
    """The ids that the errors of a batch's answer name."""
    return [
        str(id)
        for error in body.get("errors") or ()
        if isinstance(error, dict)
        for id in (error.get("context") or {}).get("ids") or ()
    ]
