"""How many calls the org has left: counted over the last 24 hours by the sandbox's clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from connectors.sandbox.core import Core
from connectors.sandbox.salesforce.errors import CallFailed

_DAY = 24 * 3600 * 1000
_GRAIN = 60_000


class Usage:
    """The calls of the last 24 hours, kept by the minute."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._minutes: deque[list[int]] = deque()
        self._total = 0
        self.reports: list[Callable[[], Mapping[str, Mapping[str, int]]]] = []
        """What packages of the org add to GET /limits, each by its own count."""

    def used(self) -> int:
        """How many calls were made in the last 24 hours."""
        oldest = self._core.clock.now() - _DAY
        while self._minutes and self._minutes[0][0] < oldest:
            self._total -= self._minutes.popleft()[1]
        return self._total

    def count(self) -> None:
        """Counts one call; 403 REQUEST_LIMIT_EXCEEDED when the day's calls are spent."""
        if self.used() >= self._core.settings["daily_limit"]:
            raise CallFailed(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        minute = self._core.clock.now() // _GRAIN * _GRAIN
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append([minute, 0])
        self._minutes[-1][1] += 1
        self._total += 1

    @property
    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.used()}/{self._core.settings['daily_limit']}"

    def report(self) -> dict[str, Mapping[str, int]]:
        """What GET /limits answers, as far as the sandbox counts."""
        limit = int(self._core.settings["daily_limit"])
        whole = {
            "ConcurrentAsyncGetReportInstances": 200,
            "DailyAsyncApexExecutions": 250_000,
            "DailyBulkApiBatches": 15_000,
            "DailyBulkV2QueryFileStorageMB": 976_562,
            "DailyBulkV2QueryJobs": 10_000,
            "HourlyAsyncReportRuns": 1_200,
        }
        report: dict[str, Mapping[str, int]] = {
            "DailyApiRequests": {"Max": limit, "Remaining": max(0, limit - self.used())}
        }
        report |= {name: {"Max": most, "Remaining": most} for name, most in whole.items()}
        for counted in self.reports:
            report |= counted()
        return report
