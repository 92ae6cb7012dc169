"""The window between our look and our write: bounded, and what slips through is found in the org's history."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from connectors.records import Outcome, RecordId, Write
from connectors.salesforce.writing import assembly

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 5
SOAP = r"/services/Soap/u/"
_number = itertools.count(1)


def moves(world: SalesforceWorld, count: int) -> list[Write]:
    """Each to another new owner, so that each is a call of its own."""
    ana, *others = world.owners()
    ids = [world.create({"name": f"Window {next(_number)}", "owner_id": ana}) for _ in range(count)]
    return [
        Write(id, {"owner_id": new}, {"owner_id": ana})
        for id, new in zip(ids, itertools.cycle(others[:-1]), strict=False)
    ]


def edit(world: SalesforceWorld, id: RecordId, owner: str, after: int = 0) -> None:
    values = {"OwnerId": owner}
    world.crm.fault("human_edit", path=SOAP, after=after, object="Account", id=id, values=values)


@pytest.fixture
def tracked(world: SalesforceWorld) -> Iterator[SalesforceWorld]:
    world.crm.settings(owner_history=True)
    yield world
    world.crm.settings(owner_history=False)


@pytest.fixture
def connector(world: SalesforceWorld) -> Iterator[SalesforceConnector]:
    made = world.connect()
    yield made
    made.close()


def test_an_edit_that_our_write_replaced_is_told_with_who_made_it(
    tracked: SalesforceWorld, connector: SalesforceConnector
) -> None:
    first, second = moves(tracked, 2)
    theirs = tracked.owners()[-1]
    edit(tracked, first.id, theirs)
    results = connector.write([first, second])
    assert [(r.outcome, r.code) for r in results] == [(Outcome.WRITTEN, "OVERWROTE"), (Outcome.WRITTEN, "")]
    assert theirs in results[0].message
    assert "given by 005" in results[0].message


def test_an_edit_before_our_look_or_after_our_write_is_no_loss(
    tracked: SalesforceWorld, connector: SalesforceConnector
) -> None:
    writes = sorted(moves(tracked, 3), key=lambda write: str(write.values["owner_id"]))
    ana, theirs = tracked.owners()[0], tracked.owners()[-1]
    before, after = writes[1].id, writes[0].id
    tracked.edit(before, {"owner_id": theirs})
    tracked.edit(before, {"owner_id": ana})
    edit(tracked, after, theirs, after=2)
    results = connector.write(writes)
    assert {(r.outcome, r.code) for r in results} == {(Outcome.WRITTEN, "")}
    assert connector.lookup([after], ["owner_id"])["owner_id"].to_pylist() == [theirs]


def test_an_org_that_tracks_no_owners_costs_no_call(
    world: SalesforceWorld, connector: SalesforceConnector
) -> None:
    [write] = moves(world, 1)
    edit(world, write.id, world.owners()[-1])
    [result] = connector.write([write])
    assert (result.outcome, result.code) == (Outcome.WRITTEN, "")
    assert "query" not in connector.calls()


def test_one_call_a_batch_finds_that_nobody_came_in_between(
    tracked: SalesforceWorld, connector: SalesforceConnector
) -> None:
    connector.write(moves(tracked, 4))
    assert connector.calls()["query"] == 1


def test_a_history_that_cannot_be_read_is_said_and_the_writes_stand(
    tracked: SalesforceWorld, connector: SalesforceConnector
) -> None:
    [write] = moves(tracked, 1)
    tracked.crm.fault("status", path=r"FROM.AccountHistory", status=400)
    [result] = connector.write([write])
    assert (result.outcome, result.code) == (Outcome.WRITTEN, "UNVERIFIED")
    assert "is not known" in result.message


def test_what_is_not_sent_within_half_a_minute_is_looked_at_again(
    world: SalesforceWorld, connector: SalesforceConnector
) -> None:
    """Each call seems to take 20 seconds: the third meets a look that has aged, and a person's edit with it."""
    writes = sorted(moves(world, 3), key=lambda w: str(w.values["owner_id"]))
    edit(world, writes[2].id, world.owners()[-1], after=1)
    seconds = itertools.count(step=20)
    results = _with_clock(connector, writes, seconds)
    assert [r.outcome for r in results] == [Outcome.WRITTEN, Outcome.WRITTEN, Outcome.CONFLICT]
    assert connector.calls()["retrieve"] > 1


def _with_clock(connector: SalesforceConnector, writes: list[Write], seconds: Iterator[int]) -> list[Any]:
    made = assembly.writer(
        connector._client, connector._fields, connector._mapping, connector._reader, connector._settings,
        moving=True, receipt=lambda receipt: None, clock=lambda: float(next(seconds)),
    )  # fmt: skip
    connector.identity()
    return made.write(writes)
