"""What we do ourselves beside an owner change: putting back what it drops, moving children. Resumable by receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from connectors.errors import AuthFailed, QuotaSpent, Transient
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult
from connectors.salesforce.writing.children import Children
from connectors.salesforce.writing.look import Ready
from connectors.salesforce.writing.restore import Kept, Restore

KIND = "owners"
"""What a receipt of ours says that it is for."""
INCOMPLETE = "INCOMPLETE"
"""The code of an account that changed hands while something that goes with it did not."""
Pairs = Mapping[RecordId, tuple[str, str]]


@dataclass(slots=True)
class Following:
    """Follows the owner changes of one batch; either part is None where the config does not ask for it."""

    restore: Restore | None
    children: Children | None
    receipt: Callable[[Receipt], None]
    _kept: dict[tuple[str, str, str], Kept] = field(default_factory=dict)

    def before(self, rows: Sequence[Ready]) -> None:
        """Keep what these owner changes drop, and leave a receipt by which a later run can finish."""
        if not rows or (self.restore is None and self.children is None):
            return
        if self.restore is not None:
            found = self.restore.read([row.write.id for row in rows])
            self._kept.update((one.key, one) for one in found)
        if self._kept or self.children is not None:
            self.receipt(_receipt([*self._kept.values()]))

    def after(self, pairs: Pairs, results: dict[RecordId, WriteResult]) -> None:
        """Finish what goes with the accounts that did change hands, and note on them what did not follow.

        Where it cannot be finished now the account's outcome is unknown, so that its receipt is settled later.
        """
        try:
            told = self._finish([*self._kept.values()], pairs)
        except (Transient, QuotaSpent, AuthFailed) as error:
            for id in pairs:
                said = f"the owner was changed; what goes with it is not finished: {error}"
                results[id] = replace(results[id], outcome=Outcome.UNKNOWN, code=INCOMPLETE, message=said)
            return
        for id, words in told.items():
            results[id] = replace(results[id], code=INCOMPLETE, message=f"the owner was changed; {words}")

    def settle(
        self, receipt: Receipt, writes: Sequence[Write], owners: Mapping[RecordId, str]
    ) -> list[WriteResult]:
        """Finish after an interruption: `owners` are the live ones. Raises where it cannot be finished now."""
        kept = [Kept(str(sobject), values) for sobject, values in orjson.loads(receipt)["kept"]]
        moved = {
            write.id: (str(write.expected.get("owner_id")), str(write.values["owner_id"]))
            for write in writes
            if "owner_id" in write.values and owners.get(write.id) == write.values["owner_id"]
        }
        told = self._finish(kept, moved)
        return [_settled(write.id, write.id in moved, told.get(write.id, "")) for write in writes]

    def _finish(self, kept: Sequence[Kept], pairs: Pairs) -> dict[RecordId, str]:
        told: dict[RecordId, list[str]] = {}
        if self.restore is not None and kept:
            for account, words in self.restore.put_back(
                kept, {id: new for id, (_, new) in pairs.items()}
            ).items():
                told.setdefault(RecordId(account), []).append(words)
        if self.children is not None and pairs:
            for account, words in self.children.move(pairs).items():
                told.setdefault(RecordId(account), []).append(words)
        return {id: "; ".join(words) for id, words in told.items()}


def is_ours(receipt: Receipt) -> bool:
    """Whether a receipt is one of an owner change."""
    try:
        return bool(orjson.loads(receipt)["kind"] == KIND)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False


def _receipt(kept: Sequence[Kept]) -> Receipt:
    rows = [[one.sobject, dict(one.values)] for one in kept]
    return Receipt(orjson.dumps({"kind": KIND, "kept": rows}).decode())


def _settled(id: RecordId, moved: bool, words: str) -> WriteResult:
    if not moved:
        return WriteResult(id, Outcome.UNKNOWN, message="the account is not with its new owner")
    if words:
        return WriteResult(id, Outcome.WRITTEN, INCOMPLETE, f"the owner was changed; {words}")
    return WriteResult(id, Outcome.WRITTEN, message="found written, and what goes with it was finished")
