"""Changes: nothing that happened in the org is missed, whenever it was committed, and nothing stays that is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.records import RecordKind, Watermark
from tests.connectors.salesforce.test_beside_tables import WAYS, truth
from tests.connectors.salesforce.test_tables import made, rows

if TYPE_CHECKING:
    from connectors.base import Pull
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 40


def whole(connector: SalesforceConnector, kind: RecordKind = RecordKind.ACCOUNTS) -> Watermark:
    pull = connector.pull(kind)
    for _ in pull.batches:
        pass
    return pull.watermark


def ids(pull: Pull) -> set[str] | None:
    """The ids that exist, where the pull tells them."""
    for _ in pull.batches:
        pass
    return None if pull.only is None else {id for batch in pull.only for id in batch.to_pylist()}


def test_records_committed_late_are_not_missed_within_the_overlap(world: SalesforceWorld) -> None:
    connector = world.connect()
    world.create({"name": "The newest there is"})
    since = whole(connector)
    late = [world.create_late({"name": f"Late {s}"}, s) for s in (1, 60, 600, 840)]
    assert set(late) <= set(rows(connector, RecordKind.ACCOUNTS, since))
    connector.close()


def test_records_of_one_second_come_all_whichever_of_them_was_seen(world: SalesforceWorld) -> None:
    """Stamps are whole seconds: the newest one that was seen may belong to records that were not."""
    connector = world.connect()
    first = world.create({"name": "Same second, seen"})
    since = whole(connector)
    stamp = next(a["SystemModstamp"] for a in truth(world, "Account") if a["Id"] == first)
    second = world.create({"name": "Same second, unseen"})
    world.crm.advance(3_600)
    assert {first, second} <= set(rows(connector, RecordKind.ACCOUNTS, since))
    assert stamp is not None
    connector.close()


def test_our_clock_has_no_say_in_what_changed(world: SalesforceWorld) -> None:
    """Salesforce's clock runs ten days ahead of ours."""
    connector = world.connect()
    world.crm.advance(10 * 86_400)
    since = whole(connector)
    ahead = world.create({"name": "Ahead"})
    assert ahead in rows(connector, RecordKind.ACCOUNTS, since)
    connector.close()
    world.crm.edit("Account", ahead, {"IsErased": True})
    world.crm.advance(-10 * 86_400)


def test_an_object_that_was_empty_gives_its_first_records_as_changes(world: SalesforceWorld) -> None:
    connector = world.connect()
    empty = connector.pull(RecordKind.ACTIVITIES)
    for _ in empty.batches:
        pass
    mark = empty.watermark.replace(
        '"Event":"', '"Event":null,"was":"'
    )  # as a pull of an org without events would have written it
    event = made(
        world, "Event", Subject="x", StartDateTime="2026-03-04T09:00:00Z",
        ActivityDateTime="2026-03-04T09:00:00Z", DurationInMinutes=5,
    )  # fmt: skip
    found = rows(connector, RecordKind.ACTIVITIES, Watermark(mark))
    assert event in found
    assert {e["Id"] for e in truth(world, "Event")} <= set(found), "what was never seen is a change"
    connector.close()


def test_a_record_restored_from_the_bin_comes_back(world: SalesforceWorld) -> None:
    connector = world.connect()
    id = world.create({"name": "Back again"})
    world.crm.edit("Account", id, {"IsDeleted": True})
    since = whole(connector)
    assert id not in rows(connector, RecordKind.ACCOUNTS)
    world.crm.advance(3_600)
    world.crm.edit("Account", id, {"IsDeleted": False})
    assert rows(connector, RecordKind.ACCOUNTS, since)[id]["deleted"] is False
    connector.close()


@pytest.mark.parametrize("way", WAYS)
def test_every_id_is_told_so_that_what_vanished_without_a_trace_is_found(
    world: SalesforceWorld, way: str
) -> None:
    erased, kept = (world.create({"name": name}) for name in ("Erased", "Kept"))
    connector = world.connect(reconcile_days=0, **WAYS[way])
    since = whole(connector)
    world.crm.edit("Account", erased, {"IsErased": True})
    assert erased not in rows(connector, RecordKind.ACCOUNTS, since), "queryAll no longer knows it"
    there = ids(connector.pull(RecordKind.ACCOUNTS, since))
    assert there == {a["Id"] for a in truth(world, "Account")}
    assert erased not in (there or ())
    assert kept in (there or ())
    connector.close()


