"""Is a record still as the plan saw it? What is left to send of one write, or the result that needs no sending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.hubspot.values import same, stamp
from connectors.hubspot.wire.answers import clean
from connectors.records import Outcome, Value, Write, WriteResult


@dataclass(frozen=True, slots=True)
class Ready:
    """One write that goes out: what of it differs from the live values; never empty."""

    write: Write
    moved: Mapping[str, Value]
    found: Mapping[str, Value]

    def result(self, outcome: Outcome, code: str = "", message: str = "") -> WriteResult:
        """How it ended, with what was found before."""
        return WriteResult(self.write.id, outcome, code, message, self.found)


Decided = Ready | WriteResult


def decide(write: Write, live: Mapping[str, Value] | None) -> Decided:
    """What is to be done about one company, given its live values by our columns, None where it is gone."""
    if live is None:
        said = "HubSpot has no such company: it was archived, deleted or merged"
        return WriteResult(write.id, Outcome.REJECTED, "OBJECT_NOT_FOUND", said)
    moved = {name: value for name, value in write.values.items() if not same(live[name], value)}
    found = {name: live[name] for name in live if name in write.values or name in write.expected}
    if not moved:
        return WriteResult(write.id, Outcome.UNCHANGED, found=found)
    settled = set(write.values) - set(moved)
    others = [n for n, v in write.expected.items() if not same(live[n], v) and n not in settled]
    if others:
        said = "; ".join(f"{n} is {live[n]!r}, expected {write.expected[n]!r}" for n in sorted(others))
        return WriteResult(write.id, Outcome.CONFLICT, "MOVED", clean(said), found)
    if write.version is not None and not same(live["modified_at"], stamp(write.version)):
        said = f"modified at {live['modified_at']}, expected {write.version}"
        return WriteResult(write.id, Outcome.CONFLICT, "MODIFIED", said, found)
    return Ready(write, moved, found)
