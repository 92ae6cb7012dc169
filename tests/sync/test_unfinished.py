"""A pull that was cut off goes on where it was, and what it has read already is brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.base import Capabilities, Pull
from connectors.errors import Unavailable
from connectors.mapping import FieldMap
from connectors.records import MAIN, RecordKind, Watermark
from sync.errors import TruncatedPull
from sync.pulling.pull import Puller
from sync.snapshot import load

T0 = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNTS, OWNERS, OPPORTUNITIES = RecordKind.ACCOUNTS, RecordKind.OWNERS, RecordKind.OPPORTUNITIES


@dataclass
class Source:
    """A connector as far as pulling goes, whose tables break as told; it counts what it was asked."""

    accounts: dict[str, str]
    changed: dict[str, str] = field(default_factory=dict)
    breaks: frozenset[RecordKind] = frozenset()
    spools: bool = False
    """Whether it leaves something in its spool before it breaks."""
    asked: list[tuple[RecordKind, str | None]] = field(default_factory=list)
    places: dict[RecordKind, Path] = field(default_factory=dict)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(1, frozenset(MAIN)))

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        self.asked.append((kind, since))
        if spool is not None:
            self.places[kind] = spool
            if self.spools:
                spool.mkdir()
        rows = self._rows(kind, since)
        mark = Watermark(f"{since or 'whole'}+")
        return Pull(self._batches(kind, rows), mark, since is None)

    def _rows(self, kind: RecordKind, since: str | None) -> list[dict[str, object]]:
        if kind is OWNERS and since is None:
            return [{"id": "U1", "active": True, "person": True, "deleted": False}]
        if kind is not ACCOUNTS:
            return []
        named = self.accounts if since is None else self.changed
        at = T0 if since is None else T0 + timedelta(hours=1)
        return [{"id": id, "name": name, "modified_at": at, "deleted": False} for id, name in named.items()]

    def _batches(self, kind: RecordKind, rows: list[dict[str, object]]) -> Iterator[pa.RecordBatch]:
        yield from pa.Table.from_pylist(rows, FieldMap({}).schema(kind)).to_batches()
        if kind in self.breaks:
            raise Unavailable("in the middle")


@pytest.fixture
def puller(tmp_path: Path) -> Puller:
    return Puller(tmp_path, FieldMap({}), lambda: T0, 0.9, timedelta(days=7), keep=3)


def names(puller: Puller) -> dict[str, str]:
    snapshot = load(puller.folder)
    assert snapshot is not None
    return {r["id"]: r["name"] for r in pq.read_table(snapshot.tables.accounts).to_pylist()}


def broken(puller: Puller, **given: bool) -> Source:
    """A first pull that has the accounts and breaks in the opportunities."""
    source = Source({"A1": "one", "A2": "two"}, breaks=frozenset({OPPORTUNITIES}), **given)
    with pytest.raises(Unavailable):
        puller.pull(source)  # type: ignore[arg-type]
    return source


def test_tables_that_were_read_are_asked_only_for_what_changed_since(puller: Puller) -> None:
    broken(puller)
    again = Source({"A1": "never asked for"}, changed={"A2": "changed meanwhile"})
    report = puller.pull(again)  # type: ignore[arg-type]
    assert [since for kind, since in again.asked if kind is ACCOUNTS] == ["whole+"]
    assert [since for kind, since in again.asked if kind is OPPORTUNITIES] == [None]
    assert names(puller) == {"A1": "one", "A2": "changed meanwhile"}
    assert report.snapshot.watermarks[ACCOUNTS] == "whole++"
    assert report.came[ACCOUNTS] == 3
    assert not (puller.folder / ".spool").exists()


def test_it_may_be_cut_off_again_and_again(puller: Puller) -> None:
    broken(puller)
    broken(puller)
    later = Source({}, changed={"A3": "new"}, breaks=frozenset({RecordKind.ACTIVITIES}))
    with pytest.raises(Unavailable):
        puller.pull(later)  # type: ignore[arg-type]
    last = Source({}, changed={"A3": "new"})
    puller.pull(last)  # type: ignore[arg-type]
    assert [since for kind, since in last.asked if kind is OPPORTUNITIES] == ["whole+"]
    assert names(puller) == {"A1": "one", "A2": "two", "A3": "new"}


def test_each_table_has_a_spool_of_its_own_that_goes_when_the_table_is_read(puller: Puller) -> None:
    source = broken(puller, spools=True)
    assert len(set(source.places.values())) == 3
    assert [kind for kind, place in source.places.items() if place.exists()] == [OPPORTUNITIES]


def test_what_a_connector_had_spooled_is_brought_up_to_date_too(puller: Puller) -> None:
    """Its rows may be a day old by the time the pull ends."""
    with pytest.raises(Unavailable):
        puller.pull(Source({"A1": "one"}, breaks=frozenset({ACCOUNTS}), spools=True))  # type: ignore[arg-type]
    again = Source({"A1": "one"}, changed={"A1": "changed meanwhile"})
    puller.pull(again)  # type: ignore[arg-type]
    assert [since for kind, since in again.asked if kind is ACCOUNTS] == [None, "whole+"]
    assert names(puller) == {"A1": "changed meanwhile"}


@pytest.mark.parametrize(
    "changes",
    [{"settings": "other"}, {"source": "salesforce 00DS"}, {"now": lambda: T0 + timedelta(hours=24)}],
    ids=["settings", "org", "age"],
)
def test_what_another_pull_left_is_thrown_away(puller: Puller, changes: dict[str, object]) -> None:
    broken(puller)
    again = Source({"A1": "anew"})
    replace(puller, **changes).pull(again)  # type: ignore[arg-type]
    assert [since for kind, since in again.asked if kind is ACCOUNTS] == [None]
    assert names(puller) == {"A1": "anew"}


def test_a_table_that_was_damaged_meanwhile_is_read_anew(puller: Puller) -> None:
    broken(puller)
    file = puller.folder / ".spool" / "read" / "accounts.parquet"
    file.write_bytes(file.read_bytes()[:-1])
    again = Source({"A1": "anew"})
    puller.pull(again)  # type: ignore[arg-type]
    assert names(puller) == {"A1": "anew"}


@pytest.mark.parametrize("notes", ["", "{", "[]", '{"began": "x"}', '{"began": "2026-01-01T00:00:00+00:00"}'])
def test_notes_that_cannot_be_read_are_no_notes(puller: Puller, notes: str) -> None:
    broken(puller)
    (puller.folder / ".spool" / "unfinished.json").write_text(notes)
    puller.pull(Source({"A1": "anew"}))  # type: ignore[arg-type]
    assert names(puller) == {"A1": "anew"}


def test_a_truncated_reading_is_not_gone_on_with(puller: Puller) -> None:
    """Whoever grants the missing access and pulls again must get what is there now."""
    puller.pull(Source({f"A{n}": "x" for n in range(20)}))  # type: ignore[arg-type]
    with pytest.raises(TruncatedPull):
        puller.pull(Source({"A1": "x"}), whole=True)  # type: ignore[arg-type]
    again = Source({f"A{n}": "y" for n in range(20)})
    puller.pull(again, whole=True)  # type: ignore[arg-type]
    assert set(names(puller).values()) == {"y"}


def test_tables_whose_changes_cannot_be_asked_for_are_read_anew(puller: Puller) -> None:
    none = Capabilities(1, frozenset())
    with pytest.raises(Unavailable):
        puller.pull(Source({"A1": "x"}, breaks=frozenset({OPPORTUNITIES}), capabilities=none))  # type: ignore[arg-type]
    again = Source({"A1": "anew"}, capabilities=none)
    puller.pull(again)  # type: ignore[arg-type]
    assert names(puller) == {"A1": "anew"}


def test_a_pull_that_went_on_is_as_whole_as_of_its_first_try(puller: Puller) -> None:
    """So that the next whole pull is not later than the config says."""
    broken(puller)
    later = replace(puller, now=lambda: T0 + timedelta(hours=5))
    report = later.pull(Source({"A1": "one"}))  # type: ignore[arg-type]
    assert (report.snapshot.whole_at, report.snapshot.pulled_at) == (T0, T0 + timedelta(hours=5))
