"""The contract itself: a stranger's plug-in passes it, and each way of lying is found by a named test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.base import Capabilities, Identity, Pull, Quota, SetupStep, WithoutExtras
from connectors.compare import ToSend, compare, within_batch
from connectors.errors import FieldProblem, FieldProblems, Refused
from connectors.mapping import FieldMap, FieldRole, FieldType, MappedField, standard_fields
from connectors.records import Outcome, Receipt, RecordId, RecordKind, Value, Watermark, Write, WriteResult
from connectors.testing import Call, ConnectorContract, Failing

pytest_plugins = ["pytester"]

OWNERS = [RecordId(name) for name in ("ana", "kim", "lee")]
COLUMNS = ("id", "name", "owner_id", "country", "city", "website", "industry", "employees", "annual_revenue")
OUTPUTS = (
    MappedField("score", "score", FieldType.NUMBER, FieldRole.OUTPUT),
    MappedField("note", "note", FieldType.TEXT, FieldRole.OUTPUT),
)
MAPPING = FieldMap(
    {RecordKind.ACCOUNTS: standard_fields(RecordKind.ACCOUNTS, {name: name for name in COLUMNS}) + OUTPUTS}
)


class Memory(WithoutExtras):
    """A CRM in a dictionary, and the connector of a stranger, who knows only the published protocol."""

    capabilities = Capabilities(write_batch=100, changes=frozenset())

    def __init__(self, world: MemoryWorld, mapping: FieldMap, page_size: int) -> None:
        self.world, self.mapping, self.page_size = world, mapping, page_size

    def identity(self) -> Identity:
        return Identity("memory", "Memory", "me")

    def check(self, *, writing: bool) -> list[FieldProblem]:
        names = {*COLUMNS, "score", "note"}
        return [
            FieldProblem("accounts", field.name, field.source, "is unknown", ("industry",))
            for field in self.mapping.of(RecordKind.ACCOUNTS)
            if field.source not in names
        ]

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        if problems := self.check(writing=False):
            raise FieldProblems(problems)
        rows = list(self.world.rows.values()) if kind is RecordKind.ACCOUNTS else []
        if kind is RecordKind.OWNERS:
            rows = [{"id": id, "active": True, "person": True} for id in OWNERS]
        return Pull(self.batches(kind, rows), Watermark(""), complete=True, total=len(rows))

    def batches(self, kind: RecordKind, rows: Sequence[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
        schema = self.mapping.schema(kind)
        for start in range(0, max(1, len(rows)), self.page_size):
            page = [{"deleted": False, **row} for row in rows[start : start + self.page_size]]
            yield pa.RecordBatch.from_pylist(page, schema=schema)

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        schema = self.mapping.schema(RecordKind.ACCOUNTS)
        rows = [self.world.rows[id] for id in ids if id in self.world.rows]
        return pa.Table.from_pylist(rows, schema=pa.schema([schema.field(n) for n in ("id", *columns)]))

    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        within_batch(len(writes), self.capabilities.write_batch)
        return [self.write_one(write) for write in writes]

    def write_one(self, write: Write) -> WriteResult:
        row = self.world.rows.get(write.id)
        decided = compare(write, None if row is None else {name: row.get(name) for name in write.values})
        if not isinstance(decided, ToSend):
            return decided
        if decided.values.get("owner_id", "ana") not in OWNERS:
            return WriteResult(write.id, Outcome.REJECTED, "NO_SUCH_OWNER", "there is no such owner")
        self.world.rows[write.id] |= decided.values
        self.world.seen[write.id] = self.world.seen.get(write.id, 0) + 1
        return WriteResult(write.id, Outcome.WRITTEN, found=decided.found)

    def setup_steps(self, fields: Sequence[MappedField]) -> list[SetupStep]:
        return []

    def setup(self, steps: Sequence[SetupStep]) -> None:
        if steps:
            raise Refused("nothing can be created")

    def calls(self) -> Mapping[str, int]:
        return {}

    def quota(self) -> Quota:
        return Quota()

    def close(self) -> None:
        pass


class MemoryWorld:
    """The world of a CRM without a network, a clock or an org."""

    failings: frozenset[Failing] = frozenset()
    page_sizes: Sequence[int | None] = (7, 20, None)
    misspelt = ("industri", "industry")
    unwritable = None
    creatable = None
    names_org = False
    secrets: Sequence[str] = ()

    def __init__(self, kind: type[Memory] = Memory) -> None:
        self.kind = kind
        self.rows: dict[RecordId, dict[str, Value]] = {}
        self.seen: dict[RecordId, int] = {}
        self.numbers = itertools.count()
        for number in range(30):
            self.create({"name": f"Account {number}", "annual_revenue": float(number)})

    def connect(
        self,
        *,
        page_size: int | None = None,
        wrong_org: bool = False,
        wrong_credentials: bool = False,
        fields: Sequence[MappedField] = (),
    ) -> Memory:
        return self.kind(self, MAPPING.with_fields(RecordKind.ACCOUNTS, fields), page_size or 1000)

    def ids(self) -> set[RecordId]:
        return set(self.rows)

    def owners(self) -> Sequence[RecordId]:
        return OWNERS

    def create(self, values: Mapping[str, Value]) -> RecordId:
        id = RecordId(f"m{next(self.numbers)}")
        self.rows[id] = {"owner_id": OWNERS[0], **values, "id": id}
        return id

    def create_late(self, values: Mapping[str, Value], seconds: float) -> RecordId:
        return self.create(values)

    def edit(self, id: RecordId, values: Mapping[str, Value]) -> None:
        self.rows[id] |= values

    def delete(self, id: RecordId) -> None:
        del self.rows[id]

    def advance(self, seconds: float) -> None:
        pass

    def writes_seen(self, id: RecordId) -> int:
        return self.seen.get(id, 0)

    def refused(self, id: RecordId) -> Mapping[str, Value]:
        return {"owner_id": "nobody"}

    def break_calls(self, failing: Failing, call: Call, *, after: int = 0, times: int = 1) -> None:
        raise AssertionError("this world has no failings")

    def mend(self) -> None:
        pass


class TestAStrangersPlugin(ConnectorContract):
    """All that a plug-in's own test file needs to hold."""

    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()


