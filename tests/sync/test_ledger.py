"""The ledger: durable, chained, and refused when it is not sound."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.records import Receipt
from sync.errors import StateDamaged
from sync.ledger import Handed, Hold, Ledger, LedgerWrite, RunState, WriteState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST_VERSION = Path(__file__).parents[1] / "golden/sync/ledger_v1.sql"


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
    one, two, *_ = begin(ledger)
    moved = replace(two, state=WriteState.CONFLICT, found={"owner_id": "U9"})
    ledger.mark("R1", [replace(one, state=WriteState.APPLIED), moved], at=NOON)
    assert ledger.owners_written().to_pylist() == [{"record_id": "A1", "value": "U1"}]
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


def test_a_ledger_of_the_first_version_becomes_todays_and_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST_VERSION.read_text())
    ledger = Ledger(path)
    assert ledger.check_history() == 3
    assert ledger.unfinished() is not None
    assert [w.record_id for chunk in ledger.undecided("R1", 10) for w in chunk] == ["A2"]
    # Text that looks like a column's name is no column.
    assert ledger.waiting("R1", 10) == 3
    ledger.keep_receipt("R1", Receipt("job"), [3, 4, 5], at=NOON)
    assert [handed.receipt for handed in ledger.unsettled("R1")] == ["job"]
    ledger.close()
    assert Ledger(path).check_history() == 4


def test_a_receipt_is_there_when_it_is_opened_again_until_its_outcome_is_known(
    ledger: Ledger, tmp_path: Path
) -> None:
    planned = begin(ledger, writes=7)
    ledger.mark("R1", [replace(w, state=WriteState.INFLIGHT) for w in planned], at=NOON)
    first = ledger.keep_receipt("R1", Receipt("one"), [1, 2, 3, 6], at=NOON)
    second = ledger.keep_receipt("R1", Receipt("two"), [7], at=NOON)
    ledger.keep_receipt("R0", Receipt("another run's"), [1], at=NOON)
    ledger.close()
    again = Ledger(tmp_path / "ledger.sqlite")
    assert again.unsettled("R1") == [
        Handed(first, Receipt("one"), ((1, 3), (6, 6))),
        Handed(second, Receipt("two"), ((7, 7),)),
    ]
    again.mark("R1", [replace(planned[1], state=WriteState.APPLIED)], at=NOON)
    assert [w.seq for w in again.undecided_of("R1", again.unsettled("R1")[0])] == [1, 3, 6]
    again.mark("R1", [], at=NOON, settled=[first])
    assert [handed.id for handed in again.unsettled("R1")] == [second]


def test_a_receipt_that_was_changed_is_noticed(ledger: Ledger, tmp_path: Path) -> None:
    begin(ledger)
    ledger.keep_receipt("R1", Receipt("job 1"), [1], at=NOON)
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("UPDATE history SET payload = replace(payload, 'job 1', 'job 2')")
    with pytest.raises(StateDamaged, match="entry 2"):
        ledger.check_history()


def test_what_waits_and_sets_no_owner_is_counted_no_further_than_asked(ledger: Ledger) -> None:
    owners = begin(ledger)
    kpis = [
        LedgerWrite(n, f"A{n}", {"tier": None}, {"tier": '"owner_id": "U1"'}, WriteState.PLANNED)
        for n in range(1, 9)
    ]
    ledger.begin_run("R2", "P2", kind="sync", at=NOON, actor="kim", planned=[kpis])
    assert ledger.waiting("R1", 100) == 0
    assert [ledger.waiting("R2", most) for most in (3, 8, 100)] == [3, 8, 8]
    ledger.mark("R2", [replace(kpis[0], state=WriteState.APPLIED)], at=NOON)
    assert ledger.waiting("R2", 100) == 7
    assert owners


def test_what_is_undecided_comes_in_chunks_although_it_is_marked_meanwhile(ledger: Ledger) -> None:
    planned = begin(ledger, writes=7)
    ledger.mark("R1", [replace(w, state=WriteState.INFLIGHT) for w in planned], at=NOON)
    seen = []
    for chunk in ledger.undecided("R1", 3):
        seen.append([w.seq for w in chunk])
        ledger.mark("R1", [replace(w, state=WriteState.APPLIED) for w in chunk], at=NOON)
    assert seen == [[1, 2, 3], [4, 5, 6], [7]]
    assert not ledger.is_undecided("R1")


def test_thousands_of_holds_are_released_at_once(ledger: Ledger) -> None:
    ledger.hold([Hold(f"A{n}", None, "U2", "why", NOON, "R1") for n in range(1300)])
    assert ledger.release([f"A{n}" for n in range(1299)], at=NOON, by="kim") == 1299
    assert [h.record_id for h in ledger.holds()] == ["A1299"]
