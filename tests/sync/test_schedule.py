"""One night per local date, whatever clocks and restarts do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sync.errors import FAILED, TRY_LATER
from sync.ledger import Ledger
from sync.schedule import LOOK, NAME, Timetable, health, look, record, scheduler

ZONES = (
    "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata",
    "Pacific/Auckland", "Africa/Cairo", "America/St_Johns", "Pacific/Apia", "Asia/Tehran",
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0, 30), time(1, 30), time(2, 30), time(4, 30)])
def test_a_year_of_looks_runs_every_local_date_once(zone: str, at: time) -> None:
    table = Timetable(at, ZoneInfo(zone))
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    ran: list[date] = []
    while now < datetime(2027, 1, 1, 12, tzinfo=UTC):
        due = table.due(now)
        assert due is not None
        if not ran or ran[-1] != due:
            ran.append(due)
        now += timedelta(minutes=30)
    assert len(ran) == len(set(ran))
    assert [b - a for a, b in pairwise(ran)] == [timedelta(days=1)] * (len(ran) - 1)


def test_a_time_that_a_clock_change_skips_is_the_next_that_exists() -> None:
    table = Timetable(time(2, 30), ZoneInfo("America/New_York"))
    assert table.begins(date(2026, 3, 8)) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert table.begins(date(2026, 11, 1)) == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


def test_a_repeated_hour_counts_once_and_its_first_time() -> None:
    table = Timetable(time(1, 30), ZoneInfo("America/New_York"))
    assert table.begins(date(2026, 11, 1)) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_night_runs_once_however_often_is_looked(ledger: Ledger) -> None:
    table = Timetable(time(4, 30), ZoneInfo("UTC"))
    ran: list[int] = []

    def night() -> int:
        ran.append(1)
        return 0

    for hour in range(5, 24):
        look(ledger, table, lambda hour=hour: datetime(2026, 5, 5, hour, tzinfo=UTC), night)  # type: ignore[misc]
    assert len(ran) == 1


def test_a_night_that_could_not_run_is_tried_again_and_one_that_was_refused_is_not(ledger: Ledger) -> None:
    table = Timetable(time(4, 30), ZoneInfo("UTC"))
    codes = [TRY_LATER, FAILED, 3]
    for hour in (5, 6, 7, 8):
        look(ledger, table, lambda hour=hour: datetime(2026, 5, 5, hour, tzinfo=UTC), lambda: codes.pop(0))  # type: ignore[misc]
    assert codes == []


def test_a_process_that_was_down_at_the_hour_catches_up(ledger: Ledger) -> None:
    table = Timetable(time(4, 30), ZoneInfo("UTC"))
    assert look(ledger, table, lambda: datetime(2026, 5, 5, 11, tzinfo=UTC), lambda: 0) == 0
    assert ledger.night_done(NAME, date(2026, 5, 5))


def test_days_that_are_not_named_have_no_night() -> None:
    table = Timetable(time(4, 30), ZoneInfo("UTC"), ("mon",))
    assert table.due(datetime(2026, 11, 25, 12, tzinfo=UTC)) == date(2026, 11, 23)
    assert table.next(datetime(2026, 11, 25, 12, tzinfo=UTC)) == datetime(2026, 11, 30, 4, 30, tzinfo=UTC)


def test_a_missed_night_is_red_within_26_hours(ledger: Ledger) -> None:
    table = Timetable(time(4, 30), ZoneInfo("UTC"))
    done = datetime(2026, 5, 5, 5, tzinfo=UTC)
    look(ledger, table, lambda: done, lambda: 0)
    assert not health(ledger, table, done + timedelta(hours=20)).red
    assert health(ledger, table, datetime(2026, 5, 6, 6, 31, tzinfo=UTC)).red


def test_a_night_that_failed_is_red(ledger: Ledger) -> None:
    table = Timetable(time(4, 30), ZoneInfo("UTC"))
    look(ledger, table, lambda: datetime(2026, 5, 5, 5, tzinfo=UTC), lambda: 3)
    state = health(ledger, table, datetime(2026, 5, 5, 6, tzinfo=UTC))
    assert state.red and "exit code 3" in state.message


def test_the_scheduler_forgives_hours_not_seconds_and_never_overlaps() -> None:
    made = scheduler(Timetable(time(4, 30), ZoneInfo("Europe/Berlin")), lambda: None)
    [(job, *_)] = made._pending_jobs
    assert job.misfire_grace_time == 21_600
    assert job.coalesce is True
    assert job.max_instances == 1


def test_a_night_that_cron_began_counts_and_a_busy_try_does_not_open_it_again(ledger: Ledger) -> None:
    table, day = Timetable(time(4, 30), ZoneInfo("UTC")), date(2026, 5, 4)
    ended = datetime(2026, 5, 4, 4, 40, tzinfo=UTC)
    record(ledger, day, ended, 0)
    record(ledger, day, ended + timedelta(minutes=5), TRY_LATER)
    assert ledger.night_done(NAME, day)
    assert not health(ledger, table, ended + timedelta(hours=3)).red
    record(ledger, day + timedelta(days=1), ended + timedelta(days=1), TRY_LATER)
    assert not ledger.night_done(NAME, day + timedelta(days=1))


def test_a_night_that_was_not_to_write_leaves_the_one_that_writes_to_be_done(ledger: Ledger) -> None:
    table, noon = Timetable(time(4), ZoneInfo("UTC")), datetime(2026, 5, 5, 12, tzinfo=UTC)
    record(ledger, table.due(noon), noon, 0, name=LOOK)
    assert not health(ledger, table, noon).red
    assert look(ledger, table, lambda: noon, lambda: TRY_LATER) == TRY_LATER
    record(ledger, table.due(noon), noon, 0, name=LOOK)
    assert health(ledger, table, noon).red
    assert look(ledger, table, lambda: noon, lambda: 0) == 0
    assert look(ledger, table, lambda: noon, lambda: 0) is None
