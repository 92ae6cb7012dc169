"""Every fault at every kind of call, over a real socket: nothing lost, nothing doubled, nothing in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from connectors.errors import ConnectorError
from connectors.hubspot.connector import HubSpotConnector
from connectors.records import Outcome, RecordId, RecordKind, Watermark, Write, WriteResult
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

SEED = Seed(accounts=450, reps=6, seed=5, activities_per_account=0)


@pytest.fixture(scope="module", params=["v3", pytest.param("2026-09", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    """One portal for all cases, each with accounts of its own."""
    with running("hubspot", seed=SEED, fields=FIELDS) as crm:
        crm.settings(
            search_lag=0, search_limit=1_000_000, burst_limit=1_000_000, associations_limit=1_000_000
        )
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


@pytest.fixture(scope="module")
def connector(world: HubSpotWorld) -> Iterator[HubSpotConnector]:
    connector = world.connect()
    connector.check(writing=True)
    yield connector
    connector.close()


@pytest.fixture(scope="module")
def fresh(world: HubSpotWorld) -> Iterator[RecordId]:
    return iter(sorted(world.ids()))


@pytest.fixture(autouse=True)
def _mended(world: HubSpotWorld) -> Iterator[None]:
    yield
    world.mend()


def plan(ids: Sequence[RecordId], score: float = 7.5) -> list[Write]:
    return [Write(id, {"score": score, "note": f"for {id}"}, {"score": None, "note": None}) for id in ids]


FAULTS: list[tuple[str, dict[str, Any]]] = [
    *(("status", {"status": s}) for s in (400, 401, 403, 404, 408, 409, 414, 423, 477, 500, 502, 504)),
    *(("status", {"status": s}) for s in (521, 523, 524)),
    ("rate_limit", {"shape": "burst"}),
    ("rate_limit", {"shape": "search"}),
    ("rate_limit", {"shape": "burst", "retry_after": 5}),
    ("quota", {}),
    ("unavailable", {}),
    ("html", {}),
    ("torn", {}),
    ("applied_torn", {}),
    ("applied_torn", {"how": "closed"}),
    ("drop", {}),
    ("half_batch", {}),
    ("row_lock", {"every": 3}),
    ("wrong_order", {}),
    ("short_page", {}),
    ("expire_session", {}),
    ("latency", {"seconds": 0.05}),
]
WRITING = ["batch/read", "batch/update"]


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
@pytest.mark.parametrize("path", WRITING)
@pytest.mark.parametrize(("kind", "details"), FAULTS, ids=[f"{k}-{d}" for k, d in FAULTS])
def test_every_row_ends_in_a_state_that_is_true(
    world: HubSpotWorld,
    connector: HubSpotConnector,
    fresh: Iterator[RecordId],
    kind: str,
    details: dict[str, Any],
    path: str,
    times: int | None,
) -> None:
    """By the portal's own history: written once or not at all, and what we say of it holds."""
    writes = plan([next(fresh) for _ in range(3)])
    world.crm.fault(kind, path=path, times=times, **details)
    results: list[WriteResult] = []
    try:
        results = connector.write(writes)
    except ConnectorError:
        assert {world.writes_seen(w.id) for w in writes} == {0}, "it raises only as long as nothing was sent"
    else:
        assert [r.id for r in results] == [w.id for w in writes]
    world.mend()
    _told(world, connector, writes, results)
    again = connector.write(writes)
    assert {r.outcome for r in again} <= {Outcome.WRITTEN, Outcome.UNCHANGED}
    assert {world.writes_seen(w.id) for w in writes} == {1}, "nothing lost, nothing doubled"


def _told(
    world: HubSpotWorld,
    connector: HubSpotConnector,
    writes: Sequence[Write],
    results: Sequence[WriteResult],
) -> None:
    live = {r["id"]: r for r in connector.lookup([w.id for w in writes], ["note"]).to_pylist()}
    for write, result in zip(writes, results, strict=False):
        seen = world.writes_seen(write.id)
        if result.outcome is Outcome.WRITTEN:
            assert seen == 1
            assert live[write.id]["note"] == write.values["note"]
        elif result.outcome is Outcome.UNKNOWN:
            assert seen in (0, 1)
            assert result.message
        else:
            assert result.outcome is Outcome.REJECTED
            assert seen == 0
            assert result.code
            assert result.message


READS: list[tuple[RecordKind, bool, str]] = [
    (RecordKind.OWNERS, False, "owners"),
    (RecordKind.ACCOUNTS, False, "account-info"),
    (RecordKind.ACCOUNTS, False, "properties.*/companies"),
    (RecordKind.ACCOUNTS, False, "companies/search"),
    (RecordKind.ACCOUNTS, False, "companies[?]"),
    (RecordKind.OPPORTUNITIES, False, "pipelines"),
    (RecordKind.OPPORTUNITIES, False, "deals[?]"),
    (RecordKind.OPPORTUNITIES, True, "deals[?].*archived=true"),
    (RecordKind.OPPORTUNITIES, True, "deals/search"),
    (RecordKind.OPPORTUNITIES, True, "associations.*deals/companies/batch/read"),
]
"""Table, whether since a watermark, and the call that fails."""
UNNOTICED = {("short_page", "deals[?].*archived=true", None)}
"""HubSpot counts archived records nowhere: a page of them that loses the same rows every time looks whole."""


@pytest.fixture(scope="module")
def since(world: HubSpotWorld, connector: HubSpotConnector) -> Watermark:
    """A watermark since which a few deals were edited."""
    pull = connector.pull(RecordKind.OPPORTUNITIES)
    for _ in pull.batches:
        pass
    world.advance(3600)
    for deal in world.crm.records("deals")[:30]:
        world.crm.edit("deals", deal["id"], {"dealname": "Edited"})
    world.crm.edit("deals", world.crm.records("deals")[40]["id"], {"archived": True})
    return pull.watermark


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
@pytest.mark.parametrize(("table", "changes", "path"), READS, ids=[r[2] for r in READS])
def test_a_pull_is_whole_or_an_error(
    world: HubSpotWorld, since: Watermark, table: RecordKind, changes: bool, path: str, times: int | None
) -> None:
    """Every fault at one kind of call: all rows as without it, or a ConnectorError."""

    def pulled() -> list[str]:
        connector = world.connect(page_size=100)
        try:
            batches = connector.pull(table, since if changes else None).batches
            return sorted(str(row) for batch in batches for row in batch.to_pylist())
        finally:
            connector.close()

    whole = pulled()
    assert whole
    errors = 0
    for kind, details in FAULTS:
        if (kind, path, times) in UNNOTICED:
            continue
        world.crm.fault(kind, path=path, times=times, **details)
        try:
            assert pulled() == whole, (kind, details)
        except ConnectorError:
            errors += 1
        finally:
            world.mend()
    assert errors >= (16 if times is None else 5), "what cannot help by trying again, and what lasts, is told"
