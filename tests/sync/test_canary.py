"""Neither a credential nor a control character reaches a screen or a log, whichever way an error takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO

import pytest
import structlog

from sync.cli.failures import exit_code_of
from sync.errors import SyncError
from sync.log import configure

CANARY = "pat-na1-0a1b2c3d-4e5f-6789-abcd-ef0123456789"
ACTS = "\x1b[2J\u202e"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("json", [True, False], ids=["log", "terminal"])
def test_a_traceback_shows_where_and_why_and_no_credential(
    json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(verbosity=1, json=json)
    try:
        raise ValueError(f"Invalid header value b'Bearer {CANARY}' {ACTS}")
    except ValueError as error:
        assert exit_code_of(error) == 1
    said = capsys.readouterr().err
    assert "Invalid header value" in said and "test_canary.py" in said
    assert CANARY not in said
    assert not set(ACTS[:1] + ACTS[-1:]) & set(said)


def test_a_message_is_shown_without_characters_that_act_on_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exit_code_of(SyncError(f"account {ACTS} is odd\nrules.yaml:1:\ttab"))
    said = capsys.readouterr().err
    assert "is odd\nrules.yaml:1:\ttab" in said
    assert not set(ACTS[:1] + ACTS[-1:]) & set(said.replace("\x1b[31m", "").replace("\x1b[0m", ""))


def test_a_log_that_nobody_reads_any_more_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `territory apply 2>&1 | head`: the run goes on to its end."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as raw:
        monkeypatch.setattr("sys.stderr", Unread(raw))
        configure(verbosity=1, json=True)
        structlog.get_logger().warning("not written", record="A1")


class Unread:
    """A stream without a buffer, whose reader is gone."""

    def __init__(self, raw: FileIO) -> None:
        self._raw = raw

    def write(self, text: str) -> None:
        self._raw.write(text.encode())

    def flush(self) -> None:
        self._raw.flush()


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("typer.echo", lambda text, err: shown.append(text))
    for value in ("", "1"):
        monkeypatch.setenv("NO_COLOR", value)
        exit_code_of(SyncError("odd"))
    assert "\x1b[" in shown[0]
    assert shown[1] == "error: odd"