class ForgetsTheLastPage(Memory):
    def batches(self, kind: RecordKind, rows: Sequence[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
        yield from list(super().batches(kind, rows))[: max(1, -(-len(rows) // self.page_size) - 1)]


class RepeatsARow(Memory):
    def batches(self, kind: RecordKind, rows: Sequence[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
        return super().batches(kind, [*rows, *rows[:1]])


class ReadsEmptyText(Memory):
    def batches(self, kind: RecordKind, rows: Sequence[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
        return super().batches(kind, [{**row, "city": row.get("city") or ""} for row in rows])


class WritesBlindly(Memory):
    def write_one(self, write: Write) -> WriteResult:
        row = self.world.rows.get(write.id, {})
        return super().write_one(replace(write, expected={name: row.get(name) for name in write.values}))


class WritesWhatIsThere(Memory):
    def write_one(self, write: Write) -> WriteResult:
        result = super().write_one(write)
        if result.outcome is Outcome.UNCHANGED:
            self.world.seen[write.id] += 1
        return result


class StopsAtABadRow(Memory):
    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        results = super().write(writes, receipt=receipt, stopping=stopping)
        rejected = any(result.outcome is Outcome.REJECTED for result in results)
        return [replace(r, outcome=Outcome.REJECTED) for r in results] if rejected else results


class AnswersInItsOwnOrder(Memory):
    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        return super().write(writes, receipt=receipt, stopping=stopping)[::-1]


class InventsAbsentAccounts(Memory):
    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        table = super().lookup(ids, columns)
        absent = [{"id": id} for id in ids if id not in self.world.rows]
        return pa.concat_tables([table, pa.Table.from_pylist(absent, schema=table.schema)])


class ReadsUnknownFieldsAsNull(Memory):
    def check(self, *, writing: bool) -> list[FieldProblem]:
        return []


class PretendsToWrite(Memory):
    def write_one(self, write: Write) -> WriteResult:
        before = dict(self.world.rows.get(write.id, {}))
        result = super().write_one(write)
        if write.id in self.world.rows:
            self.world.rows[write.id] = before
        return result


CONTRACT: Any = ConnectorContract()
LIES: list[tuple[type[Memory], Callable[..., None]]] = [
    (ForgetsTheLastPage, CONTRACT.test_every_account_comes_once_whatever_the_page_size),
    (RepeatsARow, CONTRACT.test_every_account_comes_once_whatever_the_page_size),
    (RepeatsARow, CONTRACT.test_a_pull_tells_the_number_of_rows_or_nothing),
    (ReadsEmptyText, CONTRACT.test_an_empty_value_is_null_and_never_empty_text),
    (WritesBlindly, CONTRACT.test_a_moved_account_is_a_conflict_and_is_left_alone),
    (WritesBlindly, CONTRACT.test_one_moved_field_holds_the_whole_write),
    (WritesWhatIsThere, CONTRACT.test_writing_twice_is_unchanged_and_sends_nothing),
    (StopsAtABadRow, CONTRACT.test_one_bad_write_does_not_sink_the_batch),
    (AnswersInItsOwnOrder, CONTRACT.test_every_write_has_its_result_in_order),
    (InventsAbsentAccounts, CONTRACT.test_lookup_leaves_absent_accounts_out),
    (ReadsUnknownFieldsAsNull, CONTRACT.test_an_unknown_field_is_named_with_its_nearest_match),
    (ReadsUnknownFieldsAsNull, CONTRACT.test_a_pull_with_an_unknown_field_raises_instead_of_reading_nulls),
    (PretendsToWrite, CONTRACT.test_a_write_shows_in_the_next_pull_and_lookup),
    (PretendsToWrite, CONTRACT.test_none_clears_a_field),
]


@pytest.mark.parametrize(
    ("liar", "test"), LIES, ids=[f"{liar.__name__}-{test.__name__}" for liar, test in LIES]
)
def test_a_connector_that_lies_is_found(liar: type[Memory], test: Callable[..., None]) -> None:
    test(MemoryWorld(Memory))
    with pytest.raises((AssertionError, pytest.fail.Exception, KeyError)):
        test(MemoryWorld(liar))


GAP = """
import pytest
from connectors.testing import ConnectorContract

class TestGap(ConnectorContract):
    known_gaps = {"test_lookup_of_nothing_is_an_empty_table": "not yet"}

    @pytest.fixture
    def world(self):
        return %s
"""


@pytest.mark.parametrize(("world", "outcome"), [("None", "xfailed"), ("Works()", "failed")])
def test_a_known_gap_is_a_strict_xfail(pytester: pytest.Pytester, world: str, outcome: str) -> None:
    """The day it is closed, the test says so."""
    works = """
class Works:
    def connect(self):
        return self
    def lookup(self, ids, columns):
        import pyarrow as pa
        return pa.table({name: [] for name in ("id", *columns)})
    def close(self):
        pass
"""
    pytester.makepyfile(works + GAP % world)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-k", "lookup_of_nothing")
    assert result.parseoutcomes() == {outcome: 1, "deselected": result.parseoutcomes()["deselected"]}
