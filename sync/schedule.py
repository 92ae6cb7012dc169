"""Every night once: APScheduler says when to look, the ledger says whether tonight is done.

The key is the schedule's name and the local date, so neither a clock change nor a restart makes a night
run twice or not at all. A process that was down at the hour catches up when it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from sync.errors import FAILED, TRY_LATER
from sync.ledger import Ledger

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = structlog.get_logger()

NAME = "night"
LOOK = "look"
"""The name of nights that were not to write: one of them leaves the night that writes to be done."""
GRACE = 21_600
"""Seconds after the hour in which a run that was missed is still begun (APScheduler's own default is 1 s)."""
LATE = timedelta(hours=2)
"""A night that is not done so long after it began is missed: red within 26 h of the one before."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Timetable:
    """When nights begin: local time, zone and the days of the week."""

    at: time
    zone: ZoneInfo
    days: tuple[str, ...] = DAYS

    def due(self, now: datetime) -> date | None:
        """The local date whose night has begun by now and is the latest such; None when there is none in a week."""
        local = now.astimezone(self.zone)
        for back in range(8):
            day = local.date() - timedelta(days=back)
            if DAYS[day.weekday()] in self.days and self.begins(day) <= now:
                return day
        return None

    def begins(self, day: date) -> datetime:
        """The instant at which a day's night begins; a local time that a clock change skips is the next that exists."""
        # A local time that does not exist is read with the offset before the change, so 02:30 is 03:30; of
        # two that do the first counts. UTC, because aware times of one zone compare by their wall clocks.
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)

    def next(self, now: datetime) -> datetime:
        """The next instant at which a night begins."""
        local = now.astimezone(self.zone).date()
        days = (local + timedelta(days=ahead) for ahead in range(-1, 9))
        return min(b for d in days if DAYS[d.weekday()] in self.days and (b := self.begins(d)) > now)


def look(
    ledger: Ledger,
    timetable: Timetable,
    now: Callable[[], datetime],
    night: Callable[[], int],
    *,
    name: str = NAME,
) -> int | None:
    """Run tonight if it has begun and is not done; None when there was nothing to do.

    An exit code of 75 (busy, out of quota) or 1 (a login that failed, a config that does not load) leaves
    the night open, so that the next look tries again. What the gate refused is done: it waits for a person.
    """
    day = timetable.due(now())
    if day is None or ledger.night_done(name, day):
        return None
    exit_code = night()
    record(ledger, day, now(), exit_code, name=name)
    log.info("night", date=day.isoformat(), exit_code=exit_code)
    return exit_code


def record(ledger: Ledger, day: date | None, at: datetime, exit_code: int, *, name: str = NAME) -> None:
    """Remember how a night ended, whoever began it; one that is done is not opened again by a try that came too early."""
    done = exit_code not in (TRY_LATER, FAILED)
    if day is not None and (done or not ledger.night_done(name, day)):
        ledger.record_night(name, day, at=at, exit_code=exit_code, done=done)


def looks(timetable: Timetable, *, every_minutes: int = 15) -> Iterator[None]:
    """Yields whenever it is time to look, for ever; looks that fell due during a long night are one.

    The caller's thread does the looking, as signals reach the main thread only.
    """
    due: SimpleQueue[None] = SimpleQueue()
    running = scheduler(timetable, lambda: due.put(None), every_minutes=every_minutes)
    running.start()
    try:
        while True:
            due.get()
            while not due.empty():
                due.get()
            yield
    finally:
        running.shutdown(wait=False)


def scheduler(
    timetable: Timetable, look_once: Callable[[], object], *, every_minutes: int = 15
) -> BackgroundScheduler:
    """A scheduler that looks at the hour, now, and every few minutes for what was missed or left open.

    It keeps nothing: its job store is memory, the ledger is the truth.
    """
    from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger
    from apscheduler.triggers.interval import IntervalTrigger

    made = BackgroundScheduler(timezone=timetable.zone)
    at_the_hour = CronTrigger(hour=timetable.at.hour, minute=timetable.at.minute, timezone=timetable.zone)
    now_and_then = IntervalTrigger(
        minutes=every_minutes, start_date=datetime.now(timetable.zone), timezone=timetable.zone
    )
    made.add_job(
        look_once,
        OrTrigger([at_the_hour, now_and_then]),
        id=NAME,
        misfire_grace_time=GRACE,
        coalesce=True,
        max_instances=1,
        next_run_time=datetime.now(timetable.zone),
    )
    made.add_listener(_alert, EVENT_JOB_MISSED | EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
    return made


def _alert(event: Any) -> None:
    log.error(
        "schedule",
        event=type(event).__name__,
        job=event.job_id,
        error=str(getattr(event, "exception", "") or ""),
    )


@dataclass(frozen=True, slots=True)
class Health:
    """Whether nights happen."""

    red: bool
    message: str


def health(ledger: Ledger, timetable: Timetable, now: datetime) -> Health:
    """What `territory status` says about the schedule; nights that do not write count where none ever did."""
    last = ledger.last_night(NAME) or ledger.last_night(LOOK)
    due = timetable.due(now)
    if last is None:
        began = ledger.first_plan_at()
        late = due is not None and began is not None and began < timetable.begins(due) < now - LATE
        return Health(late, "no night has run yet" + (", and one is overdue" if late else ""))
    day, at, exit_code, done = last
    said = f"last night {day} ended {at:%Y-%m-%d %H:%M} UTC with exit code {exit_code}"
    if not done:
        return Health(True, f"{said} and is still open")
    if due is not None and due > day and now - timetable.begins(due) > LATE:
        return Health(True, f"{said}; the night of {due} was missed")
    return Health(exit_code not in (0, 4), said)
