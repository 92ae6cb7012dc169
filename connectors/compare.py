"""Is a record still as the plan saw it? The one comparison that every write goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.records import Outcome, Value, Write, WriteResult

Same = Callable[[str, Value, Value], bool]
"""Whether two values of one of our columns are the same to the CRM."""


@dataclass(frozen=True, slots=True)
class ToSend:
    """What is left to write of one record, by our column names; never empty."""

    values: Mapping[str, Value]
    found: Mapping[str, Value]


def equal(column: str, left: Value, right: Value) -> bool:
    """Equality where empty text is empty, and 1 is 1.0 but not True."""
    left, right = (None if value == "" else value for value in (left, right))
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return left == right


def compare(
    write: Write, found: Mapping[str, Value] | None, version: datetime | None = None, same: Same = equal
) -> ToSend | WriteResult:
    """What to send, or the result that needs no sending.

    `found` holds the live values of the write's columns, None where the record is gone; `version` is its
    live modification stamp.
    """
    if found is None:
        return WriteResult(write.id, Outcome.REJECTED, "NOT_FOUND", "the account is not there or was deleted")
    if write.version is not None and not is_version(write.version, version):
        return WriteResult(
            write.id, Outcome.CONFLICT, message="the account was edited since the plan", found=found
        )
    left = {name: value for name, value in write.values.items() if not same(name, found[name], value)}
    moved = sorted(
        name
        for name in left
        if name not in write.expected or not same(name, found[name], write.expected[name])
    )
    if moved:
        message = f"changed since the plan: {', '.join(moved)}"
        return WriteResult(write.id, Outcome.CONFLICT, message=message, found=found)
    if not left:
        return WriteResult(write.id, Outcome.UNCHANGED, found=found)
    return ToSend(left, found)


def is_version(text: str, live: datetime | None) -> bool:
    """Whether the stamp of a plan (ISO 8601) is the live one, to the millisecond."""
    if live is None:
        return False
    planned = datetime.fromisoformat(text)
    planned = planned.replace(tzinfo=UTC) if planned.tzinfo is None else planned
    return abs((planned - live).total_seconds()) < 0.001


def within_batch(writes: int, batch: int) -> None:
    """ValueError where a caller passes more than one batch."""
    if writes > batch:
        raise ValueError(f"{writes} writes at once; this connector takes at most {batch}")
