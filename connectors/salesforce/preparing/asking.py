"""Small read-only questions to an org, whose answer may be refused for want of a permission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import MissingPermission, Refused
from connectors.salesforce.wire.client import Client


@dataclass(frozen=True, slots=True)
class Asking:
    """Questions in SOQL; None is "our user may not ask that, or this org does not know it"."""

    client: Client

    def records(self, query: str, *, tooling: bool = False) -> Sequence[Mapping[str, Any]] | None:
        """The first page of rows, which is all of them where the query groups or is narrow."""
        answer = self._read("tooling/query" if tooling else "query", {"q": query})
        return None if answer is None else list(answer["records"])

    def count(self, query: str) -> int | None:
        """How many rows a SELECT COUNT() finds."""
        answer = self._read("query", {"q": query})
        return None if answer is None else int(answer["totalSize"])

    def recorded(self, sobject: str) -> int | None:
        """Roughly how many records the org holds, past all sharing (limits/recordCount, some hours old)."""
        answer = self._read("limits/recordCount", {"sObjects": sobject})
        counts = {str(one["name"]): int(one["count"]) for one in (answer or {}).get("sObjects", ())}
        return counts.get(sobject)

    def versions(self) -> list[float]:
        """The API versions that the instance serves."""
        return sorted(float(one["version"]) for one in self.client.read("doctor", "/services/data"))

    def _read(self, path: str, params: Mapping[str, str]) -> Any:
        try:
            return self.client.read("doctor", path, params=params)
        except (MissingPermission, Refused):
            return None
