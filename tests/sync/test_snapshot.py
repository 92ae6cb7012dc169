"""Snapshots: whole or from changes, never truncated, never half."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.base import Capabilities, Pull
from connectors.errors import Unavailable
from connectors.mapping import FieldMap
from connectors.records import MAIN, RecordId, RecordKind, Watermark
from sync.errors import ConfigProblem, StateDamaged, TruncatedPull
from sync.pulling.overlay import overlay
from sync.pulling.pull import Puller
from sync.snapshot import POINTER, load, verify

T0 = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Source:
    """A connector as far as pulling goes: what each kind answers, whole or since a watermark."""

    accounts: list[dict[str, object]]
    changed: list[dict[str, object]] | None = None
    activities: list[dict[str, object]] = field(default_factory=list)
    breaks: bool = False
    only: list[str] | None = None
    mark: str = "w2"
    asked: list[tuple[RecordKind, str | None]] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(1, frozenset(MAIN)))

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        self.asked.append((kind, since))
        rows: list[dict[str, object]] = []
        complete = since is None
        if kind is RecordKind.ACCOUNTS:
            rows = self.accounts if complete else self.changed or []
        elif kind is RecordKind.OWNERS:
            rows, complete = [{"id": "U1", "active": True, "person": True, "deleted": False}], True
        elif kind is RecordKind.ACTIVITIES:
            rows = self.activities
        told = self.only if kind is RecordKind.ACCOUNTS and not complete else None
        only = None if told is None else iter([pa.array(told[:2]), pa.array(told[2:], pa.string())])
        return Pull(self._batches(rows, FieldMap({}).schema(kind)), Watermark(self.mark), complete, only=only)

    def _batches(self, rows: list[dict[str, object]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        yield from pa.Table.from_pylist(rows, schema).to_batches()
        if self.breaks:
            raise Unavailable("in the middle")


def account(number: int, **values: object) -> dict[str, object]:
    return {"id": f"A{number}", "name": f"N{number}", "modified_at": T0, "deleted": False, **values}


@pytest.fixture
def puller(tmp_path: Path) -> Puller:
    return Puller(tmp_path, FieldMap({}), lambda: T0, 0.9, timedelta(days=7), keep=3)


def names(puller: Puller) -> Mapping[str, str]:
    snapshot = load(puller.folder)
    assert snapshot is not None
    return {r["id"]: r["name"] for r in pq.read_table(snapshot.tables.accounts).to_pylist()}


def test_changed_rows_replace_removed_rows_go_and_the_rest_stays(puller: Puller) -> None:
    puller.pull(Source([account(n) for n in range(20)]))  # type: ignore[arg-type]
    later = T0 + timedelta(hours=1)
    source = Source(
        [],
        changed=[
            account(3, name="new", modified_at=later),
            account(3, name="older", modified_at=T0),
            account(4, deleted=True),
            account(20, name="fresh", modified_at=later),
        ],
    )
    report = puller.pull(source)  # type: ignore[arg-type]
    assert not report.whole and source.asked[0] == (RecordKind.ACCOUNTS, "w2")
    found = names(puller)
    assert found["A3"] == "new" and found["A20"] == "fresh" and "A4" not in found and len(found) == 20


def test_rows_that_are_not_among_the_ids_that_exist_are_gone_but_not_those_that_just_came(
    puller: Puller,
) -> None:
    """A record made after its ids were read is new, not gone."""
    puller.pull(Source([account(n) for n in range(20)]))  # type: ignore[arg-type]
    there = [f"A{n}" for n in range(20) if n not in (3, 4)]
    puller.pull(Source([], [account(4, name="changed"), account(77)], only=there))  # type: ignore[arg-type]
    found = names(puller)
    assert set(found) == {f"A{n}" for n in range(20) if n != 3} | {"A77"}
    assert found["A4"] == "changed"
    assert not list(puller.folder.rglob("*.only.parquet"))


def test_no_ids_at_all_are_refused_like_any_truncated_answer(puller: Puller) -> None:
    puller.pull(Source([account(n) for n in range(20)]))  # type: ignore[arg-type]
    with pytest.raises(TruncatedPull):
        puller.pull(Source([], [], only=[]))  # type: ignore[arg-type]
    assert len(names(puller)) == 20


def test_an_older_version_of_a_row_never_replaces_a_newer_one(puller: Puller) -> None:
    """A search index that lags gives the version before ours."""
    puller.pull(Source([account(1, name="ours", modified_at=T0 + timedelta(minutes=5))]))  # type: ignore[arg-type]
    puller.pull(Source([], changed=[account(1, name="stale")]))  # type: ignore[arg-type]
    assert names(puller)["A1"] == "ours"


def test_equal_content_is_one_snapshot_whatever_the_order_of_rows(puller: Puller) -> None:
    rows = [account(n) for n in range(50)]
    one = puller.pull(Source(rows)).snapshot  # type: ignore[arg-type]
    two = puller.pull(Source(rows[::-1]), whole=True).snapshot  # type: ignore[arg-type]
    assert one.id == two.id


def test_a_pull_that_breaks_leaves_the_snapshot_and_its_watermark_as_they_were(puller: Puller) -> None:
    puller.pull(Source([account(1)]))  # type: ignore[arg-type]
    before = (puller.folder / POINTER).read_text()
    with pytest.raises(Unavailable):
        puller.pull(Source([account(1), account(2)], breaks=True, mark="w3"), whole=True)  # type: ignore[arg-type]
    assert (puller.folder / POINTER).read_text() == before
    with pytest.raises(Unavailable):
        puller.pull(Source([], changed=[account(2)], breaks=True, mark="w3"))  # type: ignore[arg-type]
    assert (puller.folder / POINTER).read_text() == before
    assert not (puller.folder / ".pulling").exists()


def test_a_folder_that_another_org_filled_is_not_added_to(puller: Puller) -> None:
    replace(puller, source="salesforce 00DS").pull(Source([account(1)]))  # type: ignore[arg-type]
    before = (puller.folder / POINTER).read_text()
    with pytest.raises(
        ConfigProblem, match="belongs to salesforce 00DS and the config names salesforce 00DP"
    ):
        replace(puller, source="salesforce 00DP").pull(Source([account(1)]))  # type: ignore[arg-type]
    assert (puller.folder / POINTER).read_text() == before


def test_a_crm_that_is_asked_otherwise_is_read_whole(puller: Puller) -> None:
    puller.pull(Source([account(1)]))  # type: ignore[arg-type]
    assert replace(puller, settings="not_people: [bot]").pull(Source([account(1)])).whole  # type: ignore[arg-type]


def test_far_fewer_rows_are_refused_with_the_arithmetic_and_can_be_accepted_by_name(puller: Puller) -> None:
    puller.pull(Source([account(n) for n in range(100)]))  # type: ignore[arg-type]
    fewer = Source([account(n) for n in range(89)])
    with pytest.raises(TruncatedPull, match=r"accounts: 89 rows, 89.0% of the last pull's 100 \(limit 90%\)"):
        puller.pull(fewer, whole=True)  # type: ignore[arg-type]
    assert len(names(puller)) == 100
    puller.pull(fewer, whole=True, accept_fewer=frozenset({RecordKind.ACCOUNTS}))  # type: ignore[arg-type]
    assert len(names(puller)) == 89


def test_no_accounts_at_all_are_refused_on_the_first_pull_too(puller: Puller) -> None:
    with pytest.raises(TruncatedPull, match="the CRM gave no accounts"):
        puller.pull(Source([]))  # type: ignore[arg-type]


def test_an_activity_keeps_one_row_per_account_and_a_changed_one_replaces_all_of_them(puller: Puller) -> None:
    def touch(activity: str, *accounts: str) -> list[dict[str, object]]:
        return [{"id": activity, "account_id": a, "modified_at": T0, "deleted": False} for a in accounts]

    puller.pull(Source([account(1)], activities=[*touch("T1", "A1", "A2"), *touch("T2", "A1")]))  # type: ignore[arg-type]
    puller.pull(Source([], activities=touch("T1", "A3")), accept_fewer=frozenset({RecordKind.ACTIVITIES}))  # type: ignore[arg-type]
    snapshot = load(puller.folder)
    assert snapshot is not None
    rows = pq.read_table(snapshot.tables.activities).to_pylist()
    assert [(r["id"], r["account_id"]) for r in rows] == [("T1", "A3"), ("T2", "A1")]


def test_a_changed_file_is_noticed(puller: Puller) -> None:
    snapshot = puller.pull(Source([account(1)])).snapshot  # type: ignore[arg-type]
    verify(snapshot)
    content = bytearray(snapshot.tables.accounts.read_bytes())
    content[len(content) // 2] ^= 1
    snapshot.tables.accounts.chmod(0o600)
    snapshot.tables.accounts.write_bytes(content)
    with pytest.raises(StateDamaged, match="was changed after it was stored"):
        verify(snapshot)


def test_files_are_their_owners_alone(puller: Puller) -> None:
    snapshot = puller.pull(Source([account(1)])).snapshot  # type: ignore[arg-type]
    assert {f.stat().st_mode & 0o777 for f in snapshot.folder.iterdir()} == {0o600}


def test_old_snapshots_are_forgotten_by_number(puller: Puller) -> None:
    for round_ in range(6):
        puller.pull(Source([account(1, name=f"v{round_}")]), whole=True)  # type: ignore[arg-type]
    kept = [f for f in puller.folder.iterdir() if f.is_dir() and not f.name.startswith(".")]
    assert len(kept) == 3


def test_what_was_read_back_goes_into_the_snapshot(puller: Puller) -> None:
    puller.pull(Source([account(1), account(2)]))  # type: ignore[arg-type]
    schema = pa.schema([("id", pa.string()), ("name", pa.string())])
    overlay(puller.folder, [pa.Table.from_pylist([{"id": RecordId("A2"), "name": "live"}], schema)], "200MB")
    assert names(puller) == {"A1": "N1", "A2": "live"}
    snapshot = load(puller.folder)
    assert snapshot is not None and snapshot.watermarks[RecordKind.ACCOUNTS] == "w2"
    verify(snapshot)
