"""A Bulk reading that is cut off, wherever, goes on from its last whole page."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Garbled, Refused, Unavailable
from connectors.records import RecordKind
from connectors.salesforce import plugin
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.reading.bulk_spool import Manifest, Question, Spool, StoredPage, fits

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import SalesforceWorld

ACCOUNTS = 450
PAGES = 5
KIND = RecordKind.ACCOUNTS


class Died(BaseException):
    """As kill -9, but that the test goes on: nothing of ours catches it."""


@pytest.fixture(autouse=True)
def _pages(world: SalesforceWorld) -> Iterator[None]:
    world.crm.settings(bulk_page_rows=90)
    yield
    world.crm.settings(bulk_page_rows=100_000)


@pytest.fixture(params=[1, 3], ids=["serial", "parallel"])
def threads(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def bulk(world: SalesforceWorld, threads: int = 1, **changes: Any) -> SalesforceConnector:
    return world.connect(**{"bulk_read_above": 0, "bulk_page_rows": 90, "parallel_pages": threads, **changes})


def rows(connector: SalesforceConnector, spool: Path, upto: int | None = None) -> list[str]:
    """The ids of a pull, or of its first batches."""
    found: list[str] = []
    for number, batch in enumerate(connector.pull(KIND, spool=spool).batches):
        found += batch["id"].to_pylist()
        if number == upto:
            break
    connector.close()
    return sorted(found)


def pages_fetched(connector: SalesforceConnector) -> int:
    return connector.calls().get("bulk_page", 0)


@pytest.mark.parametrize(
    ("parallel", "point", "whole"),
    [(1, "create", 0), (1, "page 3", 3), (1, "inside 4", 3), (1, "end", PAGES), (3, "page 3", 3)],
)
def test_a_process_that_is_killed_is_gone_on_with(
    world: SalesforceWorld, parallel: int, point: str, whole: int, tmp_path: Path
) -> None:
    settings = world.settings(bulk_read_above=0, bulk_page_rows=90, parallel_pages=parallel)
    command = [
        sys.executable, "-m", "tests.connectors.salesforce.pulls", settings.model_dump_json(), str(tmp_path / "spool"),
        str(tmp_path / "rows.parquet"),
    ]  # fmt: skip
    killed = subprocess.run([*command, point], capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    again = SalesforceConnector(settings, plugin.default_fields())
    assert rows(again, tmp_path / "spool") == sorted(world.ids())
    assert pages_fetched(again) == PAGES - whole
    assert "bulk_create" not in again.calls()
    assert ("bulk_poll" in again.calls()) is (whole < PAGES)


def test_no_point_of_death_loses_a_row_or_fetches_a_whole_page_twice(
    world: SalesforceWorld, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Death after the first call, the second, … until a pull survives."""
    for point in range(1, 100):
        spool = tmp_path / str(point)
        made: list[int] = []
        first = bulk(world, threads)
        with monkeypatch.context() as patched:
            _dies_at(patched, point, made)
            try:
                rows(first, spool)
            except Died:
                survived = False
            else:
                survived = True
        left = Spool(spool / "Account").load()
        again = bulk(world, threads)
        assert rows(again, spool) == sorted(world.ids())
        assert pages_fetched(again) == PAGES - (0 if left is None else len(left.pages))
        if survived:
            assert point > 5
            return
    raise AssertionError("no pull survived")


def _dies_at(patched: pytest.MonkeyPatch, point: int, made: list[int]) -> None:
    save = Spool.save

    def dying(spool: Spool, manifest: Manifest) -> None:
        made.append(1)
        if 2 * len(made) - 1 == point:
            raise Died
        save(spool, manifest)
        if 2 * len(made) == point:
            raise Died

    patched.setattr(Spool, "save", dying)


def test_a_reading_that_is_whole_asks_nothing_more(
    world: SalesforceWorld, threads: int, tmp_path: Path
) -> None:
    rows(bulk(world, threads), tmp_path)
    again = bulk(world, threads)
    assert rows(again, tmp_path) == sorted(world.ids())
    assert set(again.calls()) == {"login", "identity", "describe"}


def test_the_watermark_is_that_of_before_the_job(world: SalesforceWorld, tmp_path: Path) -> None:
    """What changed between the first try and the second is in the next pull of changes."""
    first = bulk(world)
    mark = first.pull(KIND, spool=tmp_path).watermark
    rows(first, tmp_path, upto=1)
    world.advance(3600)
    late = world.create({"name": "Late", "owner_id": world.owners()[0]})
    again = bulk(world)
    pull = again.pull(KIND, spool=tmp_path)
    assert json.loads(pull.watermark)["upto"] == json.loads(mark)["upto"]
    assert late not in {id for batch in pull.batches for id in batch["id"].to_pylist()}
    assert late in {id for batch in again.pull(KIND, mark).batches for id in batch["id"].to_pylist()}
    again.close()
    world.crm.edit("Account", late, {"IsDeleted": True})


def test_a_lost_connection_costs_the_page_it_was_in(
    world: SalesforceWorld, threads: int, tmp_path: Path
) -> None:
    world.crm.fault("drop", path=r"/results\?", after=2, times=None)
    with pytest.raises(Unavailable):
        rows(bulk(world, threads), tmp_path)
    world.crm.clear_faults()
    again = bulk(world, threads)
    assert rows(again, tmp_path) == sorted(world.ids())
    assert pages_fetched(again) == PAGES - 2 if threads == 1 else pages_fetched(again) >= PAGES - 2


def _spoiled(page: Path) -> None:
    page.write_bytes(page.read_bytes()[:-9] + b"damaged!!")


