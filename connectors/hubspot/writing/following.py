"""What follows the owner changes of one call; a receipt lets a later run finish what a death interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from connectors.errors import AuthFailed, QuotaSpent, Transient
from connectors.hubspot.writing.children import Children
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult

KIND = "owners"
"""What a receipt of ours says that it is for."""
INCOMPLETE = "INCOMPLETE"
"""The code of a company that changed hands while something that goes with it did not."""


@dataclass(frozen=True, slots=True)
class Following:
    """Moves what hangs on companies after their owners. Children that have moved are left alone by a second try."""

    children: Children

    def before(self, writes: Sequence[Write], receipt: Callable[[Receipt], None]) -> None:
        """Leave a receipt, as long as nothing was sent."""
        if any(_pair(write) for write in writes):
            receipt(Receipt(orjson.dumps({"kind": KIND}).decode()))

    def after(
        self, writes: Sequence[Write], results: Sequence[WriteResult], stopping: Callable[[], bool]
    ) -> list[WriteResult]:
        """The results; those of companies that changed hands tell what did not follow.

        Where it cannot be finished now their outcome is unknown, so that the receipt is settled later.
        """
        moved = [
            write
            for write, r in zip(writes, results, strict=True)
            if r.outcome is Outcome.WRITTEN and _pair(write)
        ]
        try:
            told = self._move(moved, stopping)
        except (Transient, QuotaSpent, AuthFailed) as error:
            said = f"the owner was changed; what follows it is not finished: {error}"
            told, outcome = {write.id: [said] for write in moved}, Outcome.UNKNOWN
        else:
            told = {id: [f"the owner was changed; {'; '.join(words)}"] for id, words in told.items()}
            outcome = Outcome.WRITTEN
        return [_noted(result, told.get(result.id), outcome) for result in results]

    def settle(
        self, writes: Sequence[Write], owners: Mapping[RecordId, str | None], stopping: Callable[[], bool]
    ) -> list[WriteResult]:
        """Finish after an interruption: `owners` are the live ones. Raises where it cannot be finished now."""
        moved = [
            write for write in writes if _pair(write) and owners.get(write.id) == write.values["owner_id"]
        ]
        told = self._move(moved, stopping)
        done = {write.id for write in moved}
        return [_settled(write.id, write.id in done, told.get(write.id, ())) for write in writes]

    def _move(self, moved: Sequence[Write], stopping: Callable[[], bool]) -> Mapping[RecordId, Sequence[str]]:
        told: dict[RecordId, Sequence[str]] = {}
        for back in (False, True):
            pairs = {w.id: pair for w in moved if w.takes_back is back and (pair := _pair(w))}
            if pairs:
                told |= self.children.move(pairs, back=back, stopping=stopping)
        return told


def is_ours(receipt: Receipt) -> bool:
    """Whether a receipt is one of an owner change."""
    try:
        return bool(orjson.loads(receipt)["kind"] == KIND)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False


def _pair(write: Write) -> tuple[str, str] | None:
    """Old and new owner, where somebody hands over to somebody: what nobody has follows nobody."""
    old, new = write.expected.get("owner_id"), write.values.get("owner_id")
    return (str(old), str(new)) if old and new and old != new else None


def _noted(result: WriteResult, words: Sequence[str] | None, outcome: Outcome) -> WriteResult:
    """What was said of the company itself, an overwritten edit above all, is kept beside."""
    if words is None or result.outcome is not Outcome.WRITTEN:
        return result
    said = "; ".join(filter(None, (result.message, *words)))
    return replace(result, outcome=outcome, code=result.code or INCOMPLETE, message=said)


def _settled(id: RecordId, moved: bool, words: Sequence[str]) -> WriteResult:
    if not moved:
        return WriteResult(id, Outcome.UNKNOWN, message="the company is not with its new owner")
    if words:
        return WriteResult(id, Outcome.WRITTEN, INCOMPLETE, f"the owner was changed; {'; '.join(words)}")
    return WriteResult(id, Outcome.WRITTEN, message="found written, and what follows it was finished")
