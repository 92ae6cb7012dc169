"""Which companies (or other records) a record is linked to, the primary one first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.errors import Garbled
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.wire.answers import Answer
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route

COMPANIES = "companies"
BATCH = 1_000
"""Inputs of one associations call."""
PRIMARY_IDS = frozenset({1, 5, 26})
"""Association types that mark a primary company: of a contact, a deal, a ticket. Labels are changed by HubSpot (2024-02)."""
PRIMARY_NAMES = frozenset({"contact_to_company", "deal_to_company", "ticket_to_company"})
"""The same types as a list names them; the others end in _unlabeled or carry a label."""

Links = Mapping[str, Sequence[str]]
"""Ids of companies under the id of the record linked to them; a record without any may be absent."""


def listed_links(client: Client, object_type: str, records: Sequence[Record], to: str = COMPANIES) -> Links:
    """The companies that a list sent along, the rest of them where it did not send all."""
    found: dict[str, Sequence[str]] = {}
    more: list[str] = []
    for record in records:
        sent = (record.get("associations") or {}).get(to) or {}
        if sent.get("paging"):
            more.append(record["id"])
        elif sent:
            results = sent["results"]
            alone = len(results) == 1  # as most are: worth a second for a million activities
            found[record["id"]] = (
                [results[0]["id"]]
                if alone
                else _ordered((r["type"] in PRIMARY_NAMES, r["id"]) for r in results)
            )
    return {**found, **read_links(client, object_type, more, to)}


def read_links(client: Client, object_type: str, ids: Sequence[str], to: str = COMPANIES) -> Links:
    """The companies of the records with these ids, through the associations API."""
    found: dict[str, list[tuple[bool, str]]] = {}
    inputs = [{"id": id} for id in ids]
    while inputs:
        some, inputs = inputs[:BATCH], inputs[BATCH:]
        answer = client.read(
            Route.ASSOCIATIONS,
            body={"inputs": some},
            check=lambda a, some=some: _check(a, some),  # type: ignore[misc]
            object=object_type,
            to=to,
        )
        for result in answer.body["results"]:
            id = str(result["from"]["id"])
            found.setdefault(id, []).extend(_targets(result))
            after = ((result.get("paging") or {}).get("next") or {}).get("after")
            if after is not None:
                inputs.append({"id": id, "after": str(after)})
    return {id: _ordered(targets) for id, targets in found.items()}


def _targets(result: Mapping[str, Any]) -> Iterable[tuple[bool, str]]:
    for target in result.get("to") or ():
        types = {t.get("typeId") for t in target.get("associationTypes") or ()}
        yield bool(types & PRIMARY_IDS), str(target["toObjectId"])


def _ordered(targets: Iterable[tuple[bool, str]]) -> list[str]:
    """Distinct ids, primary ones first, else in HubSpot's order."""
    ranked = sorted(targets, key=lambda target: not target[0])
    return list(dict.fromkeys(str(id) for _, id in ranked))


def _check(answer: Answer, inputs: Sequence[Mapping[str, str]]) -> None:
    """Where the answer names records without a company, each one asked for is either linked or named."""
    results = answer.body.get("results")
    if not isinstance(results, list):
        raise Garbled("associations: the answer holds no results")
    if answer.status != 207:
        return
    told = {str(result["from"]["id"]) for result in results}
    for error in answer.body.get("errors") or ():
        named = (error.get("context") or {}).values()
        told |= {
            str(value) for value in itertools.chain.from_iterable(v for v in named if isinstance(v, list))
        }
    silent = [entry["id"] for entry in inputs if entry["id"] not in told]
    if silent:
        raise Garbled(
            f"associations: {len(silent)} of {len(inputs)} records are neither linked nor named as unlinked,"
            f" the first is {silent[0]}"
        )