def test_a_page_that_was_damaged_on_disk_is_fetched_anew(
    world: SalesforceWorld, threads: int, tmp_path: Path
) -> None:
    rows(bulk(world, threads), tmp_path)
    _spoiled(next((tmp_path / "Account").glob("page-00003*")))
    again = bulk(world, threads)
    assert rows(again, tmp_path) == sorted(world.ids())
    assert pages_fetched(again) == PAGES - 3


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"job": 1}', b"\xff\xfe"])
def test_a_manifest_that_cannot_be_read_is_begun_anew(
    world: SalesforceWorld, content: bytes, tmp_path: Path
) -> None:
    rows(bulk(world), tmp_path)
    (tmp_path / "Account" / "manifest.json").write_bytes(content)
    again = bulk(world)
    assert rows(again, tmp_path) == sorted(world.ids())
    assert again.calls()["bulk_create"] == 1


def test_a_job_that_is_gone_is_made_anew(world: SalesforceWorld, threads: int, tmp_path: Path) -> None:
    rows(bulk(world, threads), tmp_path, upto=2)
    world.advance(8 * 24 * 3600)
    again = bulk(world, threads)
    assert rows(again, tmp_path) == sorted(world.ids())
    assert again.calls()["bulk_create"] == 1


def test_locators_of_another_job_are_an_error_and_the_next_pull_begins_anew(
    world: SalesforceWorld, tmp_path: Path
) -> None:
    rows(bulk(world), tmp_path, upto=2)
    spool = Spool(tmp_path / "Account")
    manifest = spool.load()
    assert manifest is not None
    last = replace(manifest.pages[-1], following="bm9wZQ")
    spool.save(replace(manifest, pages=(*manifest.pages[:-1], last)))
    with pytest.raises(Garbled, match="asks anew"):
        rows(bulk(world), tmp_path)
    assert rows(bulk(world), tmp_path) == sorted(world.ids())


@pytest.mark.parametrize("change", ["fields", "version", "org"])
def test_what_another_question_left_is_thrown_away_and_its_job_ended(
    world: SalesforceWorld, change: str, tmp_path: Path
) -> None:
    world.crm.fault("job_stuck", path="/jobs/query$", polls=None)
    with pytest.raises(Unavailable, match="is not done"):
        rows(bulk(world, bulk_deadline=0.01), tmp_path)
    spool = Spool(tmp_path / "Account")
    manifest = spool.load()
    assert manifest is not None
    question = {
        "fields": replace(manifest.question, query="SELECT Id FROM Account"),
        "version": replace(manifest.question, api_version="61.0"),
        "org": replace(manifest.question, org="00D000000000062EAA"),
    }[change]
    spool.save(replace(manifest, question=question))
    again = bulk(world)
    assert rows(again, tmp_path) == sorted(world.ids())
    assert again.calls().get("bulk_abort", 0) == (0 if change == "org" else 1)
    assert again.calls()["bulk_create"] == 1


def test_a_reading_is_too_old_after_a_day_and_from_the_future() -> None:
    question = Question("00D", "62.0", "query", "SELECT Id FROM Account")
    now = datetime(2026, 3, 1, tzinfo=UTC)
    ages = {
        timedelta(): True,
        timedelta(hours=23): True,
        timedelta(hours=24): False,
        timedelta(hours=-1): False,
    }
    for age, fit in ages.items():
        manifest = Manifest(question, (now - age).isoformat(), None, None, "750")
        assert fits(manifest, question, now) is fit


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    question = Question("00D", "62.0", "query", "SELECT Id FROM Account")
    page = StoredPage(
        "page-00000.csv",
        0,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        False,
        "",
        "B",
    )
    (tmp_path / "page-00000.csv").write_bytes(b"")
    for manifest in (
        Manifest(question, "2026-03-01T00:00:00+00:00", "2026-02-01T00:00:00.000+0000", 5, "750"),
        Manifest(question, "2026-03-01T00:00:00+00:00", None, None, "750", 9, ("A", "B"), (page,)),
    ):
        Spool(tmp_path).save(manifest)
        assert Spool(tmp_path).load() == manifest
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob("manifest.json")}
    assert modes == {0o600}


def test_nothing_stays_where_no_spool_is_given(
    world: SalesforceWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    connector = bulk(world)
    assert sum(batch.num_rows for batch in connector.pull(KIND).batches) == len(world.ids())
    connector.close()
    assert list(tmp_path.iterdir()) == []


def test_the_pages_on_disk_are_for_nobody_else(world: SalesforceWorld, tmp_path: Path) -> None:
    rows(bulk(world), tmp_path / "spool")
    files = [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    assert len(files) == PAGES + 1
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    assert (tmp_path / "spool" / "Account").stat().st_mode & 0o077 == 0


def test_objects_of_one_table_have_a_spool_each(world: SalesforceWorld, tmp_path: Path) -> None:
    connector = bulk(world)
    list(connector.pull(RecordKind.ACTIVITIES, spool=tmp_path).batches)
    connector.close()
    assert {path.name for path in tmp_path.iterdir()} == {"Task", "Event"}


def test_a_job_that_is_gone_again_and_again_is_an_error_of_ours(
    world: SalesforceWorld, tmp_path: Path
) -> None:
    body = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    world.crm.fault("status", method="GET", path=r"/jobs/query/\w+$", times=None, status=404, body=body)
    with pytest.raises(Refused, match="the same pull run again asks anew"):
        rows(bulk(world), tmp_path)
    world.crm.clear_faults()
    assert rows(bulk(world), tmp_path) == sorted(world.ids())
