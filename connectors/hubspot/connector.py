"""The HubSpot connector: `connectors.base.Connector` put together from this room's modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from connectors.base import Capabilities, Identity, Pull, Quota, Remark, SetupStep, WithoutExtras
from connectors.errors import FieldProblem, WrongOrg
from connectors.hubspot.config import HubSpotSettings
from connectors.hubspot.fields import Properties
from connectors.hubspot.preparing import setup
from connectors.hubspot.preparing.remarks import remarks
from connectors.hubspot.reading.batch import BatchReader
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.custom import table_problems
from connectors.hubspot.reading.read import Reader
from connectors.hubspot.wire.answers import clean
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.hubspot.writing.batch import BATCH
from connectors.hubspot.writing.children import Children
from connectors.hubspot.writing.course import side_by_side
from connectors.hubspot.writing.following import Following, is_ours
from connectors.hubspot.writing.write import AT_ONCE, Writer
from connectors.mapping import CustomTable, FieldMap, MappedField
from connectors.records import MAIN, Receipt, RecordId, RecordKind, Watermark, Write, WriteResult
from connectors.retry import RetryPolicy

_CAPABILITIES = Capabilities(
    write_batch=AT_ONCE,
    changes=frozenset({RecordKind.ACCOUNTS, RecordKind.OPPORTUNITIES, RecordKind.ACTIVITIES}),
    creates_fields=True,
    custom_tables=True,
    also=frozenset({RecordKind.STAGES, RecordKind.CHILDREN, RecordKind.AUTOMATIONS}),
)


class HubSpotConnector(WithoutExtras):
    """One portal. Nothing but `identity` is done in a portal other than the one the config names."""

    def __init__(
        self, settings: HubSpotSettings, mapping: FieldMap, retry: RetryPolicy | None = None
    ) -> None:
        self._settings = settings
        self._mapping = mapping
        self._client = Client(settings, retry)
        self._properties = Properties(self._client)
        self._reader = Reader(self._client, settings, mapping, self._properties)
        self._following = self._policy()
        self._writer = Writer(
            self._client,
            mapping,
            self._reader.lookup,
            self._reader.decode,
            verifies=settings.verify_history,
            following=self._following,
        )
        self._is_right_portal = False

    def __repr__(self) -> str:
        return f"HubSpotConnector(portal {self._settings.portal_id}, API {self._settings.api_version})"

    @property
    def capabilities(self) -> Capabilities:
        """2,000 records a write; owners are always pulled whole, as are stages and counts."""
        if self._settings.count_children:
            return _CAPABILITIES
        return replace(_CAPABILITIES, also=_CAPABILITIES.also - {RecordKind.CHILDREN})

    def identity(self) -> Identity:
        """The portal that the token opens; HubSpot tells no user for an app's token."""
        body = self._client.read(Route.ACCOUNT).body
        id = str(body.get("portalId", ""))
        name = clean(body.get("uiDomain")) or f"portal {id}"
        return Identity(id=id, name=name, user=clean(body.get("accountType")) or "private app")

    def check(self, *, writing: bool) -> list[FieldProblem]:
        """Every mapped property that does not exist, is of another type, or cannot be written."""
        self._refuse_other_portal()
        of_fields = [
            p for kind in MAIN for p in self._properties.problems(self._mapping, kind, writing=writing)
        ]
        return of_fields + [p for t in self._mapping.tables for p in table_problems(self._properties, t)]

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        """One table whole, or what changed; above half changed it is read whole and says so."""
        self._refuse_other_portal()
        return self._reader.pull(kind, since, spool)

    def pull_table(self, table: CustomTable) -> Pull:
        """Any object of the portal, whole."""
        self._refuse_other_portal()
        return self._reader.pull_table(table)

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """The live values of these accounts; absent ones are left out."""
        if not ids:
            schema = self._mapping.schema(RecordKind.ACCOUNTS)
            return schema.empty_table().select(["id", *columns])
        self._refuse_other_portal()
        self._properties.of("companies")
        distinct = list(dict.fromkeys(ids))
        parts = [distinct[start : start + BATCH] for start in range(0, len(distinct), BATCH)]
        with self._client.limits.spread():
            return pa.concat_tables(side_by_side(lambda part: self._reader.lookup(part, columns), parts))

    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        """Compare, then set. A result `written` with code OVERWROTE had a person's edit come in between."""
        if not writes:
            return []
        self._writer.refuse_what_cannot_be_sent(writes)
        self._refuse_other_portal()
        self._properties.of("companies")  # asked for once, before the threads would all ask
        return self._writer.write(writes, receipt, stopping)

    def settle(
        self, receipt: Receipt, writes: Sequence[Write], *, stopping: Callable[[], bool] = lambda: False
    ) -> list[WriteResult] | None:
        """Finish what follows owner changes of a call that never returned; None where the policy no longer asks for it."""
        if not writes or self._following is None or not is_ours(receipt):
            return None
        self._refuse_other_portal()
        live = self.lookup([write.id for write in writes], ["owner_id"]).to_pylist()
        return self._following.settle(writes, {row["id"]: row["owner_id"] for row in live}, stopping)

    def remarks(self, *, writing: bool) -> list[Remark]:
        """Missing scopes, and what else an admin should know before a night."""
        self._refuse_other_portal()
        return [*remarks(self._client, self._settings, self._mapping, writing=writing)]

    def setup_steps(self, fields: Sequence[MappedField]) -> list[SetupStep]:
        """The property group and properties that are missing."""
        self._refuse_other_portal()
        return setup.missing(self._client, self._properties, fields)

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Create them."""
        self._refuse_other_portal()
        setup.create(self._client, self._properties, steps)

    def calls(self) -> Mapping[str, int]:
        """HTTP calls so far, per kind of call, tries included."""
        return dict(self._client.meter)

    def quota(self) -> Quota:
        """The day's calls by the headers; one call where no answer told them yet."""
        if self._client.limits.quota == Quota():
            self.identity()
        return self._client.limits.quota

    def close(self) -> None:
        """Give the sockets back."""
        self._client.close()

    def _policy(self) -> Following | None:
        """What follows an owner by the config; None where all stays."""
        wanted = self._settings.owner_change.following
        if not wanted:
            return None
        verifies = bool(self._settings.verify_history)
        return Following(Children(self._client, self._records, wanted, verifies))

    def _records(self, object_type: str, ids: Sequence[str], names: Sequence[str]) -> Iterator[Record]:
        return BatchReader(self._client, object_type, names).read(ids)

    def _refuse_other_portal(self) -> None:
        if self._is_right_portal:
            return
        found = self.identity().id
        if found != self._settings.portal_id:
            raise WrongOrg(
                f"the token opens portal {found or 'unknown'}, and the config names {self._settings.portal_id};"
                " correct portal_id or use the other portal's token"
            )
        self._is_right_portal = True
