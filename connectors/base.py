"""What a CRM must be able to do for the rest of the product, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from pydantic import BaseModel, ConfigDict

from connectors.errors import FieldProblem
from connectors.mapping import FieldMap, MappedField
from connectors.records import RecordId, RecordKind, Watermark, Write, WriteResult

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
    """

    batches: Iterator[pa.RecordBatch]
    watermark: Watermark
    complete: bool
    total: int | None = None


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

    def pull(self, kind: RecordKind, since: Watermark | None = None) -> Pull:
        """Read one table whole, or what changed since a watermark of an earlier pull of it."""
        ...

    def lookup(self, ids: Sequence[RecordId], columns: Sequence[str]) -> pa.Table:
        """The live values of these accounts: `id`, then the columns asked for; absent ones are left out."""
        ...

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Compare each record with its expectation, then set; one result per write, in the same order.

        At most `capabilities.write_batch` writes. Never raises once something may have been sent: a lost
        answer is `unknown`, a row that the CRM refuses is `rejected`. Raises before anything was sent.
        """
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

    def calls_for_writes(self, count: int) -> int:
        """How many calls writing so many records needs, re-read and verification included."""
        ...

    def quota(self) -> Quota:
        """The day's quota as last told by the CRM, without a call where it was told already."""
        ...

    def close(self) -> None:
        """Give sockets back; the instance is not used afterwards."""
        ...


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
