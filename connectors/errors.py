"""Every way in which talking to a CRM can fail, as one tree.

    ConnectorError
    ├── Transient            may succeed on a later try; carries retry_after
    │   ├── RateLimited      too many calls for now
    │   │   └── Crowded      others share that limit, and no answer tells how much of it they use
    │   ├── Unavailable      5xx, refused or reset connection, timeout of a read
    │   ├── Locked           the record or portal is locked by other work
    │   └── Garbled          an answer that is not what the protocol says: torn, HTML, short page
    ├── QuotaSpent           the day's calls are used up; the run ends cleanly and resumes later
    ├── AuthFailed           the credentials are wrong, expired or lack the scope to log in
    ├── MissingPermission    logged in, but not allowed to do this
    ├── WrongOrg             the credentials open another org or portal than the config names
    ├── FieldProblems        the field mapping does not fit the CRM; lists every problem
    ├── Refused              the CRM says the request is wrong; trying again cannot help
    └── OutcomeUnknown       a write was sent and its answer never came; read back before any retry

Vendor exceptions never leave a vendor's client module. A bad row is a `WriteResult`, a bad call is one
of these. Messages never contain a credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ConnectorError(Exception):
    """Something went wrong between us and a CRM."""


class Transient(ConnectorError):
    """May succeed on a later try; `retry_after` is in seconds, None where the CRM named none."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Transient):
    """Too many calls in the CRM's short window."""


class Crowded(RateLimited):
    """A limit that other programs share and that no answer tells of: whoever waits long enough finds a gap."""


class Unavailable(Transient):
    """The CRM could not be reached or said 5xx."""


class Locked(Transient):
    """Other work holds the record."""


class Garbled(Transient):
    """An answer that is not what the protocol promises, so nothing of it may be believed."""


class QuotaSpent(ConnectorError):
    """The day's calls are used up; nothing is lost, the run resumes when the quota returns."""


class AuthFailed(ConnectorError):
    """The CRM does not accept the credentials."""


class MissingPermission(ConnectorError):
    """The user or app is not allowed to do this; the message names what to grant."""


class WrongOrg(ConnectorError):
    """The credentials open another org or portal than the one the config names."""


class Refused(ConnectorError):
    """The CRM says the request itself is wrong; `code` is the CRM's own error code."""

    def __init__(self, message: str, *, code: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class OutcomeUnknown(ConnectorError):
    """A write was sent and no answer came: it may or may not have happened."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field of the mapping that does not fit the CRM."""

    kind: str
    """Which table: accounts, owners, opportunities or activities."""
    name: str
    """Our name."""
    source: str
    """The CRM's name, as the config has it."""
    problem: str
    """What is wrong: unknown, unreadable, not writable, another type."""
    candidates: tuple[str, ...] = ()
    """The nearest names that do exist."""

    def __str__(self) -> str:
        hint = f"; did you mean {' or '.join(self.candidates)}?" if self.candidates else ""
        return f"{self.kind}.{self.name}: CRM field {self.source!r} {self.problem}{hint}"


class FieldProblems(ConnectorError):
    """The field mapping does not fit the CRM; every problem is listed, not only the first."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} field{'s' if len(problems) != 1 else ''}"
        super().__init__(
            f"the mapping does not fit the CRM in {count}:\n" + "\n".join(f"  {p}" for p in problems)
        )
