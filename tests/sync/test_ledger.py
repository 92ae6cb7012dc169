"""The ledger: durable, chained, and refused when it is not sound."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.errors import StateDamaged
from sync.ledger import Hold, Ledger, LedgerWrite, RunState, WriteState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def begin(ledger: Ledger, run: str = "R1", writes: int = 5) -> list[LedgerWrite]:
    planned = [
        LedgerWrite(n, f"A{n}", {"owner_id": None}, {"owner_id": "U1"}, WriteState.PLANNED)
        for n in range(1, writes + 1)
    ]
    ledger.begin_run(run, "P1", kind="sync", at=NOON, actor="kim", planned=[planned[:2], planned[2:]])
    return planned


def test_a_run_is_remembered_with_all_its_writes_before_anything_is_sent(ledger: Ledger) -> None:
    begin(ledger)
    run = ledger.unfinished()
    assert run is not None and run.id == "R1"
    assert ledger.counts("R1") == {WriteState.PLANNED: 5}
    assert [w.seq for w in ledger.open_writes("R1", 3)] == [1, 2, 3]


def test_it_is_all_there_when_it_is_opened_again(ledger: Ledger, tmp_path: Path) -> None:
    planned = begin(ledger)
    from dataclasses import replace

    ledger.mark("R1", [replace(planned[0], state=WriteState.REJECTED, code="X", message="no")], at=NOON)
    ledger.close()
    again = Ledger(tmp_path / "ledger.sqlite")
    [rejected] = again.writes("R1", [WriteState.REJECTED])
    assert (rejected.record_id, rejected.code, rejected.message, rejected.after) == (
        "A1",
        "X",
        "no",
        {"owner_id": "U1"},
    )


def test_an_applied_owner_is_ours_and_one_that_moved_is_held(ledger: Ledger) -> None:
    from dataclasses import replace

    one, two, *_ = begin(ledger)
    moved = replace(two, state=WriteState.CONFLICT, found={"owner_id": "U9"})
    ledger.mark("R1", [replace(one, state=WriteState.APPLIED), moved], at=NOON)
    assert ledger.owners_written() == [("A1", "U1")]
    assert [(h.record_id, h.live_owner, h.wanted_owner) for h in ledger.holds()] == [("A2", "U9", "U1")]
    assert ledger.release(["A2"], at=NOON, by="kim") == 1
    assert ledger.holds() == []


def test_an_account_is_held_once(ledger: Ledger) -> None:
    hold = Hold("A1", "U1", "U2", "why", NOON, "R1")
    ledger.hold([hold])
    ledger.hold([hold, Hold("A2", None, "U2", "why", NOON, "R1")])
    assert [h.record_id for h in ledger.holds()] == ["A1", "A2"]


def test_a_plans_age_counts_from_the_last_time_it_was_made(ledger: Ledger) -> None:
    ledger.record_plan("P1", at=NOON, author="kim", header={})
    ledger.record_plan("P1", at=NOON + timedelta(hours=5), author="lee", header={})
    assert ledger.plan_made_at("P1") == NOON
    ledger.renew_plan("P1", NOON + timedelta(hours=5))
    assert ledger.plan_made_at("P1") == NOON + timedelta(hours=5)


def test_a_changed_past_is_noticed(ledger: Ledger, tmp_path: Path) -> None:
    begin(ledger)
    ledger.finish_run("R1", RunState.DONE, at=NOON, summary={})
    assert ledger.check_history() == 2
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("UPDATE history SET payload = replace(payload, 'kim', 'eve') WHERE seq = 1")
    with pytest.raises(StateDamaged, match="entry 1"):
        ledger.check_history()


def test_a_missing_entry_is_noticed(ledger: Ledger, tmp_path: Path) -> None:
    begin(ledger)
    ledger.finish_run("R1", RunState.DONE, at=NOON, summary={})
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("DELETE FROM history WHERE seq = 1")
    with pytest.raises(StateDamaged):
        ledger.check_history()


def test_a_ledger_of_a_newer_version_is_not_touched(ledger: Ledger, tmp_path: Path) -> None:
    ledger.close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("UPDATE version SET number = 99")
    with pytest.raises(StateDamaged, match="version 99"):
        Ledger(tmp_path / "ledger.sqlite")


def test_something_else_than_a_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(random.Random(1).randbytes(8192))
    with pytest.raises(StateDamaged, match="cannot be read"):
        Ledger(path)


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "100% of us? #1"
    Ledger(folder / "ledger.sqlite").close()
    assert [path.name for path in folder.iterdir()] == ["ledger.sqlite"]


def test_the_file_is_its_owners_alone(ledger: Ledger, tmp_path: Path) -> None:
    assert (tmp_path / "ledger.sqlite").stat().st_mode & 0o777 == 0o600


def test_nights_are_kept_by_local_date(ledger: Ledger) -> None:
    ledger.record_night("night", NOON.date(), at=NOON, exit_code=75, done=False)
    assert not ledger.night_done("night", NOON.date())
    ledger.record_night("night", NOON.date(), at=NOON, exit_code=0, done=True)
    assert ledger.night_done("night", NOON.date())
    assert ledger.last_night("night") == (NOON.date(), NOON, 0, True)
