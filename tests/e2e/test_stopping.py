"""SIGTERM, as systemd and Kubernetes send it: the schedule writes its nights, and ends in time in the middle of one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.schedule import NAME
from tests.e2e.projects import Site, site

SOON = 30.0
"""Seconds in which a process that is asked to end has to be gone."""


def wait_until(seen: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as it is so."""
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


@contextmanager
def territory(made: Site, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command line at work, killed at the end if it is still there."""
    command = [sys.executable, "-c", "from sync.cli import main; main()", *arguments]
    with subprocess.Popen(
        command, cwd=made.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def terminate(process: subprocess.Popen[str]) -> int:
    """Send SIGTERM; the exit code, in the time that service managers allow."""
    process.send_signal(signal.SIGTERM)
    return process.wait(SOON)


def without_limits(made: Site) -> None:
    """Let every plan through the gate."""
    text = made.config.read_text().partition("\nlimits:")[0]
    loose = "moves: 9999, moved_share: 1, rep_lost_share: 1, rep_gained_share: 1, unassigned_share: 1"
    # Fields and owners apart, so that there is one batch in flight and others behind it.
    more = "apply: {order: kpis_first}"
    made.config.write_text(f"{text}\nlimits: {{{loose}, catch_all_growth: 1, empty_levels: true}}\n{more}\n")


def due_now(made: Site) -> None:
    """Tonight began an hour ago."""
    at = datetime.now(UTC) - timedelta(hours=1)
    text = made.config.read_text()
    made.config.write_text(f'{text}schedule: {{at: "{at:%H:%M}", timezone: UTC}}\n')


def test_the_schedule_writes_its_night_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with site("hubspot", tmp_path, accounts=60, activities=0) as made:
        without_limits(made)
        due_now(made)
        with territory(made, "schedule", "--write") as process:
            wait_until(lambda: last_night(made) is not None)
            assert last_night(made) == (0, True), process.stderr and process.stderr.read()
            assert made.written()
            assert terminate(process) == -signal.SIGTERM


def last_night(made: Site) -> tuple[int, bool] | None:
    """Exit code of the latest night and whether it is done; None before the first."""
    from sync.ledger import Ledger

    path = made.folder / "state" / "ledger.sqlite"
    if not path.exists():
        return None
    ledger = Ledger(path)
    try:
        night = ledger.last_night(NAME)
    finally:
        ledger.close()
    return None if night is None else (night[2], night[3])


@pytest.mark.parametrize(
    "verb", [("run", "--write"), pytest.param(("schedule", "--write"), marks=pytest.mark.slow)]
)
def test_a_night_that_is_told_to_end_does_so_after_the_batch_in_flight_and_another_goes_on(
    verb: tuple[str, ...], tmp_path: Path
) -> None:
    with site("hubspot", tmp_path, accounts=250, activities=0) as made:
        without_limits(made)
        due_now(made)
        made.crm.fault("latency", path="batch/update", times=9, seconds=1.5)
        with territory(made, *verb) as process:
            wait_until(lambda: bool(made.written()))
            assert terminate(process) == 75, process.stderr and process.stderr.read()
        sent = made.written()
        assert last_night(made) == (75, False)
        made.crm.clear_faults()
        made.ok("run", "--write")
        after = made.written()
        assert len(after) > len(sent)
        assert len({(record, field) for record, field, _, _ in after}) == len(after)


def test_a_pull_that_is_told_to_end_does_so_at_the_next_page_and_leaves_the_snapshot_alone(
    tmp_path: Path,
) -> None:
    with site("salesforce", tmp_path, accounts=900, activities=0) as made:
        text = made.config.read_text()
        made.config.write_text(text.replace("crm:\n", "crm:\n  page_size: 200\n"))
        made.crm.fault("latency", path="/query", times=99, seconds=0.5)
        before = queries(made)
        with territory(made, "run", "--write") as process:
            wait_until(lambda: queries(made) >= before + 3)
            assert terminate(process) == 75, process.stderr and process.stderr.read()
        assert not (made.folder / "state" / "snapshots" / "latest.json").exists()


def queries(made: Site) -> int:
    """Pages that the CRM gave so far."""
    return sum(count for call, count in made.crm.calls().items() if "/query" in call)
