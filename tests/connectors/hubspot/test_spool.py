"""A reading that was killed goes on where it was: row by row what there is, and nothing asked for twice."""

from __future__ import annotations

import itertools
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.base import Pull
from connectors.errors import Garbled, QuotaSpent
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.reading import parts
from connectors.records import RecordKind
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.test_side_by_side import connect, rows
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

ACCOUNTS = 400


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSpotWorld]:
    """Forty pages; rows are kept every five."""
    monkeypatch.setattr(parts, "RECORDS", 50)
    seed = Seed(accounts=ACCOUNTS, reps=6, seed=3, activities_per_account=1)
    with running("hubspot", seed=seed, fields=FIELDS) as crm:
        crm.settings(search_limit=100_000, burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm)
        yield world
        world.close()


def lists(connector: HubSpotConnector) -> int:
    calls = connector.calls()
    return calls.get("list objects", 0) + calls.get("search objects", 0) + calls.get("batch read", 0)


def broken_off(world: HubSpotWorld, spool: Path, after: int, **changes: Any) -> None:
    """The day's calls end in the midst of it."""
    path = r"companies\?" if changes.get("read") != "search" else "companies/search"
    world.crm.fault("quota", path=path, after=after, times=None)
    connector = connect(world, **changes)
    with pytest.raises(QuotaSpent):
        for _ in connector.pull(RecordKind.ACCOUNTS, spool=spool).batches:
            pass
    connector.close()
    world.crm.clear_faults()


@pytest.mark.parametrize("parallel", [1, 5])
@pytest.mark.parametrize("way", ["list", "search"])
@pytest.mark.parametrize("cursor", ["id", "next_id", "opaque"])
def test_broken_off_anywhere_it_goes_on_and_is_whole(
    world: HubSpotWorld, tmp_path: Path, parallel: int, way: str, cursor: str
) -> None:
    world.crm.settings(list_cursor=cursor)
    whole = rows(connect(world, parallel=1).pull(RecordKind.ACCOUNTS))
    for after in (4, 13, 29, 38):
        spool = tmp_path / str(after)
        broken_off(world, spool, after, parallel=parallel, read=way)
        connector = connect(world, parallel=parallel, read=way)
        assert rows(connector.pull(RecordKind.ACCOUNTS, spool=spool)) == whole
        if cursor == "opaque" and way == "list" and parallel > 1:
            assert lists(connector) >= 40, "there is no going on in the middle, and that is found out"
        else:
            assert lists(connector) <= 40 - after + 16
        connector.close()


