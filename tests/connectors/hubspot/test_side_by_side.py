"""A table read by several threads at once: row by row what one thread reads, whatever a cursor is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from connectors.base import Pull
from connectors.errors import Garbled, QuotaSpent
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.reading.listing import Listing, Wanted
from connectors.records import RecordKind
from connectors.retry import RetryPolicy
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.conftest import Connect, Reply, Scripted
from tests.connectors.hubspot.test_odd_pages import page
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

ACCOUNTS = 600


@pytest.fixture(scope="module")
def portal() -> Iterator[HubSpotWorld]:
    """Sixty pages of ten, ids in clusters far apart; nobody changes it."""
    seed = Seed(accounts=ACCOUNTS, reps=6, seed=3, activities_per_account=0.2)
    with running("hubspot", seed=seed, fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm)
        yield world
        world.close()


@pytest.fixture
def world(portal: HubSpotWorld) -> Iterator[HubSpotWorld]:
    yield portal
    portal.crm.clear_faults()
    portal.crm.settings(list_cursor="id")


class Clock:
    """Waiting moves the portal's clock and ours, whichever thread it is that waits; and every look at ours does.

    So pages seem to take long enough for many threads to be worth while.
    """

    def __init__(self, world: HubSpotWorld) -> None:
        self._world, self._now, self._lock = world, 0.0, threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            self._now += 0.05
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
        self._world.advance(seconds)


def connect(world: HubSpotWorld, **changes: Any) -> HubSpotConnector:
    clock = Clock(world)
    return world.connect(retry=RetryPolicy(sleep=clock.sleep, clock=clock), **({"page_size": 10} | changes))


def rows(pull: Pull) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pa.Table.from_batches(list(pull.batches)).to_pylist()
    return sorted(found, key=lambda row: (row["id"], str(row.get("account_id"))))


def read(world: HubSpotWorld, kind: RecordKind = RecordKind.ACCOUNTS, **changes: Any) -> list[dict[str, Any]]:
    connector = connect(world, **changes)
    try:
        return rows(connector.pull(kind))
    finally:
        connector.close()


@pytest.mark.parametrize("cursor", ["id", "next_id", "opaque"])
@pytest.mark.parametrize("way", ["list", "search"])
@pytest.mark.parametrize("kind", [RecordKind.ACCOUNTS, RecordKind.OPPORTUNITIES])
def test_many_threads_read_what_one_reads(
    world: HubSpotWorld, cursor: str, way: str, kind: RecordKind
) -> None:
    world.crm.settings(list_cursor=cursor)
    one = read(world, kind, parallel=1, read="list")
    assert len({row["id"] for row in one}) == len(one) > 300
    assert read(world, kind, parallel=6, read=way) == one


@pytest.mark.parametrize(("cursor", "most"), [("id", 1.35), ("opaque", 1.02)])
def test_reading_side_by_side_costs_few_calls_more(world: HubSpotWorld, cursor: str, most: float) -> None:
    """Of sixty pages some are read twice where stretches meet; of ten thousand as many."""
    world.crm.settings(list_cursor=cursor)
    connector = connect(world, parallel=6)
    rows(connector.pull(RecordKind.ACCOUNTS))
    assert ACCOUNTS / 10 <= connector.calls()["list objects"] <= ACCOUNTS / 10 * most
    connector.close()


def test_pages_are_under_way_at_once(world: HubSpotWorld) -> None:
    """With every page a tenth of a second away, sixty of them take far less than six seconds."""
    world.crm.fault("latency", method="GET", path=r"companies\?", times=None, seconds=0.1)
    connector = world.connect(page_size=10, parallel=8, retry=RetryPolicy())
    began = connector._client.clock()
    assert len(rows(connector.pull(RecordKind.ACCOUNTS))) == ACCOUNTS
    assert connector._client.clock() - began < 0.6 * ACCOUNTS / 10 * 0.1
    connector.close()


def test_the_first_error_of_a_thread_ends_all_of_them(world: HubSpotWorld) -> None:
    world.crm.fault("quota", method="GET", path=r"companies\?", after=20, times=None)
    connector = connect(world, parallel=6)
    with pytest.raises(QuotaSpent):
        rows(connector.pull(RecordKind.ACCOUNTS))
    made = connector.calls()["list objects"]
    assert made <= 20 + 7, "nobody went on"
    connector.close()


@pytest.mark.parametrize("kind", ["short_page", "torn", "rate_limit", "unavailable", "wrong_order", "drop"])
def test_faults_among_many_threads_lose_nothing(world: HubSpotWorld, kind: str) -> None:
    """Two short pages in a row would look like a portal whose pages are never full."""
    whole = read(world, parallel=1)
    for after in (8, 15, 30, 40) if kind == "short_page" else (8, 15, 30, 31, 32):
        world.crm.fault(kind, method="GET", path=r"companies\?", after=after, times=1)
    assert read(world, parallel=6) == whole


def test_a_reader_who_stops_early_leaves_no_thread_behind(world: HubSpotWorld) -> None:
    connector = connect(world, parallel=6)
    batches = connector._reader._objects.listed(Wanted("companies", ["name"]), _left(connector))
    for _ in range(12):
        next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("page reader")]
    connector.close()


def _left(connector: HubSpotConnector) -> Any:
    from connectors.hubspot.reading.objects import Left

    counted = connector._reader._objects.count("companies")
    return Left(counted.records, counted.top)


def test_an_id_that_is_no_place_to_begin_at_is_found_out_before_it_is_relied_on(
    connect: Connect, hubspot: Scripted
) -> None:
    """A cursor that looks like an id, of a portal that begins anew at any other number."""
    listing = Listing(connect(), Wanted("companies", ["name"]), 4)
    first = page([10, 20, 30, 40], "40")
    for reply, jumps in ((page([30, 40, 50, 60], "60"), True), (first, False), (page([]), False)):
        hubspot.will(first, reply)
        assert listing.jumps(listing.page(0, None, None)) is jumps
    hubspot.will(first, Reply(400, {"status": "error", "message": "Invalid cursor"}))
    assert not listing.jumps(listing.page(0, None, None))
    hubspot.will(page([10, 20, 30, 40], "MTAw"))
    assert not listing.jumps(listing.page(0, None, None))
    assert len(hubspot.seen) == 9, "a cursor that looks like none is not tried"


def test_stretches_that_do_not_meet_are_an_error(connect: Connect, hubspot: Scripted) -> None:
    listing = Listing(connect(), Wanted("companies", ["name"]), 4)
    listing.began(500, [510, 520])
    listing.ended(500, [510])
    listing.ended(700, [710])
    with pytest.raises(Garbled, match="above 700 it begins with 990, and 710 should follow"):
        listing.began(700, [990, 991])


def test_records_made_while_a_list_is_read_are_not_missing(world: HubSpotWorld) -> None:
    """The last stretch may be read before they are made; the next pull brings them."""
    connector = connect(world, parallel=4)
    counts, begun = connector._reader._counts, connector._reader._objects.count("companies").at
    world.advance(60)
    for _ in range(3):
        world.create({"name": "Late"})
    world.advance(60)
    counts.compare("companies", ACCOUNTS, begun)
    with pytest.raises(Garbled, match="counts 600 records and listed 599"):
        counts.compare("companies", ACCOUNTS - 1, begun)
    connector.close()
