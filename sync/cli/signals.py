"""SIGTERM and Ctrl-C end a run after the batch in flight, so that it can be resumed without reading back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from sync.session import Session


@contextmanager
def stopping_on_signals(session: Session) -> Iterator[Session]:
    """The same session, asked to stop when the process is; a second Ctrl-C ends it at once.

    For the main thread, where signals arrive. What signals did before is restored at the end, as the
    process may live on.
    """
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield replace(session, stopping=lambda: bool(asked))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