def test_killed_while_rows_are_kept_loses_only_what_was_not_kept_yet(
    world: HubSpotWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rows(connect(world).pull(RecordKind.ACCOUNTS))
    kills = 0
    original = Path.replace

    def replace(self: Path, target: Any) -> Path:
        nonlocal kills
        kills -= 1
        if kills == 0:
            raise KeyboardInterrupt
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    for kill in itertools.count(1):
        kills, spool = kill, tmp_path / str(kill)
        connector = connect(world, parallel=3)
        try:
            survived = rows(connector.pull(RecordKind.ACCOUNTS, spool=spool))
        except KeyboardInterrupt:
            survived = None
        connector.close()
        if survived is not None:
            assert survived == whole
            break
        connector = connect(world, parallel=3)
        assert rows(connector.pull(RecordKind.ACCOUNTS, spool=spool)) == whole
        connector.close()
    assert kill > 8, "every file and every manifest was a point to be killed at"


def test_changes_are_gone_on_with_under_the_same_bounds(world: HubSpotWorld, tmp_path: Path) -> None:
    """The second try reads the span of the first, and its watermark is the first one's."""
    connector = connect(world)
    since = connector.pull(RecordKind.ACCOUNTS).watermark
    world.advance(3600)
    ids = sorted(world.ids())
    for id in ids[:60]:
        world.edit(id, {"name": "Renamed"})
    for id in ids[-5:]:
        world.delete(id)
    world.advance(120)
    told = connector.pull(RecordKind.ACCOUNTS, since)
    changed = rows(told)
    assert not told.complete
    assert len(changed) == 65
    world.crm.fault("quota", path="companies/search", after=5, times=None)
    with pytest.raises(QuotaSpent):
        rows(connector.pull(RecordKind.ACCOUNTS, since, spool=tmp_path / "s"))
    world.crm.clear_faults()
    world.advance(7200)
    world.edit(ids[200], {"name": "Too late"})
    world.advance(120)
    pull = connector.pull(RecordKind.ACCOUNTS, since, spool=tmp_path / "s")
    assert {row["id"] for row in rows(pull)} == {row["id"] for row in changed}
    later = connector.pull(RecordKind.ACCOUNTS, pull.watermark)
    assert ids[200] in {row["id"] for row in rows(later)}
    connector.close()


def test_another_question_begins_anew(world: HubSpotWorld, tmp_path: Path) -> None:
    spool = tmp_path / "s"
    broken_off(world, spool, 20)
    for changes in ({"read": "search"}, {"fields": [_field()]}):
        connector = connect(world, **changes)
        assert len(rows(connector.pull(RecordKind.ACCOUNTS, spool=spool))) == ACCOUNTS
        assert lists(connector) >= 40
        connector.close()


def _field() -> Any:
    from connectors.mapping import MappedField

    return MappedField("phone", "phone")


def test_a_day_later_it_begins_anew(world: HubSpotWorld, tmp_path: Path) -> None:
    broken_off(world, tmp_path / "s", 20)
    world.advance(24 * 3600)
    connector = connect(world)
    assert len(rows(connector.pull(RecordKind.ACCOUNTS, spool=tmp_path / "s"))) == ACCOUNTS
    assert lists(connector) >= 40
    connector.close()


@pytest.mark.parametrize("harm", ["flip", "cut", "lose", "manifest"])
def test_rows_that_are_damaged_are_read_anew(world: HubSpotWorld, tmp_path: Path, harm: str) -> None:
    spool = tmp_path / "s"
    for parallel in (1, 4):
        broken_off(world, spool, 30, parallel=parallel)
        victim = sorted(spool.glob("*.arrow"))[1] if harm != "manifest" else spool / "manifest.json"
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 0xFF
        if harm == "lose":
            victim.unlink()
        else:
            victim.write_bytes(data[: len(data) // 2] if harm == "cut" else data)
        connector = connect(world, parallel=parallel)
        found = rows(connector.pull(RecordKind.ACCOUNTS, spool=spool))
        assert {row["id"] for row in found} == world.ids()
        assert len(found) == ACCOUNTS
        connector.close()


def test_a_reading_that_lost_rows_keeps_nothing(world: HubSpotWorld, tmp_path: Path) -> None:
    """What it kept would be missing the same rows for ever."""
    world.crm.fault("short_page", method="GET", path=r"companies\?", times=None)
    connector = connect(world)
    with pytest.raises(Garbled, match=r"are missing|should follow"):
        rows(connector.pull(RecordKind.ACCOUNTS, spool=tmp_path / "s"))
    world.crm.clear_faults()
    assert not (tmp_path / "s").exists()
    assert len(rows(connector.pull(RecordKind.ACCOUNTS, spool=tmp_path / "s"))) == ACCOUNTS
    connector.close()


def test_only_its_owner_reads_what_is_kept(world: HubSpotWorld, tmp_path: Path) -> None:
    spool = tmp_path / "s"
    broken_off(world, spool, 20)
    files = list(spool.iterdir())
    assert len(files) > 2
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert world.token not in json.dumps([file.read_bytes().decode("latin-1") for file in files])


@pytest.mark.parametrize("kind", [RecordKind.OPPORTUNITIES, RecordKind.ACTIVITIES])
def test_tables_with_links_go_on_too(world: HubSpotWorld, tmp_path: Path, kind: RecordKind) -> None:
    whole = rows(connect(world, parallel=1).pull(kind))
    path = "deals" if kind is RecordKind.OPPORTUNITIES else "meetings"
    for after in (1, 3):
        world.crm.fault("quota", method="GET", path=rf"{path}\?", after=after, times=None)
        connector = connect(world)
        with pytest.raises(QuotaSpent):
            rows(connector.pull(kind, spool=tmp_path / str(after)))
        world.crm.clear_faults()
        assert rows(connector.pull(kind, spool=tmp_path / str(after))) == whole
        connector.close()


def test_the_rows_of_a_pull_that_goes_on_are_of_its_schema(world: HubSpotWorld, tmp_path: Path) -> None:
    broken_off(world, tmp_path / "s", 20)
    connector = connect(world)
    pull: Pull = connector.pull(RecordKind.ACCOUNTS, spool=tmp_path / "s")
    schema = world.mapping().schema(RecordKind.ACCOUNTS)
    assert all(batch.schema == schema for batch in pull.batches)
    assert isinstance(schema, pa.Schema)
    connector.close()
