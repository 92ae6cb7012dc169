"""After a batch: did a person give an account to somebody between our look and our write?

Nothing but strict mode closes that window. Where the org tracks the owner of accounts, its own history tells what
our write replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.errors import ConnectorError
from connectors.records import RecordId, WriteResult
from connectors.salesforce.fields import Fields
from connectors.salesforce.ids import full_id
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.soql import any_of, created_since, select
from connectors.salesforce.wire.client import Client
from connectors.salesforce.writing.records import QUERIED

HISTORY = "AccountHistory"
"""The object that an org has where it tracks the history of accounts."""
OVERWROTE = "OVERWROTE"
UNVERIFIED = "UNVERIFIED"
MARGIN = timedelta(minutes=1)
"""How far before the look the history is read, for stamps of other servers."""
_OWNER = "Field = 'Owner'"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of owner, as the history tells it."""

    account: RecordId
    old: str
    new: str
    by: str
    at: str


@dataclass(slots=True)
class Overwritten:
    """Watches one batch. One call where nobody else changed an owner meanwhile; none where nothing is tracked."""

    client: Client
    fields: Fields
    reader: Reader
    _since: datetime | None = None

    def looked(self) -> None:
        """The live records were just read; the first such moment of a batch counts, by the org's clock."""
        if self._since is None:
            self._since = _moment(self.client.date) - MARGIN

    def mark(self, moved: Mapping[RecordId, tuple[str, str]], results: dict[RecordId, WriteResult]) -> None:
        """Say on each account that changed hands whether that replaced somebody's change, or that it is not known."""
        try:
            if self._since is None or not self.fields.has_object(HISTORY):
                return
            suspects = {change.account for change in self._by_others(self._since)} & moved.keys()
            lost = dict(self._lost(sorted(suspects), moved, self._since))
        except ConnectorError as error:
            said = f"whether a change of owner came in between is not known: {error}"
            lost = {}
            for id in moved:
                results[id] = _noted(results[id], UNVERIFIED, said)
        for id, said in lost.items():
            results[id] = _noted(results[id], OVERWROTE, said)

    def _by_others(self, since: datetime) -> Iterator[Change]:
        """Changes that somebody else made; those of everybody would be two rows for each of ours."""
        from simple_salesforce.format import format_soql  # lazy: the package takes 0.7 s

        others = str(format_soql("CreatedById != {}", str(self.client.user_id)))
        return self._changes(since, others)

    def _lost(
        self, suspects: Sequence[RecordId], moved: Mapping[RecordId, tuple[str, str]], since: datetime
    ) -> Iterator[tuple[RecordId, str]]:
        """What our change of an account replaced, where it was not the owner that we had found."""
        for chunk in (suspects[start : start + QUERIED] for start in range(0, len(suspects), QUERIED)):
            changes = list(self._changes(since, any_of("AccountId", chunk)))
            for account in chunk:
                found, wanted = moved[account]
                ours = [c for c in changes if c.account == account and c.by == self.client.user_id]
                for change in ours:
                    if change.new == wanted and change.old not in (found, wanted):
                        yield account, _words(change, _who(changes, account, change.old))

    def _changes(self, since: datetime, condition: str) -> Iterator[Change]:
        names = ["Id", "AccountId", "OldValue", "NewValue", "CreatedById", "CreatedDate"]
        text = select(names, HISTORY, _OWNER, created_since(since), condition)
        for record in (record for page in self.reader.pages(text) for record in page):
            old, new = str(record["OldValue"] or ""), str(record["NewValue"] or "")
            # Each change is told twice, with names and with ids.
            if new.startswith(("005", "00G")) and len(new) in (15, 18):
                yield Change(
                    full_id(str(record["AccountId"])), full_id(old), full_id(new),
                    full_id(str(record["CreatedById"])), str(record["CreatedDate"]),
                )  # fmt: skip


def _who(changes: Iterable[Change], account: str, owner: str) -> Change | None:
    """The last change that gave the account to this owner."""
    return next((c for c in reversed(list(changes)) if c.account == account and c.new == owner), None)


def _words(ours: Change, theirs: Change | None) -> str:
    by = f", given by {theirs.by} at {theirs.at}" if theirs else ""
    return f"written over a change made meanwhile: the owner was {ours.old}{by}"


def _noted(result: WriteResult, code: str, said: str) -> WriteResult:
    return replace(result, code=code, message="; ".join(filter(None, (result.message, said))))


def _moment(date: str) -> datetime:
    """The moment of a Date header; ours, where there is none that can be read."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except (TypeError, ValueError):
        return datetime.now(UTC)
