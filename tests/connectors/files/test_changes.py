"""The change file: what an admin loads into the CRM, and what becomes of it."""

from __future__ import annotations

import csv
import errno
import os
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Garbled, Unavailable
from connectors.files import pending as journal
from connectors.records import Outcome, RecordId, Write

if TYPE_CHECKING:
    from tests.connectors.files.conftest import FilesWorld


def change_file(world: FilesWorld) -> list[dict[str, str]]:
    with (world.folder / "changes.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write(world: FilesWorld, id: RecordId, expected: dict[str, Any] | None = None, **values: Any) -> Outcome:
    connector = world.connect()
    before = expected or connector.lookup([id], list(values)).to_pylist()[0]
    [result] = connector.write([Write(id, values, {name: before[name] for name in values})])
    return result.outcome


def live(world: FilesWorld, id: RecordId, column: str) -> Any:
    return world.connect().lookup([id], [column]).to_pylist()[0][column]


def test_it_holds_the_id_and_only_the_changed_columns_under_the_export_s_headers(world: FilesWorld) -> None:
    first, second = sorted(world.ids())[:2]
    write(world, first, owner_id="005B" if world.rows[first]["owner_id"] != "005B" else "005C")
    write(world, second, score=-12.5)
    rows = {row["ID"]: row for row in change_file(world)}
    assert set(rows) == {first, second}
    assert set(rows[first]) == {"ID", "OWNERID", "SCORE__C"}
    assert rows[first]["SCORE__C"] == "", "an empty cell leaves the field as it is"
    assert rows[second]["SCORE__C"] == "-12.5", "a number stays a number"


def test_a_field_to_be_emptied_is_marked(world: FilesWorld) -> None:
    id = world.create({"name": "Noted", "note": "old"})
    write(world, id, note=None)
    assert change_file(world)[0]["NOTE__C"] == "#N/A"
    assert live(world, id, "note") is None


def test_an_export_that_shows_the_change_settles_it(world: FilesWorld) -> None:
    id, other = sorted(world.ids())[:2]
    write(world, id, score=1.0)
    world.edit(id, {"score": 1.0})
    write(world, other, score=2.0)
    assert [row["ID"] for row in change_file(world)] == [other]
    assert live(world, id, "score") == 1.0


def test_a_person_s_change_in_a_later_export_beats_ours_and_leaves_the_change_file(world: FilesWorld) -> None:
    id, other = sorted(world.ids())[:2]
    write(world, id, score=1.0)
    world.edit(id, {"score": 50.0})
    assert live(world, id, "score") == 50.0
    assert write(world, id, {"score": 1.0}, score=3.0) is Outcome.CONFLICT
    write(world, other, score=2.0)
    assert [row["ID"] for row in change_file(world)] == [other]


def test_an_edit_of_another_field_leaves_ours_pending(world: FilesWorld) -> None:
    [id] = sorted(world.ids())[:1]
    write(world, id, score=1.0)
    world.edit(id, {"name": "Renamed"})
    assert live(world, id, "score") == 1.0
    assert live(world, id, "name") == "Renamed"


def test_taking_a_change_back_leaves_nothing_to_load(world: FilesWorld) -> None:
    id = world.create({"name": "Undone", "score": 5.0})
    write(world, id, score=6.0)
    write(world, id, score=5.0)
    assert change_file(world) == []
    assert live(world, id, "score") == 5.0


def test_an_account_that_left_the_export_leaves_the_change_file(world: FilesWorld) -> None:
    gone, other = sorted(world.ids())[:2]
    write(world, gone, score=1.0)
    world.delete(gone)
    write(world, other, score=2.0)
    assert [row["ID"] for row in change_file(world)] == [other]


@pytest.mark.parametrize("owner", ["005X", "nobody"])
def test_an_owner_who_is_absent_or_inactive_is_refused(world: FilesWorld, owner: str) -> None:
    [id] = sorted(world.ids())[:1]
    assert write(world, id, owner_id=owner) is Outcome.REJECTED


def test_a_full_disk_leaves_everything_as_it_was(world: FilesWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    id, other = sorted(world.ids())[:2]
    write(world, id, score=1.0)
    before = {path.name: path.read_bytes() for path in world.folder.iterdir()}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        write(world, other, score=2.0)
    assert {path.name: path.read_bytes() for path in world.folder.iterdir()} == before


def test_a_damaged_journal_is_told_and_never_written_from(world: FilesWorld) -> None:
    [id] = sorted(world.ids())[:1]
    write(world, id, score=1.0)
    path = journal.journal_path(world.folder / "changes.csv")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(Garbled, match="is damaged"):
        write(world, id, {"score": 1.0}, score=2.0)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)


@given(
    st.lists(st.one_of(TEXTS, st.sampled_from(["=1+1", "+x", "-x", "@x", "\tx", "\rx", "'=x"])), min_size=1)
)
def test_no_text_cell_is_a_formula_and_every_number_is_one(texts: list[str]) -> None:
    entries = [(f"id{n}", "note", None, text) for n, text in enumerate(texts)]
    entries += [(f"id{n}", "score", None, -float(n) - 0.5) for n in range(len(texts))]  # type: ignore[misc]
    table = journal.change_table(
        journal.rows(entries), {"id": "Id", "note": "Note", "score": "Score"}, {"note"}, "#N/A"
    )
    assert isinstance(table, pa.Table)
    for note, score in zip(table["Note"].to_pylist(), table["Score"].to_pylist(), strict=True):
        assert not note.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert note.removeprefix("'") in texts or note in texts
        assert float(score) < 0
