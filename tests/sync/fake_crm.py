"""A CRM in memory that keeps every promise of the protocol, with a history of its own and faults on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from connectors.base import Capabilities, Identity, Pull, Quota, SetupStep, WithoutExtras
from connectors.errors import FieldProblem
from connectors.mapping import FieldMap, MappedField
from connectors.records import Outcome, Receipt, RecordId, RecordKind, Value, Watermark, Write, WriteResult

STAMP = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeCrm(WithoutExtras):
    """Accounts and owners as dicts; `history` holds every accepted write as (id, values), in order.

    `before_write` is called with each write just before it is compared; what it returns other than None is
    its outcome and the write is not carried out, except "lost": carried out, and answered unknown.
    """

    fields: FieldMap
    accounts: dict[str, dict[str, Value]] = field(default_factory=dict)
    owners: dict[str, dict[str, Value]] = field(default_factory=dict)
    activities: list[dict[str, Value]] = field(default_factory=list)
    opportunities: list[dict[str, Value]] = field(default_factory=list)
    members: list[dict[str, Value]] = field(default_factory=list)
    children: list[dict[str, Value]] = field(default_factory=list)
    automations: list[dict[str, Value]] = field(default_factory=list)
    history: list[tuple[str, dict[str, Value]]] = field(default_factory=list)
    before_write: Callable[[Write], str | None] = lambda write: None
    batch: int = 3
    told_quota: Quota = field(default_factory=Quota)
    org: str = "fake"
    called: Counter[str] = field(default_factory=Counter)

    @property
    def capabilities(self) -> Capabilities:
        also = frozenset({RecordKind.MEMBERS, RecordKind.CHILDREN, RecordKind.AUTOMATIONS})
        return Capabilities(self.batch, frozenset(), creates_fields=False, also=also)

    def identity(self) -> Identity:
        return Identity(self.org, "Fake", "tester")

    def check(self, *, writing: bool) -> list[FieldProblem]:
        return []

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        self.called["pull"] += 1
        rows = {
            RecordKind.ACCOUNTS: [
                {"id": i, "modified_at": STAMP, "deleted": False} | v for i, v in self.accounts.items()
            ],
            RecordKind.OWNERS: [
                {"id": i, "active": True, "person": True, "deleted": False} | v
                for i, v in self.owners.items()
            ],
            RecordKind.OPPORTUNITIES: [
                {"deleted": False, "modified_at": STAMP} | o for o in self.opportunities
            ],
            RecordKind.MEMBERS: [{"deleted": False} | m for m in self.members],
            RecordKind.CHILDREN: [{"deleted": False} | c for c in self.children],
            RecordKind.AUTOMATIONS: [{"deleted": False} | a for a in self.automations],
            RecordKind.ACTIVITIES: [{"deleted": False, "modified_at": STAMP} | a for a in self.activities],
        }[kind]
        batches = pa.Table.from_pylist(rows, self.fields.schema(kind)).to_batches()
        return Pull(iter(batches), Watermark("1"), complete=True, total=len(rows))

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        schema = pa.schema([self.fields.schema(RecordKind.ACCOUNTS).field(name) for name in ("id", *columns)])
        rows = [{"id": i} | {c: self.accounts[i].get(c) for c in columns} for i in ids if i in self.accounts]
        return pa.Table.from_pylist(rows, schema)

    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        if len({write.id for write in writes}) < len(writes):
            raise ValueError("an account stands twice in one batch")
        self.called["write"] += 1
        return [self._write(write) for write in writes]

    def _write(self, write: Write) -> WriteResult:
        asked = self.before_write(write)
        if asked == "rejected":
            return WriteResult(write.id, Outcome.REJECTED, "VALIDATION", "the CRM says no")
        if asked == "not sent":
            return WriteResult(write.id, Outcome.UNKNOWN)
        live = self.accounts[write.id]
        found: Mapping[str, Value] = {name: live.get(name) for name in write.values}
        if found == dict(write.values):
            return WriteResult(write.id, Outcome.UNCHANGED, found=found)
        if any(found[n] not in (write.values[n], write.expected.get(n)) for n in found):
            return WriteResult(write.id, Outcome.CONFLICT, found=found)
        live.update(write.values)
        self.history.append((write.id, dict(write.values)))
        return WriteResult(write.id, Outcome.UNKNOWN if asked == "lost" else Outcome.WRITTEN, found=found)

    def setup_steps(self, fields: Sequence[MappedField]) -> list[SetupStep]:
        return []

    def setup(self, steps: Sequence[SetupStep]) -> None:
        raise AssertionError("nothing to set up")

    def calls(self) -> Mapping[str, int]:
        return dict(self.called)

    def quota(self) -> Quota:
        return self.told_quota

    def close(self) -> None:
        pass
