"""What the ledger remembers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.records import Receipt


class WriteState(StrEnum):
    """Where one write stands; planned -> inflight -> one of the others."""

    PLANNED = "planned"
    INFLIGHT = "inflight"
    APPLIED = "applied"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    HELD = "held"
    UNKNOWN = "unknown"


OPEN_STATES = (WriteState.PLANNED, WriteState.INFLIGHT, WriteState.UNKNOWN)


class RunState(StrEnum):
    """Where one run stands."""

    RUNNING = "running"
    """Begun and not finished: at work now, or interrupted and to be resumed."""
    DONE = "done"
    PARTIAL = "partial"
    """Finished; some writes ended in conflict, rejected or held."""
    EXPIRED = "expired"
    """Interrupted, and its plan expired before it was resumed; the rest was held."""


@dataclass(frozen=True, slots=True)
class LedgerWrite:
    """One write as remembered; `before` and `after` map our columns to JSON-safe values."""

    seq: int
    record_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    state: WriteState
    code: str = ""
    message: str = ""
    found: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """Writes that were handed over as work which the CRM carries out by itself."""

    id: int
    receipt: Receipt
    """What the connector knows the work by."""
    seqs: tuple[tuple[int, int], ...]
    """First and last number of every stretch of its writes."""


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to enact a plan."""

    id: str
    plan_id: str
    kind: str
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    actor: str
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Approval:
    """A name on a plan's hash and the breaches accepted."""

    plan_id: str
    by: str
    at: datetime
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """An account whose owner a person set; we leave it until it is released or the owner changes again."""

    record_id: str
    live_owner: str | None
    wanted_owner: str | None
    reason: str
    since: datetime
    run_id: str
