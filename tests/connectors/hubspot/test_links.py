"""Which companies a record is linked to, however HubSpot chooses to say it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import Garbled
from connectors.hubspot.reading.links import listed_links, read_links
from tests.connectors.hubspot.conftest import Connect, Reply, Scripted


def to(id: int | str, *types: int) -> dict[str, Any]:
    return {"toObjectId": id, "associationTypes": [{"typeId": t, "label": None} for t in types]}


def listed(id: str, *links: tuple[str, str], more: bool = False) -> dict[str, Any]:
    companies: dict[str, Any] = {"results": [{"id": i, "type": t} for i, t in links]}
    if more:
        companies["paging"] = {"next": {"after": "9"}}
    return {"id": id, "associations": {"companies": companies}}


def test_the_primary_company_comes_first_and_each_comes_once(connect: Connect, hubspot: Scripted) -> None:
    page = [
        listed(
            "1",
            ("20", "deal_to_company_unlabeled"),
            ("10", "deal_to_company_unlabeled"),
            ("10", "deal_to_company"),
        ),
        {"id": "2"},
        listed("3", ("30", "call_to_company")),
    ]
    assert listed_links(connect(), "deals", page) == {"1": ["10", "20"], "3": ["30"]}
    assert hubspot.seen == []


def test_a_list_that_did_not_send_all_is_asked_for_the_rest(connect: Connect, hubspot: Scripted) -> None:
    """A page of the associations API names where the next begins."""
    first = {"from": {"id": "1"}, "to": [to(20, 341)], "paging": {"next": {"after": "20"}}}
    second = {"from": {"id": "1"}, "to": [to("10", 341, 5)]}
    hubspot.will(Reply(body={"results": [first]}), Reply(body={"results": [second]}))
    page = [listed("1", ("20", "deal_to_company_unlabeled"), more=True)]
    assert listed_links(connect(), "deals", page) == {"1": ["10", "20"]}
    assert [seen.body["inputs"] for seen in hubspot.seen] == [[{"id": "1"}], [{"id": "1", "after": "20"}]]


def test_a_thousand_records_go_into_one_call(connect: Connect, hubspot: Scripted) -> None:
    ids = [str(n) for n in range(2_500)]
    assert read_links(connect(), "calls", ids) == {}
    assert [len(seen.body["inputs"]) for seen in hubspot.seen] == [1_000, 1_000, 500]
    assert hubspot.seen[0].path == "/crm/v4/associations/calls/companies/batch/read"


def test_a_record_that_is_neither_linked_nor_named_as_unlinked_is_an_error(
    connect: Connect, hubspot: Scripted
) -> None:
    named = {"category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": ["2"]}}
    body = {"results": [{"from": {"id": "1"}, "to": [to(7, 182)]}], "errors": [named]}
    hubspot.will(Reply(207, body))
    assert read_links(connect(), "calls", ["1", "2"]) == {"1": ["7"]}
    with pytest.raises(Garbled, match=r"1 of 3 records.*the first is 3"):
        read_links(connect(), "calls", ["1", "2", "3"])
