"""SIGTERM and Ctrl-C end a run after the batch in flight, so that it can be resumed without reading back."""

from __future__ import annotations

import signal
from dataclasses import replace
from types import FrameType

from sync.session import Session


def stopping_on_signals(session: Session) -> Session:
    """The same session, asked to stop when the process is; a second Ctrl-C ends it at once."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return replace(session, stopping=lambda: bool(asked))
