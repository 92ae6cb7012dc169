"""What we take for HubSpot's way is how live portals answered (recorded 2021-22)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Crowded
from connectors.hubspot.reading.columns import texts, typed
from connectors.hubspot.reading.searching import _check_search
from connectors.hubspot.wire.answers import error_of, read_answer
from connectors.mapping import FieldType

RECORDED = Path(__file__).parents[4] / "shared/recorded/hubspot/exchanges.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not here")


def exchanges(path: str, status: int) -> list[dict[str, Any]]:
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    found = [e for e in map(json.loads, lines) if e["path"].endswith(path) and e["status"] == status]
    assert found
    return found


def test_the_recorded_429_of_search_names_no_wait_and_is_waited_out() -> None:
    for exchange in exchanges("/search", 429):
        data = json.dumps(exchange["body"]).encode()
        error = error_of("search", 429, exchange["headers"], data, write=False)
        assert isinstance(error, Crowded)
        assert exchange["body"]["correlationId"] in str(error)


def test_recorded_updates_repeat_what_was_sent_under_the_records_id() -> None:
    """Matched by id, as the order differs; an emptied property comes back as ""."""
    orders = set()
    for exchange in exchanges("/batch/update", 200):
        stored = {r["id"]: r["properties"] for r in exchange["body"]["results"]}
        sent = exchange["req"]["inputs"]
        orders.add([i["id"] for i in sent] == list(stored))
        for entry in sent:
            for name, value in entry["properties"].items():
                assert (stored[entry["id"]].get(name) or "").lower() == (str(value or "")).lower()
    assert orders == {True, False} or orders == {False}


def test_recorded_pages_of_search_are_full_but_for_what_was_just_archived() -> None:
    """The count was told too high while the index lagged: why a short page is asked for again, a minute long."""
    short = 0
    for exchange in exchanges("/search", 200):
        answer = read_answer("search", 200, exchange["headers"], json.dumps(exchange["body"]).encode())
        page = answer.body["results"]
        whole = min(exchange["req"]["limit"], answer.body["total"])
        short += len(page) < whole
        if len(page) == whole and [int(r["id"]) for r in page] == sorted(int(r["id"]) for r in page):
            _check_search(answer, "companies", exchange["req"]["limit"], 0)
        stamps = [n for n in ("createdate", "hs_lastmodifieddate") if page and n in page[0]["properties"]]
        for name in stamps:
            moments = typed(
                texts(page, name),
                FieldType.DATETIME,
                table="accounts",
                name=name,
                source=name,
                ids=[r["id"] for r in page],
            )
            assert moments.null_count == 0
    assert 0 < short < 8
