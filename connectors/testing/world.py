"""What a CRM must offer to be tested: a world with people in it, which can be broken on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from connectors.base import Connector
from connectors.mapping import MappedField
from connectors.records import RecordId, Value

ALWAYS = 1_000
"""So many times that no retrying outlives it."""


class Failing(StrEnum):
    """A way in which a call goes wrong."""

    LOGIN_REFUSED = "login refused"
    """The credentials no longer open the CRM."""
    RATE_LIMITED = "rate limited"
    """Too many calls for now; nothing was carried out."""
    UNAVAILABLE = "unavailable"
    """5xx; nothing was carried out, which the caller cannot know."""
    DROPPED = "dropped"
    """The connection closes before anything was carried out."""
    TORN = "torn"
    """The answer is cut in the middle; nothing was carried out."""
    HTML = "html"
    """A page for people comes instead of data, with status 200."""
    SHORT_PAGE = "short page"
    """Rows are missing from a page, and the page does not say so."""
    WRONG_ORDER = "wrong order"
    """The results of a write come in another order than the records were sent."""
    LOST_ANSWER = "lost answer"
    """A write is carried out, and its answer never arrives."""
    QUOTA_SPENT = "quota spent"
    """The day's calls are used up."""


class Call(StrEnum):
    """Which calls are broken."""

    READ = "read"
    """Those that fetch pages of accounts for `pull`."""
    WRITE = "write"
    """Those that change accounts, not the reading before."""


class World(Protocol):
    """One CRM for one test. Values are under our column names; unnamed ones are up to the CRM.

    The mapping maps the standard account columns, and two outputs that exist in the CRM and may be
    written: `score` (number) and `note` (text of at least 80 characters).
    """

    failings: frozenset[Failing]
    """What this CRM can suffer; tests of the others are skipped."""
    page_sizes: Sequence[int | None]
    """Page sizes to read with, smallest first; None is the connector's own."""
    misspelt: tuple[str, str]
    """The name of an account field that does not exist, and the existing one it was meant to be."""
    unwritable: str | None
    """A readable account field of the CRM that nobody may write; None where there is no such thing."""
    creatable: MappedField | None
    """An output missing in the CRM, for `setup` to create; None where the connector creates no fields."""
    names_org: bool
    """Whether the settings name an org or portal."""
    secrets: Sequence[str]
    """The credentials as they stand, to be looked for where they must not be."""

    def connect(
        self,
        *,
        page_size: int | None = None,
        wrong_org: bool = False,
        wrong_credentials: bool = False,
        fields: Sequence[MappedField] = (),
    ) -> Connector:
        """A new connector; `fields` are mapped account fields beside the world's own."""
        ...

    def ids(self) -> set[RecordId]:
        """Every account that is there and not deleted, as the CRM itself knows it."""
        ...

    def owners(self) -> Sequence[RecordId]:
        """At least three active people who may own any account."""
        ...

    def create(self, values: Mapping[str, Value]) -> RecordId:
        """A person makes an account."""
        ...

    def create_late(self, values: Mapping[str, Value], seconds: float) -> RecordId:
        """An account that becomes visible now with a modification stamp so many seconds in the past."""
        ...

    def edit(self, id: RecordId, values: Mapping[str, Value]) -> None:
        """A person changes an account."""
        ...

    def delete(self, id: RecordId) -> None:
        """A person deletes an account."""
        ...

    def advance(self, seconds: float) -> None:
        """Time passes in the CRM; a CRM without a clock of its own does nothing."""
        ...

    def writes_seen(self, id: RecordId) -> int:
        """How often the CRM accepted a write of this account by the connector, by its own record."""
        ...

    def refused(self, id: RecordId) -> Mapping[str, Value]:
        """Values for this account that the CRM refuses for a reason of its own."""
        ...

    def break_calls(self, failing: Failing, call: Call, *, after: int = 0, times: int = 1) -> None:
        """The next `times` calls of this kind go wrong, once `after` of them went well."""
        ...

    def mend(self) -> None:
        """Nothing is broken any more."""
        ...
