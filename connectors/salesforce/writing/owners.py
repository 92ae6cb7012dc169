"""Accounts that get another owner: by which calls, so that what hangs on them fares as the config says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.records import Outcome
from connectors.salesforce.fields import Fields
from connectors.salesforce.reading.read import Reader
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.writing.collections import Collections
from connectors.salesforce.writing.look import Ready
from connectors.salesforce.writing.results import Row
from connectors.salesforce.writing.sending import Send


class Owners:
    """Owner changes by Collections, which delete account teams unless the account has none."""

    def __init__(self, fields: Fields, reader: Reader, collections: Collections, teams_may_go: bool) -> None:
        self._fields, self._reader, self._collections = fields, reader, collections
        self._teams_may_go = teams_may_go

    def calls(self, rows: Sequence[Ready], size: int) -> Iterator[tuple[Send, list[Ready]]]:
        """The calls that move these, at most `size` rows each."""
        for start in range(0, len(rows), size):
            yield self._send, list(rows[start : start + size])

    def _send(self, rows: Sequence[Ready]) -> list[Row]:
        held = self._with_team(rows)
        free = [row for row in rows if row.write.id[:15] not in held]
        sent = dict(
            zip((r.write.id for r in free), self._collections.send(free) if free else [], strict=True)
        )
        message = (
            "the account has a team, which an owner change by REST deletes; change it in Salesforce, or set "
            "owner_change_may_delete_account_team"
        )
        return [sent.get(row.write.id, (Outcome.REJECTED, "ACCOUNT_TEAM", message)) for row in rows]

    def _with_team(self, rows: Sequence[Ready]) -> set[str]:
        if self._teams_may_go or not self._fields.has_object("AccountTeamMember"):
            return set()
        text = select(
            ["Id", "AccountId"], "AccountTeamMember", any_of("AccountId", [r.write.id for r in rows])
        )
        return {record["AccountId"][:15] for page in self._reader.pages(text) for record in page}
