"""Accounts that get another owner: by which calls, so that what hangs on them fares as the config says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from connectors.salesforce.writing.look import Ready
from connectors.salesforce.writing.sending import Send


@dataclass(frozen=True, slots=True)
class Owners:
    """Sends owner changes by one way; `by_pair` where all rows of a call must share the old and the new owner."""

    send: Send
    by_pair: bool = False
    most: int = 200
    """Rows of one call."""

    def calls(self, rows: Sequence[Ready], size: int) -> Iterator[tuple[Send, list[Ready]]]:
        """The calls that move these, at most `size` rows each, in the order given as far as pairs allow."""
        size = min(size, self.most)
        if not self.by_pair:
            yield from self._chunks(rows, size)
            return
        for _, group in groupby(sorted(rows, key=lambda row: row.pair), key=lambda row: row.pair):
            yield from self._chunks(list(group), size)

    def _chunks(self, rows: Sequence[Ready], size: int) -> Iterator[tuple[Send, list[Ready]]]:
        for start in range(0, len(rows), size):
            yield self.send, list(rows[start : start + size])
