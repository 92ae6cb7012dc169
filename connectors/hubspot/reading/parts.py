"""One list or search of a table's reading, from pieces to rows, on with what an interrupted reading left."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from connectors.errors import ConnectorError
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.listing import Wanted
from connectors.hubspot.reading.objects import Left, Objects
from connectors.hubspot.reading.searching import Search
from connectors.hubspot.reading.spool import Spool, StoredRows
from connectors.hubspot.reading.stretches import EVERYTHING, Piece, Stretch, gaps

RECORDS, VALUES = 2_000, 200_000
"""Most records, and most values, that are kept as Python objects before they become rows."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is listed or searched, about how much there is, and what its records become."""

    name: str
    what: Wanted | Search
    rows: Callable[[Sequence[Record]], pa.RecordBatch]
    expected: int
    top: int

    @property
    def batch(self) -> int:
        """Records that become rows together."""
        return max(100, min(RECORDS, VALUES // max(1, len(self.what.properties))))


def read_part(objects: Objects, part: Part, spool: Spool | None) -> Generator[pa.RecordBatch, None, int]:
    """The rows of a part, first those that the spool has; returns how many records there were.

    What came before an error is kept in the spool first.
    """
    stored = _usable(objects, part, spool)
    came = sum(rows.records for rows in stored)
    if spool is not None:
        yield from spool.batches(part.name)
    for pieces in _gathered(_pieces(objects, part, stored), part.batch):
        records = [record for piece in pieces for record in piece.records]
        came += len(records)
        batch = part.rows(records)
        if spool is not None:
            spool.add(part.name, batch, pieces)
        yield batch
    return came


def _usable(objects: Objects, part: Part, spool: Spool | None) -> Sequence[StoredRows]:
    """What the spool has of this part; nothing where the list cannot be read on from there."""
    if spool is None or spool.manifest is None:
        return ()
    stored = [rows for rows in spool.manifest.rows if rows.part == part.name]
    begun_in_the_middle = any(stretch.low for stretch in _missing(stored))
    if begun_in_the_middle and isinstance(part.what, Wanted) and not objects.goes_on(part.what):
        spool.forget(part.name)
        return ()
    return stored


def _missing(stored: Sequence[StoredRows]) -> list[Stretch]:
    return gaps(stretch for rows in stored for stretch in rows.stretches)


def _pieces(objects: Objects, part: Part, stored: Sequence[StoredRows]) -> Iterator[Piece]:
    came = sum(rows.records for rows in stored)
    missing, cursor = _missing(stored), stored[-1].cursor if stored else None
    if not missing or (stored and missing == [EVERYTHING] and cursor is None):
        return iter(())  # all is there; of a list that was read in turn, its end
    left = Left(max(0, part.expected - came), part.top, missing, cursor)
    if isinstance(part.what, Search):
        return objects.searched(part.what, left)
    return objects.listed(part.what, left)


def _gathered(pieces: Iterator[Piece], most: int) -> Iterator[list[Piece]]:
    """The same in groups of about so many records; an error comes after what came before it."""
    waiting: list[Piece] = []
    failed: ConnectorError | None = None
    records = 0
    try:
        for piece in pieces:
            waiting.append(piece)
            records += len(piece.records)
            if records >= most:
                yield waiting
                waiting, records = [], 0
    except ConnectorError as error:
        failed = error
    if waiting:
        yield waiting
    if failed is not None:
        raise failed
