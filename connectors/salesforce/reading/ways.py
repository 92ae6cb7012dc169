"""By which way an object is read: REST pages, or a Bulk job, which an earlier pull may have begun."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from connectors.errors import Garbled, Refused
from connectors.salesforce.fields import Described
from connectors.salesforce.reading.bulk import Bulk
from connectors.salesforce.reading.bulk_spool import Manifest, Question, Spool
from connectors.salesforce.reading.tables import Columns, Part
from connectors.salesforce.soql import count, fits_address, select
from connectors.salesforce.wire.client import Client

log = structlog.get_logger()
_TOO_MUCH = frozenset(["QUERY_TIMEOUT", "OPERATION_TOO_LARGE"])
"""What Salesforce says where it cannot even count in time: then there are many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read of one object; `condition` is that of the changes up to a newest stamp, "" for all."""

    part: Part
    fields: Mapping[str, Described]
    """By the name that the query has for each; `Id` among them."""
    resource: str
    """query, or queryAll for deleted records too."""
    condition: Callable[[str | None], str]

    def text(self, newest: str | None, *, order: str = "") -> str:
        """The query of everything up to this stamp."""
        return select(self.fields, self.part.sobject, self.part.where, self.condition(newest), order=order)


@dataclass(frozen=True, slots=True)
class Way:
    """How one object is read in one pull."""

    wanted: Wanted
    newest: str | None
    """The newest stamp there was before reading began; None for an empty object."""
    rows: int | None
    """How many records there were then; None where nobody counted."""
    by_bulk: bool
    spool: Spool | None = None
    begun: Manifest | None = None
    """What an earlier pull has of it already."""

    @contextmanager
    def spooled(self) -> Iterator[Spool]:
        """A place for pages: the caller's, which stays, or one that goes when the block ends."""
        if self.spool is not None:
            yield self.spool
            return
        with TemporaryDirectory(prefix="territory-") as folder:
            yield Spool(Path(folder))


@dataclass(frozen=True, slots=True)
class Ways:
    """Chooses by size, one decision per object and pull, and reads by Bulk."""

    client: Client
    bulk: Bulk
    above: int
    """Rows above which an object is read by a job; 0 is always."""

    def choose(self, wanted: Wanted, newest_of: Callable[[Part], str | None], spool: Path | None) -> Way:
        """Go on with what the spool has, else count and decide; at most two calls, none where the spool has it."""
        kept = None if spool is None else Spool(spool / wanted.part.sobject)
        begun = None if kept is None else self.bulk.found(kept, lambda newest: self._question(wanted, newest))
        if begun is not None:
            return Way(
                wanted, begun.newest, begun.counted if begun.rows is None else begun.rows, True, kept, begun
            )
        newest = newest_of(wanted.part)
        rows = 0 if newest is None else self._count(wanted, newest)
        large = rows is None or rows > self.above or self.above == 0
        by_bulk = newest is not None and (large or not fits_address(wanted.text(newest, order="Id")))
        tell = log.info if by_bulk else log.debug
        tell(
            "how an object is read",
            object=wanted.part.sobject,
            by="bulk" if by_bulk else "rest",
            rows=rows,
            above=self.above,
        )
        return Way(wanted, newest, rows, by_bulk, kept)

    def read(self, way: Way, by_rest: Callable[[Way], Iterator[Columns]]) -> Iterator[Columns]:
        """Every record of the object, once, or a ConnectorError."""
        if not way.by_bulk:
            yield from by_rest(way)
            return
        with way.spooled() as spool:
            manifest = way.begun or self._begun(way, spool)
            if manifest is None:
                yield from by_rest(way)
            else:
                yield from self.bulk.columns(manifest, spool, way.wanted.fields)

    def _begun(self, way: Way, spool: Spool) -> Manifest | None:
        """A new job; None where Bulk does not know the object."""
        try:
            return self.bulk.begin(self._question(way.wanted, way.newest), spool, way.newest, way.rows)
        except Refused as error:
            if error.code != "INVALIDENTITY":
                raise
            log.warning(
                "Bulk does not know an object; it is read by REST",
                object=way.wanted.part.sobject,
                error=str(error),
            )
            return None

    def _question(self, wanted: Wanted, newest: str | None) -> Question:
        return Question(self.client.org, self.client.api_version, wanted.resource, wanted.text(newest))

    def _count(self, wanted: Wanted, newest: str) -> int | None:
        if self.above == 0:
            return None
        text = count(wanted.part.sobject, wanted.part.where, wanted.condition(newest))
        try:
            answer = self.client.read("count", wanted.resource, params={"q": text})
        except Refused as error:
            if error.code not in _TOO_MUCH:
                raise
            log.info("too many records to count", object=wanted.part.sobject, error=str(error))
            return None
        if not isinstance(answer, dict) or not isinstance(answer.get("totalSize"), int):
            raise Garbled("count: the answer holds no number")
        return int(answer["totalSize"])
