"""Pulls and lookups: pages of JSON into batches, every record once, or an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Pull
from connectors.errors import FieldProblems, Garbled, Refused
from connectors.mapping import FieldMap
from connectors.records import RecordId, RecordKind, Watermark
from connectors.salesforce.fields import Described, Fields, sources
from connectors.salesforce.reading.tables import Columns, Part, batch_of, columns_of, parts
from connectors.salesforce.reading.ways import Wanted, Way, Ways
from connectors.salesforce.soql import changed_between, select
from connectors.salesforce.wire.client import Client

OVERLAP = timedelta(minutes=15)
"""How far a pull of changes reaches back behind the last one, for records that were committed late."""
RETRIEVED = 2_000
"""Records of one retrieve call (doc)."""


@dataclass(slots=True)
class Reader:
    """Reads the tables of one org."""

    client: Client
    fields: Fields
    mapping: FieldMap
    ways: Ways
    page_size: int | None = None
    not_people: set[str] = field(default_factory=set)
    """Ids and casefolded usernames of users that are no persons."""

    def pull(self, kind: RecordKind, since: Watermark | None, spool: Path | None = None) -> Pull:
        """One table whole, or what changed since a watermark, deleted records included."""
        if problems := self.fields.problems(self.mapping, kind, writing=False):
            raise FieldProblems(problems)
        before = None if since is None else _decode(since, kind)
        ways = [
            self.ways.choose(self._wanted(kind, part, before), self._newest, spool) for part in parts(kind)
        ]
        reached = {way.wanted.part.sobject: way.newest for way in ways}
        mark = Watermark(orjson.dumps({"kind": kind.value, "upto": reached}).decode())
        counted = [way.rows for way in ways if way.rows is not None]
        total = sum(counted) if len(counted) == len(ways) else None
        return Pull(self._batches(kind, ways), mark, since is None, total)

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
        mapped = {
            name: found
            for name, found in sources(self.fields, "Account", self.mapping.of(RecordKind.ACCOUNTS)).items()
            if name in names
        }
        [part] = parts(RecordKind.ACCOUNTS)
        asked = {field.name: field for field in (self.fields.of("Account")["id"], *mapped.values())}
        batches = [
            batch_of(
                part,
                columns_of(self._retrieve(chunk, asked), asked.values()),
                wanted,
                mapped,
                self.not_people,
            )
            for chunk in (ids[start : start + RETRIEVED] for start in range(0, len(ids), RETRIEVED))
        ]
        return pa.Table.from_batches(batches, wanted)

    def _retrieve(self, ids: Sequence[str], names: Iterable[str]) -> list[dict[str, Any]]:
        body = {"ids": list(ids), "fields": sorted(names)}
        answer = self.client.read("retrieve", "composite/sobjects/Account", json=body)
        if not isinstance(answer, list) or len(answer) != len(ids):
            raise Garbled(f"retrieve: {len(ids)} records were asked for and {len(answer)} came")
        records = [record for record in answer if record is not None]
        strangers = {record["Id"][:15] for record in records} - {id[:15] for id in ids}
        if strangers:
            raise Garbled(f"retrieve: {len(strangers)} records came that were not asked for")
        return records

    def _wanted(self, kind: RecordKind, part: Part, before: Mapping[str, str | None] | None) -> Wanted:
        mapped = sources(self.fields, part.sobject, self.mapping.of(kind))
        resource = "query" if before is None or not part.has_deleted else "queryAll"

        def condition(newest: str | None) -> str:
            return "" if before is None or newest is None else _between(before.get(part.sobject), newest)

        return Wanted(part, self._asked(part, mapped), resource, condition)

    def _batches(self, kind: RecordKind, ways: Sequence[Way]) -> Iterator[pa.RecordBatch]:
        schema = self.mapping.schema(kind)
        yield pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)
        for way in ways:
            if way.newest is None:
                continue
            part = way.wanted.part
            mapped = sources(self.fields, part.sobject, self.mapping.of(kind))
            for page in self.ways.read(way, self._by_rest):
                yield batch_of(part, page, schema, mapped, self.not_people)

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
        text = select(["SystemModstamp"], part.sobject, part.where, order="SystemModstamp") + " DESC LIMIT 1"
        resource = "queryAll" if part.has_deleted else "query"
        records = _page(self.client.read("newest", resource, params={"q": text}))["records"]
        return str(records[0]["SystemModstamp"]) if records else None


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


def _between(since: str | None, reached: str) -> str:
    """From behind the last pull up to the newest stamp seen before this one began, inclusive."""
    lower = datetime(1970, 1, 1, tzinfo=UTC) if since is None else datetime.fromisoformat(since) - OVERLAP
    upper = datetime.fromisoformat(reached).replace(microsecond=0) + timedelta(seconds=1)
    return changed_between(lower, upper)


def _decode(mark: Watermark, kind: RecordKind) -> dict[str, str | None]:
    try:
        read = orjson.loads(mark)
        upto: dict[str, str | None] = read["upto"]
        if read["kind"] == kind.value:
            return upto
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Refused(f"this watermark was not made here: {mark[:80]!r}; pull {kind} whole") from error
    raise Refused(f"this watermark is of {read['kind']}, not of {kind}; pull {kind} whole")
