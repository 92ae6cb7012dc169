"""A client whose pages are told, for answers that no org would give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.retry import RetryPolicy
from connectors.salesforce.wire.answers import Answer


class CannedClient:
    """Gives the pages in turn; one that was not believed is given again."""

    def __init__(self, pages: list[tuple[bytes, int | None, str | None]]) -> None:
        self.retry = RetryPolicy(sleep=lambda seconds: None)
        self._pages = dict(zip(("", "B", "C"), pages, strict=False))

    def read(self, kind: str, path: str, **given: Any) -> Any:
        return {"state": "JobComplete", "numberRecordsProcessed": 2}

    def download(
        self,
        kind: str,
        path: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        sink: Callable[[bytes], object],
    ) -> Answer:
        body, count, locator = self._pages[params.get("locator", "")]
        sink(body)
        told = {"Content-Type": "text/csv"}
        if count is not None:
            told["Sforce-NumberOfRecords"] = str(count)
        if locator is not None:
            told["Sforce-Locator"] = locator
        return Answer(200, told, b"")
