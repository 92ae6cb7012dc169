"""Neither a credential nor a control character reaches a screen or a log, whichever way an error takes."""

from __future__ import annotations

from collections.abc import Iterator

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
