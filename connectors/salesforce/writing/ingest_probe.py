"""Whether an org gives accounts away when Bulk writes their fields: tried on a few before thousands follow.

`Sforce-Auto-Assign: FALSE` keeps assignment rules off accounts that REST writes; that Bulk 2.0 heeds it, or runs no
such rules, is not documented (?).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from connectors.records import RecordId
from connectors.salesforce.reading.read import Reader

log = structlog.get_logger()

OWNER_MOVED = "OWNER_MOVED"
"""The code of an account whose fields were written and whose owner changed with it."""


@dataclass(slots=True)
class Probe:
    """What is known of one org, for as long as a connection lives."""

    reader: Reader
    rows: int
    """Accounts of the first job; 0 trusts the org without a try."""
    moved: bool = False
    """Whether owners were seen to change: no more jobs then."""
    done: bool = False

    @property
    def size(self) -> int:
        """Accounts to try it on; 0 where nothing is to be tried any more."""
        return 0 if self.done else self.rows

    @property
    def may_go(self) -> bool:
        """Whether jobs are known to leave owners alone, or trusted to."""
        return not self.size and not self.moved

    def owners(self, ids: Sequence[RecordId]) -> Mapping[RecordId, str]:
        """Who has these accounts now."""
        table = self.reader.lookup(list(ids), ["owner_id"])
        return dict(zip(table["id"].to_pylist(), table["owner_id"].to_pylist(), strict=True))

    def judge(self, before: Mapping[RecordId, str]) -> dict[RecordId, str]:
        """What to say of each of these accounts, all of them written, whose owner is another one now."""
        if not before:
            return {}
        after = self.owners([*before])
        found = {
            id: f"its fields were written, and the org gave it from {owner} to {after[id]} with it: "
            "an assignment rule or automation runs on rows of Bulk; fields go by Collections from here on, "
            "set bulk_write_above higher than ever needed to keep it so"
            for id, owner in before.items()
            if id in after and after[id] != owner
        }
        self.done, self.moved = True, bool(found)
        if found:
            log.warning(
                "owners change when Bulk writes fields", accounts=len(found), next="Collections are used"
            )
        return found
