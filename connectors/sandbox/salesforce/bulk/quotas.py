"""What Bulk may be asked for in 24 hours, shown by /limits."""

from __future__ import annotations

from collections import deque

from connectors.sandbox.core import Core
from connectors.sandbox.salesforce.errors import CallFailed

_DAY = 24 * 3600 * 1000
_SETTINGS = {"DailyBulkV2QueryJobs": "bulk_query_jobs", "DailyBulkApiBatches": "bulk_batches"}


class Quotas:
    """Counts query jobs and batches over the last 24 hours of the org's clock."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._spent: dict[str, deque[int]] = {name: deque() for name in _SETTINGS}

    def left(self, name: str) -> int:
        """How many are left."""
        spent, oldest = self._spent[name], self._core.clock.now() - _DAY
        while spent and spent[0] < oldest:
            spent.popleft()
        return max(0, int(self._core.settings[_SETTINGS[name]]) - len(spent))

    def spend(self, name: str) -> bool:
        """Takes one, if there is one."""
        if not self.left(name):
            return False
        self._spent[name].append(self._core.clock.now())
        return True

    def report(self) -> dict[str, dict[str, int]]:
        """The part of /limits that is about Bulk."""
        return {
            name: {"Max": int(self._core.settings[setting]), "Remaining": self.left(name)}
            for name, setting in _SETTINGS.items()
        }

    def spend_query_job(self) -> None:
        """Takes a query job; CallFailed where the day's are used up."""
        if not self.spend("DailyBulkV2QueryJobs"):
            most = self._core.settings["bulk_query_jobs"]
            message = f"Max bulk v2 query jobs ({most}) per 24 hrs has been reached"
            raise CallFailed(400, "LIMIT_EXCEEDED", message)