def test_the_ids_of_every_object_of_a_table_are_told(world: SalesforceWorld) -> None:
    connector = world.connect(reconcile_days=0)
    for kind, sobjects in (
        (RecordKind.ACTIVITIES, ("Task", "Event")),
        (RecordKind.OPPORTUNITIES, ("Opportunity",)),
    ):
        there = ids(connector.pull(kind, whole(connector, kind)))
        assert there == {row["Id"] for sobject in sobjects for row in truth(world, sobject)}
    owners = ids(connector.pull(RecordKind.OWNERS, whole(connector, RecordKind.OWNERS)))
    assert owners == {u["Id"] for u in truth(world, "User")} | {
        g["Id"] for g in truth(world, "Group") if g["Type"] == "Queue"
    }
    connector.close()


def test_ids_are_read_when_the_time_has_come_and_no_sooner(world: SalesforceWorld) -> None:
    """By the watermark alone: the next pull may be another process."""
    connector = world.connect()
    reader = connector._reader
    assert reader.check_every == timedelta(days=1)
    began = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)
    reader.now = lambda: began
    mark = whole(connector)
    told = []
    for hours in (20, 25, 30, 50):
        reader.now = lambda hours=hours: began + timedelta(hours=hours)
        pull = connector.pull(RecordKind.ACCOUNTS, mark)
        told.append((hours, ids(pull) is not None))
        mark = pull.watermark
    assert told == [(20, False), (25, True), (30, False), (50, True)]
    connector.close()


def test_a_watermark_of_before_ids_were_read_is_taken_for_one_that_needs_them(world: SalesforceWorld) -> None:
    connector = world.connect()
    newest = max(a["SystemModstamp"] for a in truth(world, "Account"))
    old = Watermark(f'{{"kind":"accounts","upto":{{"Account":"{newest}"}}}}')
    assert ids(connector.pull(RecordKind.ACCOUNTS, old)) == {a["Id"] for a in truth(world, "Account")}
    connector.close()


@pytest.mark.parametrize("wrong", ["short_page", "torn", "html"])
def test_ids_that_do_not_all_come_are_an_error_and_never_fewer_ids(
    world: SalesforceWorld, wrong: str
) -> None:
    from connectors.errors import ConnectorError

    connector = world.connect(reconcile_days=0)
    since = whole(connector)
    everybody = {a["Id"] for a in truth(world, "Account")}
    world.crm.fault(wrong, method="GET", path=r"SELECT.Id.FROM.Account.ORDER", times=1)
    try:
        there: Any = ids(connector.pull(RecordKind.ACCOUNTS, since))
    except ConnectorError:
        there = everybody
    assert there == everybody
    connector.close()


def test_ids_are_read_too_where_our_clock_was_ahead_when_they_were_read_last(world: SalesforceWorld) -> None:
    """Else they would not be read for as long as it was ahead."""
    connector = world.connect()
    connector._reader.now = lambda: datetime(2031, 1, 1, tzinfo=UTC)
    mark = whole(connector)
    connector._reader.now = lambda: datetime(2026, 5, 1, tzinfo=UTC)
    again = connector.pull(RecordKind.ACCOUNTS, mark)
    assert ids(again) is not None
    assert ids(connector.pull(RecordKind.ACCOUNTS, again.watermark)) is None
    connector.close()


def test_what_lies_in_the_bin_is_not_among_the_ids_that_exist(world: SalesforceWorld) -> None:
    binned = world.create({"name": "In the bin"})
    world.delete(binned)
    connector = world.connect(reconcile_days=0)
    assert binned not in (ids(connector.pull(RecordKind.ACCOUNTS, whole(connector))) or {binned})
    connector.close()
