"""A ledger that cannot be written stops a run before anything more is sent, and says so in a sentence."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.records import Write
from sync.cli.failures import exit_code_of
from sync.errors import StateDamaged, SyncError
from sync.ledger import Ledger, WriteState
from sync.run import resume
from tests.sync.world import make_world


@contextmanager
def no_file_may_grow(size: int = 1) -> Iterator[None]:
    """Writing beyond so many bytes fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_the_run_before_the_next_batch_and_one_command_goes_on(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    plan = world.plan()
    full = no_file_may_grow()

    def fill(write: Write) -> None:
        if not world.crm.history:
            full.__enter__()

    world.crm.before_write = fill
    try:
        with pytest.raises(
            SyncError, match=r"the ledger .* cannot be written or read now .*goes on from there"
        ) as failed:
            world.enact(plan)
    finally:
        full.__exit__(None, None, None)
    assert exit_code_of(failed.value) == 1
    assert len(world.crm.history) == 3
    world.crm.before_write = lambda write: None
    with world.session().ledger() as ledger:
        resumed = resume(world.session(), ledger, world.crm)
    assert resumed is not None and resumed.counts == {WriteState.APPLIED: 12}
    assert sorted(record for record, _ in world.crm.history) == sorted(world.crm.accounts)


def test_a_ledger_that_cannot_be_opened_now_is_not_said_to_be_damaged(tmp_path: Path) -> None:
    with no_file_may_grow(), pytest.raises(SyncError, match=r"cannot be written or read now") as failed:
        Ledger(tmp_path / "ledger.sqlite")
    assert not isinstance(failed.value, StateDamaged)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError) as failed:
        (tmp_path / "gone" / "plan.html").write_text("x")
    assert exit_code_of(failed.value) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path}/gone/plan.html: No such file or directory" in said
    assert "should not happen" not in said
