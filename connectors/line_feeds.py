"""CSV with line feeds inside of quotes, for pyarrow's reader."""

from __future__ import annotations

from typing import Protocol


class Stream(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many; none at the end."""
        ...


class Unbroken:
    """A stream whose blocks never end between a carriage return and a line feed.

    pyarrow's CSV reader drops a line feed that begins a block where the last one ended with a carriage return,
    inside of quotes too (seen 2026-11, 26.0.1).
    """

    closed = False

    def __init__(self, stream: Stream) -> None:
        self._stream, self._kept = stream, b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        block, self._kept = self._kept, b""
        while size > len(block) and (more := self._stream.read(size - len(block))):
            block += more
            if not block.endswith(b"\r"):
                return block
            if len(block) > 1:
                block, self._kept = block[:-1], b"\r"
                return block
        return block
