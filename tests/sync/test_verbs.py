"""Verbs on plans, through the command line of an admin who works on exported files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from sync.cli.failures import exit_code_of
from sync.cli.verbs import app
from sync.ledger import Ledger, RunState
from sync.scaffold.make import Answers, make

BREACHES = ("moved-share", "rep-lost", "rep-gained")


class Admin:
    """An admin's folder, and what a command line in it ends with and says."""

    def __init__(self, folder: Path, said: pytest.CaptureFixture[str]) -> None:
        self.folder, self._said = folder, said
        list(make(folder, Answers("files")))
        config = folder / "config.yaml"
        config.write_text(config.read_text().replace("writes: disabled", "writes: enabled"))

    def types(self, *arguments: str) -> tuple[int, str]:
        verb, *rest = arguments
        try:
            code = app(
                ["--quiet", verb, "--config", str(self.folder / "config.yaml"), *rest], standalone_mode=False
            )
        except BaseException as error:  # noqa: BLE001 - as in main
            code = exit_code_of(error)
        shown = self._said.readouterr()
        return code or 0, shown.out + shown.err

    def ledger(self) -> Ledger:
        return Ledger(self.folder / "state" / "ledger.sqlite")

    def plan_id(self) -> str:
        ledger = self.ledger()
        try:
            return ledger.latest_plan() or ""
        finally:
            ledger.close()


@pytest.fixture
def admin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Admin]:
    yield Admin(tmp_path / "admin", capsys)
    structlog.reset_defaults()


def test_approving_without_accepting_says_what_the_gate_still_refuses(admin: Admin) -> None:
    admin.types("plan")
    code, said = admin.types("approve", "--accept", "rep-lost")
    assert code == 0
    assert "the gate still refuses it (moved-share, rep-gained)" in said
    assert "--accept moved-share --accept rep-gained" in said
    _, said = admin.types("approve", *(word for name in BREACHES for word in ("--accept", name)))
    assert 'carry it out with "territory apply' in said and "still refuses" not in said


@pytest.mark.parametrize("name", ["", "1", "abc"])
def test_an_empty_or_very_short_name_is_no_plan(admin: Admin, name: str) -> None:
    admin.types("plan")
    for verb in ("approve", "apply", "show"):
        code, said = admin.types(verb, name or "")
        assert code == 1
        assert "at least 4 digits are needed" in said
    assert admin.types("show", admin.plan_id()[:4])[0] == 0


def test_apply_without_a_plan_goes_on_with_the_interrupted_run_and_not_with_a_later_plan(
    admin: Admin,
) -> None:
    admin.types("plan")
    begun = admin.plan_id()
    admin.types("approve", *(word for name in BREACHES for word in ("--accept", name)))
    ledger = admin.ledger()
    ledger.begin_run("R1", begun, kind="sync", at=datetime.now(UTC), actor="kim", planned=[])
    ledger.close()
    rules = admin.folder / "rules.yaml"
    rules.write_text(rules.read_text().replace("us.east.boston", "us.boston"))
    admin.types("plan")
    later = admin.plan_id()
    assert later != begun
    admin.types("approve", *(word for name in BREACHES for word in ("--accept", name)))
    code, said = admin.types("apply", later)
    assert code == 3 and f'"territory apply {begun[:12]}"' in said
    code, said = admin.types("apply")
    assert code == 0 and "Run R1 is done" in said
    ledger = admin.ledger()
    found = ledger.run("R1")
    ledger.close()
    assert found is not None and found.state is RunState.DONE


def test_a_very_long_name_is_cut_in_the_text_and_whole_in_the_changes(admin: Admin) -> None:
    accounts = admin.folder / "exports" / "accounts.csv"
    accounts.write_text(accounts.read_text().replace("Harbor Bank", "Harbor " * 2_000))
    _, said = admin.types("plan")
    assert max(map(len, said.splitlines())) < 300
    assert "Harbor Harbor" in said and "…: nobody -> Kim Berg" in said
    assert ("Harbor " * 2_000).strip() in admin.types("show", "--changes")[1]
