"""Salesforce as a connector: reading, writing and setting up over one client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from connectors.base import Capabilities, Identity, Pull, Quota, SetupStep
from connectors.compare import within_batch
from connectors.errors import FieldProblem
from connectors.mapping import FieldMap, MappedField
from connectors.records import RecordId, RecordKind, Watermark, Write, WriteResult
from connectors.retry import RetryPolicy
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.fields import Fields
from connectors.salesforce.preparing.setup import Setup
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.write import BATCH, Writer

_CAPABILITIES = Capabilities(write_batch=BATCH, changes=frozenset(RecordKind), creates_fields=True)
_PER_BATCH = 4
"""Calls at most: the look before, the question for account teams, the write, and somebody's look after it."""


class SalesforceConnector:
    """One org over REST; see `connectors.base.Connector` for what each method promises."""

    def __init__(
        self, settings: SalesforceSettings, fields: FieldMap, retry: RetryPolicy | None = None
    ) -> None:
        self._settings, self._mapping = settings, fields
        self._client = Client(settings, retry or RetryPolicy())
        self._fields = Fields(self._client)
        not_people = {name.casefold() for name in settings.not_people}
        self._reader = Reader(self._client, self._fields, fields, settings.page_size, not_people)

    def __repr__(self) -> str:
        return f"<Salesforce connector of {self._settings.instance_url}>"

    @property
    def capabilities(self) -> Capabilities:
        """200 records a write call; changes of every table; creates fields."""
        return _CAPABILITIES

    def identity(self) -> Identity:
        """The org that the credentials open, also where it is another one than the config names."""
        return self._client.identity()

    def check(self, *, writing: bool) -> list[FieldProblem]:
        """Every mapped field held against describe."""
        self._client.demand_org()
        return [p for kind in RecordKind for p in self._fields.problems(self._mapping, kind, writing=writing)]

    def pull(self, kind: RecordKind, since: Watermark | None = None) -> Pull:
        """One table by REST queries; changes by SystemModstamp with an overlap, deleted records included."""
        self._client.demand_org()
        if not self._settings.login_user_is_person:
            self._reader.not_people.add(str(self._client.user_id))
        return self._reader.pull(kind, since)

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """Live values, 2,000 accounts a call."""
        self._client.demand_org()
        return self._reader.lookup(ids, columns)

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Compare and set by sObject Collections."""
        within_batch(len(writes), BATCH)
        if not writes:
            return []
        if len({write.id for write in writes}) < len(writes):
            raise ValueError("an account stands twice in one batch; put its values into one write")
        self._client.demand_org()
        headers = {"Sforce-Auto-Assign": "FALSE"}
        if self._settings.duplicate_rule_allow_save:
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        spare = self._settings.owner_change_may_delete_account_team
        return Writer(self._client, self._fields, self._mapping, self._reader, headers, spare).write(writes)

    def setup_steps(self, fields: Sequence[MappedField]) -> list[SetupStep]:
        """Fields, permission set, access and assignment that are missing."""
        self._client.demand_org()
        return Setup(self._client, self._fields).steps(fields)

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Create what the steps say."""
        self._client.demand_org()
        Setup(self._client, self._fields).carry_out(steps)

    def calls(self) -> Mapping[str, int]:
        """HTTP calls so far, per kind; each counts against the org's daily limit, but for logins."""
        return dict(self._client.calls)

    def calls_for_writes(self, count: int) -> int:
        """Four for every 200 records, a little more than is needed where no owner changes."""
        return -(-count // BATCH) * _PER_BATCH

    def quota(self) -> Quota:
        """As the last answer told it; asks once where none did."""
        if self._client.quota == Quota():
            self._client.read("limits", "limits")
        return self._client.quota

    def close(self) -> None:
        """Give the sockets back."""
        self._client.close()
