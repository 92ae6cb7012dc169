"""Pages that no well-behaved portal sends, from a server that sends anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from connectors.errors import Garbled
from connectors.hubspot.reading.listing import Wanted
from connectors.hubspot.reading.objects import Left, Objects
from connectors.hubspot.reading.searching import Search
from connectors.hubspot.reading.stretches import Piece
from connectors.hubspot.reading.watermark import Mark
from connectors.hubspot.wire.client import Client
from connectors.records import RecordId, RecordKind
from tests.connectors.hubspot.conftest import Connect, Reply, Scripted
from tests.connectors.hubspot.scripts import scripted_connector
from tests.connectors.hubspot.test_pull import _ever


def records(*ids: int, **properties: str) -> list[dict[str, Any]]:
    return [{"id": str(id), "properties": {"hs_object_id": str(id), **properties}} for id in ids]


def page(ids: Sequence[int], after: str | None = None, **more: Any) -> Reply:
    body: dict[str, Any] = {"results": records(*ids), **more}
    if after is not None:
        body["paging"] = {"next": {"after": after}}
    return Reply(body=body)


@pytest.fixture
def client(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Client:
    return connect()


def ids_of(pieces: Iterator[Piece]) -> list[int]:
    return [int(record["id"]) for piece in pieces for record in piece.records]


def changed(client: Client) -> list[int]:
    objects = Objects(client, page_size=2, search_page_size=2)
    return ids_of(objects.searched(Search("companies", ["name"], [_ever().filter()]), Left(0, 0)))


def listed(client: Client) -> list[int]:
    objects = Objects(client, page_size=3, search_page_size=2)
    return ids_of(objects.listed(Wanted("companies", ["name"]), Left(0, 0)))


def test_a_search_goes_on_beyond_the_last_id_until_all_that_match_came(
    client: Client, hubspot: Scripted
) -> None:
    """Ids grow a digit on the way: they are numbers, not text."""
    hubspot.will(page([8, 9], total=5), page([10, 11], total=3), page([100], total=1))
    assert changed(client) == [8, 9, 10, 11, 100]
    beyond = [seen.body["filterGroups"][0]["filters"][1]["value"] for seen in hubspot.seen]
    assert beyond == ["0", "9", "11"]


@pytest.mark.parametrize(
    "reply",
    [
        page([8], total=2),
        page([9, 8], total=2),
        page([8, 8], total=2),
        page([8, 9]),
        page([8, 9], total="2"),
        Reply(body={"total": 1, "results": [{"properties": {}}]}),
        Reply(body={"total": 0}),
        Reply(body={"total": 1, "results": [None]}),
    ],
    ids=["short", "backwards", "twice", "no total", "total is text", "no id", "no results", "null"],
)
def test_a_page_of_search_that_cannot_be_true_is_garbled(
    client: Client, hubspot: Scripted, reply: Reply
) -> None:
    hubspot.will(reply)
    with pytest.raises(Garbled):
        changed(client)
    assert len(hubspot.seen) == 5


def test_a_search_that_begins_anew_is_no_endless_loop(client: Client, hubspot: Scripted) -> None:
    """A portal that ignores the floor would give the first page for ever."""
    hubspot.will(page([8, 9], total=5))
    with pytest.raises(Garbled, match="ascending"):
        changed(client)


def test_a_list_whose_page_names_itself_as_the_next_is_no_endless_loop(
    client: Client, hubspot: Scripted
) -> None:
    hubspot.will(page([1, 2, 3], "3"))
    with pytest.raises(Garbled, match="names itself"):
        listed(client)


def test_a_page_that_lost_rows_on_its_way_is_asked_for_again(client: Client, hubspot: Scripted) -> None:
    hubspot.will(page([1, 3], "3"), page([1, 2, 3], "3"), page([4]))
    assert listed(client) == [1, 2, 3, 4]


def test_a_portal_whose_pages_are_never_full_is_not_asked_twice_for_each(
    client: Client, hubspot: Scripted
) -> None:
    """HubSpot does not promise full pages; the count at the end decides."""
    hubspot.will(page([1, 2], "2"), page([1, 2], "2"), page([3, 4], "4"), page([5, 6], "6"), page([7]))
    assert listed(client) == [1, 2, 3, 4, 5, 6, 7]
    assert len(hubspot.seen) == 5


def test_a_record_of_an_answer_that_was_not_asked_for_is_not_taken(client: Client, hubspot: Scripted) -> None:
    """Id 2 was merged into 7, and so reads as 7."""
    hubspot.will(page([1, 7]))
    objects = Objects(client, page_size=2, search_page_size=2)
    assert [r["id"] for r in objects.read("companies", ["1", "2"], ["name"])] == ["1"]


def test_merged_records_are_told_as_gone(hubspot: Scripted, connect: Connect) -> None:
    """They may be in no list of archived ones; the record they live on in names them."""
    connector = scripted_connector(hubspot, known={"hs_merged_object_ids": "enumeration"})
    survivor = records(9, hs_merged_object_ids="5;6", name="Both")
    hubspot.will(
        Reply(body={"total": 100, "results": records(1)}),
        Reply(body={"total": 1, "results": records(9)}),
        Reply(body={"total": 1, "results": survivor}),
        Reply(body={"results": []}),
    )
    since = Mark.before(RecordKind.ACCOUNTS, _ever().low).text()
    rows = [r for b in connector.pull(RecordKind.ACCOUNTS, since).batches for r in b.to_pylist()]
    assert {(r["id"], r["name"], r["deleted"]) for r in rows} == {
        ("9", "Both", False),
        ("5", None, True),
        ("6", None, True),
    }
    connector.close()


def test_a_value_that_is_no_number_stops_the_pull_with_its_record(
    hubspot: Scripted, connect: Connect
) -> None:
    connector = scripted_connector(hubspot)
    hubspot.will(Reply(body={"results": records(77, territory_score="many")}))
    with pytest.raises(Exception, match=r"score.*record 77 holds 'many'"):
        connector.lookup([RecordId("77")], ["score"])
    connector.close()
