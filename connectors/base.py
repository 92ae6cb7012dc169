"""What a CRM must be able to do for the rest of the product, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from pydantic import BaseModel, ConfigDict

from connectors.errors import FieldProblem, Refused
from connectors.mapping import CustomTable, FieldMap, MappedField
from connectors.records import Receipt, RecordId, RecordKind, Watermark, Write, WriteResult

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this connector can do, so that nobody asks for more."""

    write_batch: int
    """Records in one write call."""
    changes: frozenset[RecordKind]
    """Tables that can be pulled since a watermark; the others are always pulled whole."""
    creates_fields: bool = False
    """Whether `setup` can create the output fields."""
    also: frozenset[RecordKind] = frozenset()
    """Tables beside the main ones that can be pulled."""
    bulk_above: int | None = None
    """Above so many waiting writes that set no owner there is a cheaper way; None where there is none."""
    bulk_batch: int = 0
    """Records in one write call that goes that way."""
    custom_tables: bool = False
    """Whether tables of the config's own can be pulled."""
    groups_owners: bool = False
    """Whether owner changes cost less when those of one old and one new owner come together."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which org or portal the credentials open; `id` is compared with the one the config names."""

    id: str
    name: str
    user: str


@dataclass(frozen=True, slots=True)
class Pull:
    """One reading of one table.

    `batches` streams rows of the mapping's schema and raises a ConnectorError where the reading cannot be
    completed: rows that came before are then worth nothing. Iterating to the end means that every row
    came. `complete` is False when only rows changed since a watermark come; such a pull reports removed
    rows with `deleted` true and may repeat rows. `watermark` belongs to the moment before reading began
    and may be used only once all batches are stored. `total` is the CRM's own count, where it tells one.

    `only`, in some pulls that are not complete, streams every id that exists, as batches of text: a row that
    the caller has from before, that is not among these and did not come just now, is gone without a trace.
    Read it after `batches`, to the end, or ignore it.
    """

    batches: Iterator[pa.RecordBatch]
    watermark: Watermark
    complete: bool
    total: int | None = None
    only: Iterator[pa.Array] | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """The day's calls, as the CRM last told them; None where it tells none."""

    limit: int | None = None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One thing that setup would create in the CRM, in words and in the vendor's own terms."""

    description: str
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that only the CRM can tell and an admin should know before a night; `ok` False where it stops one."""

    what: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Load:
    """What a plan asks of a CRM, counted before anything is sent."""

    records: int
    """Writes that set no owner; records, unless the config has owners written last and by themselves."""
    owner_groups: tuple[int, ...] = ()
    """Records whose owner changes, per pair of old and new owner."""
    at_stake: Mapping[str, int] = field(default_factory=dict)
    """What hangs on the accounts whose owner changes, as far as the snapshot tells: `account_teams` (accounts that
    have one), `account_team_members`, `opportunity_team_members`, `manual_shares`, `open_opportunities`,
    `open_activities`, `contacts`, `open_cases`, `open_tasks`; of the last five those that the old owner has. Of all
    owners and open or not: `all_contacts`, `all_opportunities`, `all_tasks`."""

    members: Mapping[str, int] = field(default_factory=dict)
    """Of the CRM's own territories: `accounts` and `users` that change, and rows `_added` and `_removed` of each; empty
    where none do."""
    automations: tuple[str, ...] | None = ()
    """Names of the CRM's own automations that are on and start when one of the fields to be written changes; None where
    our user may not see them."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What carrying out a plan takes and brings about, told to those who approve it."""

    calls: Mapping[str, int]
    """HTTP calls at most, per kind of call, without those that a fault makes necessary."""
    strategy: tuple[str, ...] = ()
    """Sentences: by which way what is written, and why."""
    effects: tuple[str, ...] = ()
    """Sentences: what the CRM does beside what is written, such as members of teams that stay or go."""


