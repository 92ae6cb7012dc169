"""What all batches have in common: ids, the order of results, and the answer with its errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.portal import Call


def ids_of(inputs: Sequence[dict[str, Any]]) -> list[str]:
    """The ids that the inputs name; Refused where one has none."""
    ids = [one.get("id") for one in inputs]
    if any(isinstance(id, bool) or not isinstance(id, str | int) or str(id) == "" for id in ids):
        raise errors.malformed("Cannot build BatchInput, some of required attributes are not set [id]")
    return [str(id) for id in ids]


def in_any_order(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of a batch do not follow its inputs (recorded 2022-02); always the same for the same ids."""
    return sorted(records, key=lambda record: int(record["id"]) * 2_654_435_761 % 4_294_967_296)


def multi_status(
    call: Call,
    started: str,
    results: Sequence[dict[str, Any]],
    failed: Sequence[dict[str, Any]],
    status: int = 200,
) -> tuple[int, dict[str, Any]]:
    """The answer of a batch: `status`, or 207 with the rows that failed."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": list(results)}
    if failed:
        body |= {"numErrors": len(failed), "errors": list(failed)}
    body |= {"startedAt": started, "completedAt": call.portal.instant()}
    return (207 if failed else status), body
