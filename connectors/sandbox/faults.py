"""What can go wrong on demand: which requests meet which fault, and how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = frozenset(
    [
        "status",
        "rate_limit",
        "unavailable",
        "html",
        "torn",
        "applied_torn",
        "drop",
        "latency",
        "expire_session",
        "row_lock",
        "half_batch",
        "human_edit",
        "wrong_order",
        "short_page",
        "quota",
        "job_fails",
        "job_stuck",
    ]
)
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "status": ("status",),
    "latency": ("seconds",),
    "human_edit": ("object", "id", "values"),
}


@dataclass(slots=True)
class Fault:
    """One fault. It strikes `times` requests (None: all) after it let `after` matching ones through.

    `path` is a regular expression searched in the decoded path and query ("/query?q=SELECT Id FROM …").
    """

    kind: str
    method: str | None = None
    path: str | None = None
    after: int = 0
    times: int | None = 1
    details: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(sorted(KINDS))}")
        missing = [name for name in _NEEDED.get(self.kind, ()) if name not in self.details]
        if missing:
            raise ValueError(f"fault {self.kind} needs {', '.join(missing)}")
        re.compile(self.path or "")

    def strikes(self, method: str, target: str) -> bool:
        """Whether this request meets the fault; counts it."""
        if self.method is not None and self.method.upper() != method:
            return False
        if self.path is not None and not re.search(self.path, target):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class Faults:
    """The faults that are set, in the order they were set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Sets one more fault."""
        self._faults.append(fault)

    def clear(self) -> None:
        """No request fails any more."""
        self._faults.clear()

    def all(self) -> list[Fault]:
        """Every fault, spent ones too, with how often each was seen and struck."""
        return list(self._faults)

    def strike(self, method: str, target: str) -> list[Fault]:
        """The faults this request meets."""
        return [fault for fault in self._faults if fault.strikes(method, target)]