class Connector(Protocol):
    """A CRM that accounts are read from and owners and KPIs are written to.

    One instance is used by one thread. Every method may raise any `ConnectorError`; reads are retried
    inside by the one policy of `connectors.retry`, writes never blindly.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this connector can do."""
        ...

    def identity(self) -> Identity:
        """Which org or portal this is: a read-only call that also proves the credentials."""
        ...

    def check(self, *, writing: bool) -> list[FieldProblem]:
        """Every mapped field that does not exist or cannot be read (or written, if `writing`)."""
        ...

    def pull(self, kind: RecordKind, since: Watermark | None = None, *, spool: Path | None = None) -> Pull:
        """Read one table whole, or what changed since a watermark of an earlier pull of it.

        `spool` is a folder of this reading alone, in which a connector may keep what it has downloaded: the same
        pull after an interruption goes on from there. Its contents are the connector's; the caller removes it once
        all batches are stored, or when it is too old to go on with.
        """
        ...

    def pull_table(self, table: CustomTable) -> Pull:
        """Read one table of the config's own whole, where `capabilities.custom_tables`; rows of `table.schema()`."""
        ...

    def remarks(self, *, writing: bool) -> list[Remark]:
        """Read-only: permissions that are missing, and what else in the CRM will stand in the way of a night."""
        ...

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """The live values of these accounts: `id`, then the columns asked for; absent ones are left out."""
        ...

    def write(
        self,
        writes: Sequence[Write],
        *,
        receipt: Callable[[Receipt], None] = lambda receipt: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[WriteResult]:
        """Compare each record with its expectation, then set; one result per write, in the same order.

        At most `capabilities.write_batch` writes, or `bulk_batch` where none sets an owner. Never raises once
        something may have been sent: a lost answer is `unknown`, a row that the CRM refuses is `rejected`. Raises
        before anything was sent. `receipt` is called before work is handed over that the CRM carries out by itself
        (a job), and must have made the receipt durable when it returns. Once `stopping` is true such work is no
        longer waited for: its writes are `unknown`, and `settle` tells.
        """
        ...

    def settle(
        self, receipt: Receipt, writes: Sequence[Write], *, stopping: Callable[[], bool] = lambda: False
    ) -> list[WriteResult] | None:
        """What became of the writes of a call that never returned, once the CRM is done with the work of this receipt.

        Waits for work that is still going on, so that nothing is sent twice; Transient where it takes too long or
        `stopping` is true. None where the CRM no longer knows: the records themselves then tell. Writes that the
        work did not contain, or did not come to, are `unknown`: it will not do them any more.
        """
        ...

    def setup_source(self, steps: Sequence[SetupStep]) -> Mapping[str, bytes]:
        """The same steps as files of the vendor's own way to deploy, by relative path; empty where there is none."""
        ...

    def setup_steps(self, fields: Sequence[MappedField]) -> list[SetupStep]:
        """What is missing in the CRM for these output fields; empty when all is there."""
        ...

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Carry out these steps; steps already done are skipped."""
        ...

    def calls(self) -> Mapping[str, int]:
        """HTTP calls made so far by this instance, per kind of call."""
        ...

    def quota(self) -> Quota:
        """The day's quota as last told by the CRM, without a call where it was told already."""
        ...

    def close(self) -> None:
        """Give sockets back; the instance is not used afterwards."""
        ...


class WithoutExtras:
    """A connector's answers where its CRM has no objects but the usual, no permissions, no jobs, nothing to deploy."""

    def pull_table(self, table: CustomTable) -> Pull:
        """Never asked for: `capabilities.custom_tables` is False."""
        raise Refused(f"table {table.name}: this connector reads no tables of the config's own")

    def remarks(self, *, writing: bool) -> list[Remark]:
        """Nothing beyond what `check` says."""
        return []

    def settle(
        self, receipt: Receipt, writes: Sequence[Write], *, stopping: Callable[[], bool] = lambda: False
    ) -> list[WriteResult] | None:
        """None: work is done when its call returns, so that no receipt is ever given."""
        return None

    def setup_source(self, steps: Sequence[SetupStep]) -> Mapping[str, bytes]:
        """Nothing to deploy."""
        return {}


class Settings(BaseModel):
    """The section `crm:` of the config, which every kind of connector extends with its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str

    @property
    def expected_id(self) -> str | None:
        """The org or portal that the config names; None where a kind has no such thing."""
        return None

    def beside(self, folder: Path) -> Self:
        """These settings with relative paths below the folder in which the config lies."""
        return self


@dataclass(frozen=True, slots=True)
class Plugin:
    """A kind of connector, as found by entry point.

    `settings` is the pydantic model of the connector's section of the config. `default_fields` maps the
    standard columns onto the vendor's standard fields. `output_name` turns the name of one of our output
    fields ("touches_30d") into the CRM's field name ("Territory_Touches_30d__c").
    """

    kind: str
    settings: type[Settings]
    default_fields: Callable[[], FieldMap]
    output_name: Callable[[str], str]
    connect: Callable[[Any, FieldMap], Connector]
    """From its settings and the mapping; makes no call to the CRM."""
    forecast: Callable[[Any, Load], Forecast] = lambda settings, load: Forecast({})
    """What writing this takes, from the settings; re-read and verification included. Nothing costs nothing."""
    crowded_owner: int | None = None
    """More accounts than this under one owner trouble the CRM; None where there is no such number."""
