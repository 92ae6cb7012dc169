"""Pulls and lookups: pages of JSON into batches, every record once, or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from connectors.base import Pull
from connectors.counting import counted
from connectors.errors import FieldProblems, Garbled
from connectors.mapping import CustomTable, FieldMap
from connectors.records import RecordId, RecordKind, Watermark
from connectors.salesforce.fields import Described, Fields
from connectors.salesforce.reading import custom
from connectors.salesforce.reading.rates import rates
from connectors.salesforce.reading.shaping import Shaping
from connectors.salesforce.reading.tables import Columns, Part, batch_of, columns_of
from connectors.salesforce.reading.watermark import Mark, between, read
from connectors.salesforce.reading.ways import Wanted, Way, Ways
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.wire.client import Client

log = structlog.get_logger()
RETRIEVED = 2_000
"""Records of one retrieve call (doc)."""
QUERIED = 400
"""Records of one query by their ids: these fit into an address of 16,384 bytes."""


@dataclass(slots=True)
class Reader:
    """Reads the tables of one org."""

    client: Client
    fields: Fields
    mapping: FieldMap
    ways: Ways
    shaping: Shaping
    page_size: int | None = None
    not_people: set[str] = field(default_factory=set)
    """Ids and casefolded usernames of users that are no persons."""
    check_every: timedelta = timedelta(days=1)
    """How often all ids are held against ours: what was deleted for good, or merged away, is told by nothing else."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def pull(self, kind: RecordKind, since: Watermark | None, spool: Path | None = None) -> Pull:
        """One table whole, or what changed since a watermark, deleted records included."""
        if problems := self.fields.problems(self.mapping, kind, writing=False):
            raise FieldProblems(problems)
        now, codes = self.now(), self._codes(kind)
        before = None if since is None else read(since, kind)
        if before is not None and before.codes != tuple(codes):
            log.info(
                "places are read otherwise than last time, so everything is read",
                codes=sorted(codes.values()),
            )
            before = None
        if kind is RecordKind.RATES:
            mark = Mark(kind, {}, now)
            return Pull(rates(self.pages, self.fields, self.mapping.schema(kind)), mark.written(), True)
        ways = [
            self.ways.choose(self._wanted(kind, part, before), self._newest, spool)
            for part in self.shaping.parts(kind)
        ]
        due = before is not None and not timedelta() <= now - before.checked < self.check_every
        checked = now if before is None or due else before.checked
        reached = {way.wanted.part.sobject: way.newest for way in ways}
        mark = Mark(kind, reached, checked, tuple(codes))
        batches, total = self._batches(kind, ways), _total(ways)
        if kind is RecordKind.CHILDREN:
            batches, total = counted(batches, self.mapping.schema(kind)), None
        only = self._ids(ways, spool) if due else None
        return Pull(batches, mark.written(), before is None, total, only)

    def pull_table(self, table: CustomTable) -> Pull:
        """A table of the config's own, whole."""
        if problems := custom.problems(self.fields, table):
            raise FieldProblems(problems)
        part, schema = custom.part_of(table), table.schema()
        mapped = self.shaping.fixed(table.name, part)
        wanted = Wanted(part, self._asked(part, mapped), "query", lambda newest: "")
        way = self.ways.choose(wanted, self._newest, None)
        return Pull(self._rows([(way, mapped)], schema), Watermark("whole"), True, way.rows)

    def _codes(self, kind: RecordKind) -> Mapping[str, str]:
        codes = self.shaping.codes(kind)
        if codes:
            log.info("states and countries are read as codes", **codes)
        return codes

    def _ids(self, ways: Sequence[Way], spool: Path | None) -> Iterator[pa.Array]:
        """Every id there is, of the same objects."""
        for way in ways:
            yield from self._ids_beside(way, None if spool is None else spool / "ids")

    def _ids_beside(self, way: Way, spool: Path | None) -> Iterator[pa.Array]:
        part = way.wanted.part
        wanted = Wanted(part, {"Id": self.fields.of(part.sobject)["id"]}, "query", lambda newest: "")
        chosen = self.ways.choose(wanted, lambda part: way.newest, spool)
        if chosen.newest is not None:
            for page in self.ways.read(chosen, self._by_rest):
                yield page.ids

    def every(self, part: Part, spool: Path | None = None) -> Iterator[Columns]:
        """Every record of an object that is no part of a mapped table, with its `extra` fields: pages, or a job."""
        wanted = Wanted(part, self._asked(part, {}), "query", lambda newest: "")
        way = self.ways.choose(wanted, self._newest, spool)
        if way.newest is not None:
            yield from self.ways.read(way, self._by_rest)

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """The live values of these accounts, in the order asked for."""
        schema = self.mapping.schema(RecordKind.ACCOUNTS)
        names = list(dict.fromkeys(["id", *columns]))
        wanted = pa.schema([schema.field(name) for name in names])
        [part] = self.shaping.parts(RecordKind.ACCOUNTS)
        every = self.shaping.mapped(RecordKind.ACCOUNTS, part)
        mapped = {name: found for name, found in every.items() if name in names}
        derived = {name: how for name, how in part.derived.items() if name in names}
        part = replace(part, derived=derived, extra=part.extra if derived else ())
        asked = self._asked(part, mapped)
        at_once = RETRIEVED if all("." not in name for name in asked) else QUERIED
        batches = [
            batch_of(
                part,
                columns_of(self._found(chunk, asked), asked.values()),
                wanted,
                mapped,
                self.not_people,
            )
            for chunk in (ids[start : start + at_once] for start in range(0, len(ids), at_once))
        ]
        return pa.Table.from_batches(batches, wanted)

    def _found(self, ids: Sequence[str], names: Iterable[str]) -> list[dict[str, Any]]:
        """These accounts, of which a retrieve gives no fields of parents."""
        listed = list(names)
        if all("." not in name for name in listed):
            return self._retrieve(ids, listed)
        text = select(listed, "Account", any_of("Id", ids))
        return [record for page in self.pages(text) for record in page]

    def _retrieve(self, ids: Sequence[str], names: Iterable[str]) -> list[dict[str, Any]]:
        body = {"ids": list(ids), "fields": sorted(names)}
        answer = self.client.read("retrieve", "composite/sobjects/Account", json=body)
        if not isinstance(answer, list) or len(answer) != len(ids):
            raise Garbled(f"retrieve: {len(ids)} records were asked for and other than that many came")
        records = [record for record in answer if record is not None]
        strangers = {str(_id(record))[:15] for record in records} - {id[:15] for id in ids}
        if strangers:
            raise Garbled(f"retrieve: {len(strangers)} records came that were not asked for")
        return records

    def _wanted(self, kind: RecordKind, part: Part, before: Mark | None) -> Wanted:
        mapped = self.shaping.mapped(kind, part)
        resource = "query" if before is None or not part.has_deleted else "queryAll"

        def condition(newest: str | None) -> str:
            if before is None or newest is None:
                return ""
            return between(before.upto.get(part.sobject), newest, _parents(mapped))

        return Wanted(part, self._asked(part, mapped), resource, condition)

    def _batches(self, kind: RecordKind, ways: Sequence[Way]) -> Iterator[pa.RecordBatch]:
        read = [(way, self.shaping.mapped(kind, way.wanted.part)) for way in ways]
        yield from self._rows(read, self.mapping.schema(kind))

    def _rows(
        self, read: Sequence[tuple[Way, Mapping[str, Described]]], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)
        for way, mapped in read:
            if way.newest is not None:
                for page in self.ways.read(way, self._by_rest):
                    yield batch_of(way.wanted.part, page, schema, mapped, self.not_people)

    def _by_rest(self, way: Way) -> Iterator[Columns]:
        wanted = way.wanted
        for records in self.pages(wanted.text(way.newest, order="Id"), wanted.resource):
            yield columns_of(records, wanted.fields.values())

    def pages(self, text: str, resource: str = "query") -> Iterator[list[dict[str, Any]]]:
        """Pages until the last; Garbled where their rows are not as many, or not the ones, as promised."""
        size = {} if self.page_size is None else {"Sforce-Query-Options": f"batchSize={self.page_size}"}
        page = _page(self.client.read("query", resource, params={"q": text}, headers=size))
        total, ids = page["totalSize"], []
        while True:
            if page["totalSize"] != total:
                raise Garbled(f"query: the total changed from {total} to {page['totalSize']} between pages")
            ids.append(pa.array([record.get("Id") for record in page["records"]], pa.string()))
            yield page["records"]
            if page["done"]:
                break
            page = _page(self.client.read("query_more", page["nextRecordsUrl"], headers=size))
        rows = pa.chunked_array(ids, pa.string())
        if len(rows) != total or pc.count_distinct(rows).as_py() != total:
            raise Garbled(
                f"query: {total} records were promised, {len(rows)} rows with "
                f"{pc.count_distinct(rows).as_py()} different ids came"
            )

    def _asked(self, part: Part, mapped: Mapping[str, Described]) -> dict[str, Described]:
        """The fields to read of an object, by name: its id, the mapped ones, and what is derived from."""
        extra = (self.fields.find(part.sobject, name) for name in part.extra)
        wanted = (self.fields.find(part.sobject, "Id"), *mapped.values(), *extra)
        return {field.name: field for field in wanted if field is not None}

    def _newest(self, part: Part) -> str | None:
        """The newest stamp there is, by Salesforce's clock, never ours; None for an empty object."""
        text = select([part.stamp], part.sobject, part.where, order=part.stamp) + " DESC LIMIT 1"
        resource = "queryAll" if part.has_deleted else "query"
        page = _page(self.client.read("newest", resource, params={"q": text}))
        if page["totalSize"] != len(page["records"]):
            raise Garbled(
                f"newest: {page['totalSize']} records were promised and {len(page['records'])} came"
            )
        return str(page["records"][0][part.stamp]) if page["records"] else None


def _id(record: Any) -> Any:
    return record.get("Id") if isinstance(record, dict) else None


def _page(answer: Any) -> dict[str, Any]:
    """The answer, if it is a page of records."""
    if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
        raise Garbled("query: the answer is no page of records")
    if not all(isinstance(record, dict) for record in answer["records"]):
        raise Garbled("query: a page holds something else than records")
    if not isinstance(answer.get("totalSize"), int) or not (
        answer.get("done") or answer.get("nextRecordsUrl")
    ):
        raise Garbled("query: the page tells neither its total nor what follows")
    return answer


def _parents(mapped: Mapping[str, Described]) -> list[str]:
    """Every record that a mapped path passes: `Parent`, `Parent.Owner`."""
    steps = (source.name.split(".")[:-1] for source in mapped.values())
    return sorted({".".join(path[: at + 1]) for path in steps for at in range(len(path))})


def _total(ways: Sequence[Way]) -> int | None:
    counted = [way.rows for way in ways if way.rows is not None]
    return sum(counted) if len(counted) == len(ways) else None
